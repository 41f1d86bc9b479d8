"""The people somebody brought, page by page: their addresses masked, and what became of the rewards for them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import JSONObject

from accounts.models import User
from billing.models import Invoice
from nexusvpn.api.cursors import CursorRequest, Slice
from nexusvpn.api.pagination import Page, PageRequest, fetch_list, fetch_page
from referrals.links import mask_email
from referrals.models import Referral, Reward
from referrals.reward_states import JOINED, PENDING, with_shown_state

COLUMNS = ("referred__email", "created_at", "_rewards", "_has_paid")


def paid_invoices(of: Any) -> QuerySet[Invoice]:
    """Invoices for which money came from somebody, or from whom an OuterRef names."""
    return Invoice.objects.filter(user=of, status=Invoice.Status.PAID, amount_paid_minor__gt=0)


def _referrals(user: User) -> QuerySet[Referral]:
    """With the rewards of each, the latest first, in the list's own query."""
    rewards = with_shown_state(Reward.objects.filter(referral=OuterRef("pk"), kind=Reward.Kind.REFERRER))
    columns = {name: name for name in ("amount_minor", "currency", "matures_at")}
    return Referral.objects.made_by(user).annotate(
        _rewards=ArraySubquery(rewards.order_by("-number").values(of=JSONObject(state="shown", **columns))),
        _has_paid=Exists(paid_invoices(OuterRef("referred"))),
    )


def _row(email: str, created_at: datetime, rewards: list[dict[str, Any]], has_paid: bool) -> dict[str, Any]:
    return {
        "email": mask_email(email),
        "created_at": created_at,
        "state": rewards[0]["state"] if rewards else JOINED,
        "awaits_payment": not has_paid,
        "reward": _sums(rewards),
    }


def _sums(rewards: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rewards for one friend, one entry for each state and currency; of those that are pending, when the first is earned."""
    sums: dict[tuple[str, str], dict[str, Any]] = {}
    for reward in rewards:
        state, currency = key = reward["state"], reward["currency"]
        empty = {"state": state, "currency": currency, "amount_minor": 0, "count": 0, "matures_at": None}
        of = sums.setdefault(key, empty)
        of["amount_minor"] += reward["amount_minor"]
        of["count"] += 1
        if state == PENDING:
            # The latest came first.
            of["matures_at"] = datetime.fromisoformat(reward["matures_at"])
    return list(sums.values())


def referrals_page(user: User, wanted: PageRequest) -> Page:
    """Of each `email` (masked), `created_at`, `state` and `reward`; the newest first. No full address leaves this function."""
    return fetch_page(_referrals(user), wanted, COLUMNS, _row)


def referrals_list(user: User, wanted: PageRequest | CursorRequest) -> Page | Slice:
    """The same, page by page or slice by slice."""
    return fetch_list(_referrals(user), wanted, COLUMNS, _row)
