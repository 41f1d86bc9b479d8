"""What follows once from what a sync has found: other apps are told, and the person is written to."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from accounts.models import User
from accounts.services.notifications import Kind, notify
from billing.models import Invoice, Subscription
from billing.services.effects import once
from billing.signals import payment_succeeded

# Nobody is written to about what is long past: the first sync after an outage, or of what was restored from a copy.
_NEWS_FOR = timedelta(days=14)
_BILLING = "/billing"


def tell_of_invoice(invoice: Invoice) -> None:
    """That it is paid. Whoever begins a plan, or paid twice, hears of both in one mail, which the functions below send."""
    if invoice.status != Invoice.Status.PAID or not invoice.amount_paid_minor or not once(f"paid:{invoice.pk}"):
        return
    payment_succeeded.send(sender=Invoice, user_id=invoice.user_id, invoice_id=invoice.pk)
    if _may_hear(invoice.user, invoice.paid_at) and not _is_told_otherwise(invoice):
        _tell(invoice.user, "Payment received", "payment_received", invoice=invoice)


def tell_of_subscription(subscription: Subscription) -> None:
    """That it began, and that it ended. One that nobody ever paid for, or that was sold twice, did neither."""
    began = subscription.is_live or subscription.paid_until is not None
    if not began or subscription.is_surplus or subscription.price is None:
        return
    plan = subscription.price.plan
    if once(f"began:{subscription.pk}") and _may_hear(subscription.user, subscription.started_at):
        first = subscription.invoices.filter(status=Invoice.Status.PAID).order_by("created_at").first()
        _tell(
            subscription.user,
            f"{plan.name} has begun",
            "plan_started",
            plan=plan,
            subscription=subscription,
            invoice=first,
        )
    if (
        subscription.status == Subscription.Status.CANCELED
        and once(f"ended:{subscription.pk}")
        and _may_hear(subscription.user, subscription.ended_at)
    ):
        _tell(subscription.user, f"{plan.name} has ended", "plan_ended", plan=plan, subscription=subscription)


def tell_of_surplus(subscription: Subscription) -> None:
    """That somebody paid twice and gets it back."""
    if once(f"surplus-told:{subscription.pk}") and _may_hear(subscription.user, subscription.started_at):
        _tell(subscription.user, "A second subscription was ended", "paid_twice")


def _is_told_otherwise(invoice: Invoice) -> bool:
    """Whether it is of a subscription that is being undone, or the first of one that begins."""
    subscription = invoice.subscription
    if subscription is None or subscription.price_id is None:
        return False
    return subscription.is_surplus or not subscription.invoices.filter(created_at__lt=invoice.created_at).exists()


def _may_hear(user: User, moment: object) -> bool:
    return user.erased_at is None and moment is not None and moment > timezone.now() - _NEWS_FOR  # type: ignore[operator]


def _tell(user: User, title: str, mail: str, **context: object) -> None:
    context["name"] = user.full_name
    notify(user, Kind.BILLING, title, link=_BILLING, mail=mail, context=context)
