"""Everything that a person's billing page says about their plan, from what is stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import User
from billing.entitlements import Entitlement, entitlement_for
from billing.models import (
    CheckoutSession,
    Invoice,
    Plan,
    PlanGrant,
    PlanPrice,
    StripeCustomer,
    StripeOrder,
    Subscription,
)
from billing.services.pauses import is_unpaid_for
from billing.standing import Reason, Standing
from billing.states import standing_of

Status = Subscription.Status
SYNCED_WITHIN = timedelta(minutes=5)
# Where an invoice waits to be paid by hand.
OWING = (Reason.INCOMPLETE, Reason.GRACE, Reason.UNPAID)
# Where nothing else is more urgent than another plan.
SETTLED = (Reason.TRIAL, Reason.SUBSCRIPTION, Reason.ENDED)
# What goes on with a payment by itself.
RENEWING = (Reason.TRIAL, Reason.SUBSCRIPTION, Reason.LAPSED)


@dataclass(frozen=True, slots=True)
class NextPayment:
    """What is asked at the period's end, before discounts and tax; and what of it the account's credit may pay."""

    at: datetime
    price: PlanPrice
    credit_minor: int


@dataclass(frozen=True, slots=True)
class PlanState:
    """A person's subscription, and how it stands; both None where they never had one that came to anything."""

    subscription: Subscription | None
    standing: Standing | None

    @property
    def situation(self) -> str:
        """The reason for what it gives or does not give, or "none"."""
        return self.standing.reason.value if self.standing else "none"

    @property
    def price(self) -> PlanPrice | None:
        return self.subscription.price if self.subscription else None

    @property
    def is_live(self) -> bool:
        return self.subscription is not None and self.subscription.is_live

    @property
    def is_settled(self) -> bool:
        """Whether there is nothing to mend or to take back, so that another plan is the main thing to do."""
        return self.standing is None or self.standing.reason in SETTLED

    @property
    def holds_until(self) -> datetime | None:
        """When it stops giving its plan; None: it goes on, or gives nothing now."""
        return self.standing.until if self.standing else None

    @property
    def ends_at(self) -> datetime | None:
        """When it ends by its owner's wish; None: it goes on."""
        if self.subscription is None:
            return None
        at_period_end = self.subscription.current_period_end if self.subscription.cancel_at_period_end else None
        return self.subscription.cancel_at or at_period_end

    @property
    def is_charged_to_its_end(self) -> bool:
        """Whether periods begin, and are charged, before it ends by its owner's wish."""
        row, end = self.subscription, self.ends_at
        if row is None or end is None or end <= row.current_period_end:
            return False
        return not row.pause_behavior or (row.pause_resumes_at is not None and row.pause_resumes_at < end)

    @property
    def ends_at_once(self) -> bool:
        """Whether it would end at once if its owner ended it: a payment is missing."""
        return self.subscription is not None and self.subscription.is_missing_payment

    @property
    def would_end_at(self) -> datetime | None:
        """When it ends, or would if its owner ended it now; None: at once."""
        if self.subscription is None or self.ends_at_once:
            return None
        end = None if self.is_charged_to_its_end else self.ends_at
        return end or self.subscription.current_period_end

    @property
    def paid_until(self) -> datetime | None:
        """The end of what was paid for."""
        return (self.subscription.paid_until or self.subscription.current_period_end) if self.subscription else None

    @property
    def may_be_ended(self) -> bool:
        return self.is_live and (self.ends_at is None or self.is_charged_to_its_end or self.ends_at_once)

    @property
    def waits_after_pause(self) -> bool:
        """Whether it gives nothing until its owner begins a new period: its pause is over, and so is what was paid for."""
        return self.situation == Reason.LAPSED and self.subscription is not None and is_unpaid_for(self.subscription)

    def gives(self, plan: Plan) -> bool:
        """Whether this plan is had by the subscription now; what grants give is not asked."""
        holds = self.standing is not None and self.standing.holds
        return holds and self.price is not None and self.price.plan_id == plan.pk

    def is_beside(self, entitlement: Entitlement) -> bool:
        """Whether it goes on beside another plan that is given, and that is the one that counts."""
        other = self.price is not None and self.price.plan.code != entitlement.plan_code
        return other and self.is_live and entitlement.is_given

    @property
    def next_payment(self) -> NextPayment | None:
        subscription = self.subscription
        is_renewed = self.situation in RENEWING or (self.situation == Reason.ENDING and self.is_charged_to_its_end)
        if subscription is None or subscription.price is None or not is_renewed:
            return None
        at, change_at = subscription.current_period_end, subscription.next_price_at
        changes = subscription.next_price is not None and change_at is not None and change_at <= at
        price = subscription.next_price if changes and subscription.next_price else subscription.price
        return NextPayment(at, price, subscription.customer.credit_minor)


@dataclass(frozen=True, slots=True)
class BillingOverview:
    entitlement: Entitlement
    plan: PlanState
    customer: StripeCustomer | None
    open_invoice: Invoice | None
    grants: list[PlanGrant]
    # Stripe has confirmed something that is not in our tables yet: a sync is under way.
    is_behind: bool

    @property
    def credit_minor(self) -> int:
        """What is taken off the next invoices."""
        return self.customer.credit_minor if self.customer else 0

    @property
    def debt_minor(self) -> int:
        """What the next invoice asks besides."""
        return max(0, self.customer.balance_minor) if self.customer else 0

    @property
    def card_ends(self) -> date | None:
        """The first day on which the card is not valid any more."""
        customer = self.customer
        if customer is None or not customer.card_exp_year or not customer.card_exp_month:
            return None
        later, month = divmod(customer.card_exp_month, 12)
        return date(customer.card_exp_year + later, month + 1, 1)

    @property
    def is_card_over(self) -> bool:
        return self.card_ends is not None and self.card_ends <= timezone.now().date()

    @property
    def ends_before_payment(self) -> bool:
        """Whether the card will have expired when the next payment is due."""
        due = self.plan.next_payment
        return due is not None and self.card_ends is not None and self.card_ends <= due.at.astimezone(UTC).date()


def plan_state(user: User, now: datetime | None = None) -> PlanState:
    """The live subscription, or else the newest one; one query."""
    found = Subscription.objects.filter(user=user, is_surplus=False).exclude(status=Status.INCOMPLETE_EXPIRED)
    live_first = found.alias(is_on=Q(status__in=Subscription.LIVE)).order_by("-is_on", "-started_at", "stripe_id")
    subscription = live_first.select_related("price__plan", "next_price__plan", "customer").first()
    return state_with(subscription, now)


def state_with(subscription: Subscription | None, now: datetime | None = None) -> PlanState:
    """How this one stands; also one that Stripe has just answered and no sync has stored."""
    return PlanState(subscription, standing_of(subscription, now or timezone.now()) if subscription else None)


def plan_besides(user: User, at: datetime | None = None) -> Plan:
    """What the person has at that time without their subscription: the largest plan that is granted, or else the free one.

    A time that is over, or None, is now.
    """
    now = timezone.now()
    granted = _holding_grants(user, max(at or now, now)).values("plan")
    return Plan.objects.filter(Q(code=Plan.FREE) | Q(pk__in=granted)).latest("rank")


def _holding_grants(user: User, now: datetime) -> QuerySet[PlanGrant]:
    return PlanGrant.objects.filter(Q(valid_until=None) | Q(valid_until__gt=now), user=user, revoked_at=None)


def open_invoice_of(plan: PlanState) -> Invoice | None:
    """What is to be paid by hand, where a payment is missing."""
    if plan.standing is None or plan.standing.reason not in OWING:
        return None
    return Invoice.objects.filter(subscription=plan.subscription, status=Invoice.Status.OPEN).first()


def billing_overview(user: User) -> BillingOverview:
    now = timezone.now()
    plan = plan_state(user, now)
    grants = _holding_grants(user, now).select_related("plan", "gift_code")
    customer = StripeCustomer.objects.filter(user=user, deleted_at=None).first()
    return BillingOverview(
        entitlement=entitlement_for(user),
        plan=plan,
        customer=customer,
        open_invoice=open_invoice_of(plan),
        grants=list(grants),
        is_behind=customer is not None and _is_behind(customer, now),
    )


def _is_behind(customer: StripeCustomer, now: datetime) -> bool:
    """Whether something was done at Stripe after the last sync; what took longer than this is for staff to see."""
    since = max(now - SYNCED_WITHIN, customer.synced_at or now - SYNCED_WITHIN)
    done = {"user": customer.user_id}
    orders = StripeOrder.objects.filter(**done, state=StripeOrder.State.DONE, finished_at__gt=since)
    bought = CheckoutSession.objects.filter(**done, state=CheckoutSession.State.COMPLETE, ended_at__gt=since)
    return orders.exclude(purpose=StripeOrder.Purpose.CUSTOMER).exists() or bought.exists()
