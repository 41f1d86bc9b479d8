"""Staff's password alone does not open customers' tickets, over the API or by the pages."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Session, User
from tests.api_client import ApiClient
from tests.conftest import token_of
from tests.factories.factors import give_totp
from tests.factories.support import make_ticket

pytestmark = pytest.mark.django_db


def seen(sam: User, alice: User, *, shown: bool = False) -> tuple[int, int]:
    """Statuses of Alice's ticket as Sam gets it: over the API and as a page."""
    ticket, api, browser = make_ticket(alice), ApiClient(token_of(sam)), Client()
    browser.force_login(sam)
    if shown:
        Session.objects.filter(user=sam).update(second_factor_at=timezone.now())
    return api.get(f"tickets/{ticket.pk}").status, browser.get(f"/support/{ticket.pk}").status_code


def test_without_a_factor_staff_may_for_a_day_from_the_first_look(sam: User, alice: User) -> None:
    assert seen(sam, alice) == (200, 200)
    sam.refresh_from_db()
    assert sam.staff_factor_due_at is not None


def test_then_they_see_what_a_customer_would(sam: User, alice: User, settings: Any) -> None:
    settings.STAFF_FACTOR_GRACE_HOURS = 0
    assert seen(sam, alice) == (404, 404)


def test_a_factor_opens_tickets_where_it_was_shown(sam: User, alice: User) -> None:
    give_totp(sam)
    assert seen(sam, alice) == (404, 404)
    assert seen(sam, alice, shown=True) == (200, 200)


def test_they_can_neither_answer_nor_close_without_it(sam: User, alice: User) -> None:
    give_totp(sam)
    ticket, api = make_ticket(alice), ApiClient(token_of(sam))
    assert api.post(f"tickets/{ticket.pk}/reply", {"message": "Please send me your password."}).status == 404
    assert api.post(f"tickets/{ticket.pk}/close").status == 404
