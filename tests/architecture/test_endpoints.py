"""Every endpoint of version 1, and who gets in without a token: a new one must be added here on purpose."""

from __future__ import annotations

import pytest

from nexusvpn.api.views import ApiView
from tests.api_client import ApiClient
from tests.architecture.access import endpoints

UUID = "11111111-1111-4111-8111-111111111111"
FOR_ANYBODY = {
    "auth/register",
    "auth/challenge",
    "auth/verify-email",
    "auth/verify-email/resend",
    "auth/password/forgot",
    "auth/password/reset",
    "auth/email-change",
    "auth/login",
    "auth/restore",
    "help/articles",
    "help/articles/suggested",
    "help/articles/{id}",
    "locations",
    "billing/plans",
    "node/enrol",
    "status",
}
FOR_NODES = {"node/state", "node/snapshot", "node/report", "node/credential"}
FOR_SIGNED_IN = {
    "auth/logout",
    "auth/2fa/setup",
    "auth/2fa/enable",
    "auth/2fa/disable",
    "auth/2fa/recovery-codes",
    "auth/passkeys",
    "auth/passkeys/{id}",
    "auth/sessions",
    "auth/sessions/{id}",
    "auth/history",
    "auth/password/change",
    "users/me",
    "users/me/api-keys",
    "users/me/api-keys/{id}",
    "users/me/mail-choices",
    "notifications",
    "notifications/{id}/read",
    "notifications/read-all",
    "users/me/export",
    "users/me/activity",
    "users/me/email",
    "locations/favourites",
    "locations/{id}/favourite",
    "devices",
    "devices/keep",
    "devices/{id}",
    "devices/{id}/config",
    "devices/{id}/rotate-key",
    "devices/{id}/suspend",
    "devices/{id}/resume",
    "usage",
    "billing/checkout",
    "billing/checkout/{id}",
    "billing/portal",
    "billing/subscription",
    "billing/subscription/resume",
    "billing/subscription/pause",
    "billing/subscription/unpause",
    "billing/subscription/preview",
    "billing/subscription/change",
    "billing/subscription/drop-change",
    "billing/invoices",
    "billing/gifts/redeem",
    "tickets",
    "tickets/{id}",
    "tickets/{id}/messages",
    "tickets/{id}/reply",
    "tickets/{id}/close",
    "tickets/{id}/rating",
    "tickets/{id}/attachments/{id}",
    "referrals",
    "referrals/summary",
}


def _with_id(path: str) -> str:
    """Locations have numbers, everything else has UUIDs."""
    return path.replace("{id}", "1" if path.startswith("locations/") else UUID)


def test_every_endpoint_is_in_one_of_the_lists() -> None:
    assert set(endpoints()) == FOR_ANYBODY | FOR_NODES | FOR_SIGNED_IN


def test_every_endpoint_counts_its_callers_and_names_its_permission() -> None:
    for path, view in endpoints().items():
        assert issubclass(view, ApiView), path
        assert view.permission_classes, f"{path} lets everybody in by an empty list"


@pytest.mark.django_db
@pytest.mark.parametrize("path", sorted(FOR_SIGNED_IN | FOR_NODES))
def test_without_a_token_nobody_gets_in_by_any_method(api: ApiClient, path: str) -> None:
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
        answer = api.request(method, _with_id(path))
        assert answer.status == 401, (method, answer.body)


@pytest.mark.django_db
@pytest.mark.parametrize("path", sorted(FOR_SIGNED_IN | FOR_ANYBODY))
def test_no_answer_is_kept_by_a_cache(alice_api: ApiClient, path: str) -> None:
    answer = alice_api.get(_with_id(path))
    assert answer.headers["Cache-Control"] in ("no-store", "no-cache"), answer.body
