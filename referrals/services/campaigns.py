"""Campaigns: visits, sign-ups and first payments as they happen."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import User
from billing.services.undone import paid_invoice, undone_invoices
from nexusvpn.batches import BATCH
from referrals.models import Campaign, CampaignSignup
from referrals.models.campaigns import LEADS_TO_SOMEBODY

# One statement, so that of many visits at once none is lost and none waits for more than the row.
_VISIT = """
INSERT INTO referrals_campaignday (campaign_id, day, visits)
SELECT id, %s, 1 FROM referrals_campaign WHERE slug = %s AND is_open
ON CONFLICT (campaign_id, day) DO UPDATE SET visits = referrals_campaignday.visits + 1
"""


def record_visit(slug: str) -> bool:
    """Count a browser that came by a campaign today (UTC); returns whether there is such a campaign and it is counted."""
    with connection.cursor() as cursor:
        cursor.execute(_VISIT, [timezone.now().date(), slug])
        return bool(cursor.rowcount)


def record_sign_up(user: User, slug: str) -> None:
    """Inside the transaction that makes the account. A campaign that nobody has, or that is closed, is none."""
    campaign = Campaign.objects.filter(slug=slug.lower(), is_open=True).first() if slug else None
    if campaign is not None:
        CampaignSignup.objects.create(campaign=campaign, user=user)


def record_first_payment(user_id: UUID, invoice_id: str) -> bool:
    """Inside the sync's transaction: what somebody who came by a campaign first paid, and did not get back. Whether it was this."""
    signup = CampaignSignup.objects.filter(user_id=user_id).first()
    paid = paid_invoice(invoice_id) if signup is not None and _awaits_payment(signup) else None
    if signup is None or paid is None or paid.amount_minor <= 0:
        return False
    # Conditional: of two payments told at once one is the first.
    unchanged = CampaignSignup.objects.filter(pk=signup.pk, invoice_id=signup.invoice_id)
    values = {"paid_at": paid.paid_at, "paid_minor": paid.amount_minor, "currency": paid.currency}
    return bool(unchanged.update(invoice_id=invoice_id, **values))


def _awaits_payment(signup: CampaignSignup) -> bool:
    """Whether nothing was paid yet, or that went back."""
    return signup.paid_at is None or undone_among([signup]) == {signup.invoice_id}


def undone_among(signups: list[CampaignSignup]) -> set[str]:
    """The invoices of these whose payment went back."""
    paid = {row.invoice_id: row.paid_at for row in signups if row.paid_at is not None and row.invoice_id}
    return undone_invoices(since=min(paid.values()), among=list(paid)) if paid else set()


def forget_who_signed_up() -> int:
    """After CAMPAIGN_SIGNUPS_KEPT_DAYS a sign-up counts on as nobody's; a payment that went back by then counts no more. How many."""
    before = timezone.now() - timedelta(days=settings.CAMPAIGN_SIGNUPS_KEPT_DAYS)
    overdue = CampaignSignup.objects.filter(LEADS_TO_SOMEBODY, created_at__lt=before).order_by("created_at")
    forgotten = 0
    while True:
        # A batch at a time, whole: what an interruption leaves, the next run finds.
        with transaction.atomic(durable=True):
            signups = list(overdue[:BATCH])
            _make_nobodys(signups)
        forgotten += len(signups)
        if len(signups) < BATCH:
            return forgotten


def _make_nobodys(signups: list[CampaignSignup]) -> None:
    rows = CampaignSignup.objects.filter(pk__in=[row.pk for row in signups])
    rows.filter(invoice_id__in=undone_among(signups)).update(paid_at=None, paid_minor=None, currency="")
    rows.update(user=None, invoice_id="")


def forget_person(user: User) -> None:
    """At erasure: the sign-up is nobody's. Its invoice, which names nobody either, tells of a refund until its time is over."""
    CampaignSignup.objects.filter(user=user).update(user=None)
