"""To be added to tests/nexusvpn/test_brand.py once all areas are merged: the pages of the other areas."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from accounts.models import User

STRANGERS = [
    "/signup",
    "/status",
    "/help",
    "/help/set-up",
    "/help/set-up/linux",
    "/privacy/what-we-store",
    "/account/restore",
]
CUSTOMERS = [
    *(
        "/dashboard",
        "/devices",
        "/devices/new",
        "/locations",
        "/billing",
        "/billing/plans",
        "/referrals",
        "/support",
        "/speed-test",
    ),
    *(
        "/settings",
        "/settings/security",
        "/settings/sessions",
        "/settings/notifications",
        "/settings/api-keys",
        "/settings/privacy",
    ),
]


@pytest.mark.django_db
@pytest.mark.parametrize("path", STRANGERS)
def test_a_page_of_a_stranger_has_no_other_name(client: Client, settings: Any, path: str) -> None:
    settings.BRAND_NAME = "Acme"
    text = client.get(path).text
    assert "Acme" in text
    assert "NexusVPN" not in text


@pytest.mark.django_db
@pytest.mark.parametrize("path", CUSTOMERS)
def test_a_page_of_a_customer_has_no_other_name(client: Client, alice: User, settings: Any, path: str) -> None:
    settings.BRAND_NAME = "Acme"
    client.force_login(alice)
    text = client.get(path, follow=True).text
    assert "Acme" in text
    assert "NexusVPN" not in text
