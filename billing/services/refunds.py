"""Money that staff pay back."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from accounts.models import User
from billing.deferred import finish_orders_soon
from billing.errors import NothingToRefund, PaymentDisputed, RefundUnderWay
from billing.inserts import insert_once
from billing.locks import lock_payment
from billing.models import LedgerEntry, Payment, StripeOrder
from billing.services.orders import place_order
from nexusvpn.audit import record_act
from nexusvpn.errors import InvalidInput, NotAllowed
from nexusvpn.templatetags.nexusvpn_ui import money

Purpose, State = StripeOrder.Purpose, StripeOrder.State


def refundable(payment: Payment) -> int:
    """What can still be paid back, in the currency's smallest unit: without what Stripe has been asked for and we have not heard of."""
    return max(payment.refundable_minor - sum(_under_way(payment)), 0)


def refund_payment(
    *, payment: Payment, amount_minor: int, reason: str, by: User, end_subscription: bool, key: UUID | None = None
) -> StripeOrder:
    """Pay back a payment or a part of it, by a job, and if wanted end its subscription at once. Returns the order.

    `key` is the form's own: the same form sent twice is one refund. Raises InvalidInput (`amount_minor`, `reason`), NothingToRefund,
    PaymentDisputed or RefundUnderWay; NotAllowed for one's own payment.
    """
    if payment.user_id == by.pk:
        raise NotAllowed(_("This is a payment of your own. A colleague refunds it."))
    if not reason.strip():
        raise InvalidInput(fields={"reason": [_("Say why; whoever looks at this payment later wants to know.")]})
    order_id = key or uuid4()
    # The lock makes two members of staff follow each other: together they pay back no more than was paid.
    with transaction.atomic():
        payment = lock_payment(payment.pk)
        sent = StripeOrder.objects.filter(pk=order_id, purpose=Purpose.REFUND, subject=payment.pk).first()
        if sent is not None:
            return sent
        _check_amount(payment, amount_minor)
        order = StripeOrder(
            pk=order_id,
            user=payment.user,
            purpose=Purpose.REFUND,
            subject=payment.pk,
            parameters={"charge": payment.pk, "amount": amount_minor, "reason": "requested_by_customer"},
            is_durable=True,
        )
        if not insert_once(order):
            raise RefundUnderWay
        ended = _end_subscription(payment) if end_subscription else ""
        details: dict[str, Any] = {"amount": amount_minor, "currency": payment.currency, "payment": payment.pk}
        details |= {"order": str(order.pk), "ended": ended}
        record_act("payment_refunded", actor=by, person=payment.user_id, target=payment, details=details)
        finish_orders_soon()
    return order


def _check_amount(payment: Payment, amount_minor: int) -> None:
    if any(dispute.withholds for dispute in payment.disputes.all()):
        raise PaymentDisputed
    left = refundable(payment)
    if left == 0:
        raise NothingToRefund
    if not 1 <= amount_minor <= left:
        # Staff write units of the currency, not the smallest ones.
        most = {"most": money(left, payment.currency)}
        raise InvalidInput(fields={"amount_minor": [_("Choose an amount above 0 and of at most %(most)s.") % most]})


def _end_subscription(payment: Payment) -> str:
    """Asks for the end of what was paid for; returns its id, or nothing where it is over."""
    subscription = payment.invoice.subscription if payment.invoice else None
    if subscription is None or not subscription.is_live:
        return ""
    place_order(user=payment.user, purpose=Purpose.END, subject=subscription.pk, is_durable=True)
    return str(subscription.pk)


def _under_way(payment: Payment) -> list[int]:
    """Amounts that were asked for and are not in the books yet; one without an amount is for all that is left."""
    booked = LedgerEntry.objects.filter(kind=LedgerEntry.Kind.REFUND, source=OuterRef("result"))
    orders = StripeOrder.objects.filter(user=payment.user_id, purpose=Purpose.REFUND, subject=payment.pk)
    waiting = orders.filter(state__in=(State.OPEN, State.DONE)).exclude(Exists(booked))
    return [
        parameters.get("amount", payment.refundable_minor)
        for parameters in waiting.values_list("parameters", flat=True)
    ]
