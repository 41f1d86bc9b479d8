"""The tables of P16 about money: the ledger, what waits of Stripe, and what is given: rewards, campaigns, coupons."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Count, Sum
from django.db.models.functions import TruncDate

from bench.cases import OLD, PAGE, SOMEBODY, STAFFS_PAGE, Case, Filled
from bench.filling import owner_id, owner_sql
from billing.models import Coupon, Dispute, Invoice, LedgerEntry, PromotionCode, StripeEvent
from referrals.models import CampaignSignup, Reward, RewardEntry, RewardPayout
from referrals.models.campaigns import LEADS_TO_SOMEBODY

A_CAMPAIGNS = 2500
# Of a thousand one waits to be asked of Stripe.
STANDING = "CASE WHEN n %% 1000 = 0 THEN 'asked' ELSE 'ended' END"
ASKED = ("asked", "ending")


def given_tables(rows: int, now: datetime, people: int) -> list[Filled]:
    return [
        _ledger(now, owner_sql(people)),
        *_waiting(now),
        *_rewards(rows, now, owner_sql(people)),
        _campaigns(rows, now),
        *_coupons(),
    ]


def _ledger(now: datetime, owner: str) -> Filled:
    entries = {
        "user_id": owner,
        "account": "'money'",
        "kind": "'charge'",
        "currency": "'USD'",
        "amount_minor": "499",
        "source": "'ch_' || n",
    }
    lately = LedgerEntry.objects.filter(account="money", recorded_at__gte=now - timedelta(seconds=OLD)).order_by()
    return Filled(
        LedgerEntry,
        entries,
        [Case("ledger_recorded_idx", lately.values_list("kind", "currency").annotate(Sum("amount_minor")))],
    )


def _waiting(now: datetime) -> list[Filled]:
    """As the admin's home asks."""
    # One in a thousand waits.
    events = {"stripe_id": "'evt_' || n", "state": "CASE WHEN n %% 1000 = 0 THEN 'waiting' ELSE 'done' END"}
    slow = StripeEvent.objects.filter(state="waiting", received_at__lt=now - timedelta(minutes=15))
    disputes = {
        "stripe_id": "'dp_' || n",
        "status": "CASE n %% 1000 WHEN 0 THEN 'needs_response' WHEN 1 THEN 'warning_needs_response' ELSE 'lost' END",
        "evidence_due_at": "now() + n * interval '1 second'",
    }
    ours = Dispute.objects.filter(status="needs_response")
    return [
        Filled(
            StripeEvent,
            events,
            [
                Case(
                    "stripeevent_oldest_idx",
                    slow.order_by("received_at")[:STAFFS_PAGE],
                    beside=("stripeevent_waiting_idx",),
                )
            ],
        ),
        Filled(Dispute, disputes, [Case("dispute_due_idx", ours.order_by("evidence_due_at")[:STAFFS_PAGE])]),
    ]


def _rewards(rows: int, now: datetime, owner: str) -> list[Filled]:
    rewards = {
        "user_id": owner,
        "referral_id": "n",
        "kind": "'referrer'",
        "number": "1",
        "invoice_id": "'in_' || n",
        "amount_minor": "500",
        "state": "CASE n %% 1000 WHEN 0 THEN 'pending' WHEN 1 THEN 'held' ELSE 'earned' END",
        # One every hour; fifty of them should be earned.
        "matures_at": "now() + (n / 1000 - 50) * interval '1 hour'",
    }
    # The newest have no answer yet, one of each person.
    payouts = {
        "user_id": owner,
        "amount_minor": "500",
        "state": f"CASE WHEN n <= {rows // 1000} THEN 'asked' ELSE 'done' END",
    }
    entries = {"user_id": owner, "reward_id": "gen_random_uuid()", "available_minor": "500", "source": "n::text"}
    to_withdraw = Reward.objects.filter(state__in=("pending", "held", "earned"))
    mine = RewardEntry.objects.filter(user=SOMEBODY).order_by("currency").values_list("currency")
    return [
        Filled(
            Reward,
            rewards,
            [
                Case("reward_user_newest_idx", Reward.objects.filter(user=SOMEBODY)[:PAGE]),
                Case("reward_newest_idx", Reward.objects.order_by("-created_at", "id")[:STAFFS_PAGE]),
                Case("reward_due_idx", Reward.objects.filter(state="pending", matures_at__lte=now)),
                Case("reward_held_idx", Reward.objects.filter(state="held").order_by("created_at")[:STAFFS_PAGE]),
                Case("reward_invoice_idx", to_withdraw.filter(invoice_id__in=["in_4711", "in_4712"])),
            ],
        ),
        Filled(
            RewardPayout,
            payouts,
            [
                Case("payout_user_newest_idx", RewardPayout.objects.filter(user=SOMEBODY)[:PAGE]),
                Case("payout_newest_idx", RewardPayout.objects.order_by("-created_at", "id")[:STAFFS_PAGE]),
                Case(
                    "payout_asked_idx",
                    RewardPayout.objects.filter(state="asked").order_by("created_at"),
                    beside=("payout_one_under_way",),
                ),
            ],
        ),
        Filled(
            RewardEntry,
            entries,
            [
                Case(
                    "reward_entry_user_idx",
                    mine.annotate(pending=Sum("pending_minor"), available=Sum("available_minor")),
                )
            ],
        ),
    ]


def _campaigns(rows: int, now: datetime) -> Filled:
    # The older half is nobody's any more.
    named = rows // 2
    signups = {
        "campaign_id": owner_sql(rows // A_CAMPAIGNS),
        "user_id": f"CASE WHEN n <= {named} THEN gen_random_uuid() END",
    }
    days = CampaignSignup.objects.filter(campaign=owner_id(1)).order_by().annotate(of=TruncDate("created_at"))
    overdue = CampaignSignup.objects.filter(LEADS_TO_SOMEBODY, created_at__lt=now - timedelta(seconds=named - OLD))
    return Filled(
        CampaignSignup,
        signups,
        [
            Case("campaign_signup_newest_idx", days.values_list("of").annotate(Count("pk"))),
            Case("campaign_signup_named_idx", overdue.order_by("created_at")[:STAFFS_PAGE]),
        ],
    )


def _coupons() -> list[Filled]:
    coupons = {"stripe_id": "n::text", "percent_off": "10", "duration": "'once'", "standing": STANDING}
    codes = {"code": "'CODE' || n", "standing": STANDING}
    # One in a hundred was paid with one of fifty codes.
    invoices = {
        "stripe_id": "n::text",
        "status": "'paid'",
        "promotion_codes": "CASE WHEN n %% 100 = 0 THEN ARRAY['promo_' || n / 100 %% 50] ELSE '{}' END",
    }
    with_code = Invoice.objects.filter(promotion_codes__contains=["promo_7"]).exclude(promotion_codes=[])
    paid = with_code.filter(status=Invoice.Status.PAID).order_by("currency").values_list("currency")
    return [
        Filled(
            Coupon,
            coupons,
            [
                Case("coupon_newest_idx", Coupon.objects.all()[:STAFFS_PAGE]),
                Case("coupon_asked_idx", Coupon.objects.filter(standing__in=ASKED).order_by("created_at")),
            ],
        ),
        Filled(
            PromotionCode,
            codes,
            [
                Case("promotioncode_newest_idx", PromotionCode.objects.all()[:STAFFS_PAGE]),
                Case(
                    "promotioncode_asked_idx", PromotionCode.objects.filter(standing__in=ASKED).order_by("created_at")
                ),
            ],
        ),
        Filled(Invoice, invoices, [Case("invoice_promotion_codes_idx", paid.annotate(Sum("amount_paid_minor")))]),
    ]
