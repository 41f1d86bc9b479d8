"""What follows once from what a sync has found: other apps are told, and the person is written to."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.models import Invoice, Subscription
from billing.services.effects import once
from billing.services.letters import may_hear, write_to
from billing.signals import payment_succeeded


def tell_of_invoice(invoice: Invoice) -> None:
    """That it is paid. Whoever begins a plan, or paid twice, hears of both in one mail, which the functions below send."""
    if invoice.status != Invoice.Status.PAID or not invoice.amount_paid_minor or not once(f"paid:{invoice.pk}"):
        return
    payment_succeeded.send(sender=Invoice, user_id=invoice.user_id, invoice_id=invoice.pk)
    if invoice.paid_at and may_hear(invoice.user, invoice.paid_at) and not _is_told_otherwise(invoice):
        write_to(invoice.user, gettext_lazy("Payment received"), "payment_received", invoice=invoice)


def tell_of_subscription(subscription: Subscription) -> None:
    """That it began, and that it ended. One that nobody ever paid for, or that was sold twice, did neither."""
    began = subscription.is_live or subscription.paid_until is not None
    if not began or subscription.is_surplus or subscription.price is None:
        return
    user, plan = subscription.user, subscription.price.plan
    if once(f"began:{subscription.pk}") and may_hear(user, subscription.started_at):
        first = subscription.invoices.filter(status=Invoice.Status.PAID).order_by("created_at").first()
        told = {"plan": plan, "subscription": subscription, "invoice": first}
        write_to(user, lambda: _("%(plan)s has begun") % {"plan": plan.name}, "plan_started", **told)
    ended_at = subscription.ended_at
    if ended_at is None or subscription.status != Subscription.Status.CANCELED or not once(f"ended:{subscription.pk}"):
        return
    # Of one that ends because its money went back, its owner hears from `withholding`.
    if may_hear(user, ended_at) and not subscription.withheld:
        write_to(user, lambda: _("%(plan)s has ended") % {"plan": plan.name}, "plan_ended", plan=plan)


def tell_of_surplus(subscription: Subscription) -> None:
    """That somebody paid twice and gets it back."""
    user = subscription.user
    if once(f"surplus-told:{subscription.pk}") and may_hear(user, subscription.started_at):
        write_to(user, gettext_lazy("A second subscription was ended"), "paid_twice")


def _is_told_otherwise(invoice: Invoice) -> bool:
    """Whether it is of a subscription that is being undone, or the first of one that begins."""
    subscription = invoice.subscription
    if subscription is None or subscription.price_id is None:
        return False
    return subscription.is_surplus or not subscription.invoices.filter(created_at__lt=invoice.created_at).exists()
