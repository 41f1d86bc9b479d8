"""What follows when the money of a period went back: by a refund, or by the customer's bank."""

from __future__ import annotations

from django.utils.translation import gettext as _

from billing.models import Dispute, StripeOrder, Subscription
from billing.services.effects import once
from billing.services.letters import write_to
from billing.services.orders import order_until_done
from nexusvpn.audit import record_act

Withheld = Subscription.Withheld


def follow_withheld(subscription: Subscription) -> None:
    """Tell its owner, once for each cause; what is final also ends it at Stripe, so that nobody is charged for what they do not get."""
    refunded = subscription.withheld == Withheld.REFUNDED
    cause = str(subscription.current_period_start.date()) if refunded else _dispute_of(subscription)
    if once(f"withheld:{subscription.pk}:{subscription.withheld}:{cause}"):
        record_act(
            "subscription_withheld",
            person=subscription.user_id,
            target=subscription,
            details={"why": str(subscription.withheld)},
        )
        _write(subscription, cause, refunded=refunded)
    if subscription.is_live and (refunded or _is_lost(subscription)):
        order_until_done(user=subscription.user, purpose=StripeOrder.Purpose.END, subject=subscription.pk)


def _write(subscription: Subscription, cause: str, *, refunded: bool) -> None:
    if subscription.user.erased_at is not None or subscription.price is None:
        return
    user, plan = subscription.user, subscription.price.plan
    named = {"plan": plan.name}
    if refunded:
        write_to(user, lambda: _("%(plan)s ends: its payment was refunded") % named, "payment_refunded", plan=plan)
    else:
        # Answered by "it is back" should the dispute be won.
        once(f"suspended:{subscription.pk}:dispute-{cause}")
        write_to(user, lambda: _("%(plan)s is off: its payment is disputed") % named, "payment_disputed", plan=plan)


def _dispute_of(subscription: Subscription) -> str:
    """The newest that is not won. Not the period: a bank takes longer than one."""
    disputes = Dispute.objects.filter(payment__invoice__subscription=subscription)
    return next((dispute.pk for dispute in disputes if dispute.withholds), "")


def _is_lost(subscription: Subscription) -> bool:
    """Whether the bank has decided: a dispute that is lost is never won again."""
    return Dispute.objects.filter(payment__invoice__subscription=subscription, status="lost").exists()
