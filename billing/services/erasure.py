"""What is left of an erased person's payments: ids, amounts and times, for the books."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from accounts.models import User
from billing.gateway.copies import forget_copies
from billing.models import Invoice, Payment, StripeCustomer, StripeOrder, Subscription
from billing.services.leaving import order_durably
from nexusvpn.batches import delete_some
from nexusvpn.one_by_one import one_by_one
from nexusvpn.staff_history import forget_names

PEOPLE_AT_ONCE = 1_000
BATCH = 500
_NO_CARD: dict[str, Any] = {"card_brand": "", "card_last4": "", "card_exp_month": None, "card_exp_year": None}


def erase_payments(user: User, batch: int) -> bool:
    """Forget about `batch` rows of each kind; returns whether more may be left. At Stripe the customer is deleted by an order.

    That ends what they subscribed to there, should anything still live.
    """
    customers = list(user.stripe_customers.all())
    for customer in customers:
        if customer.deleted_at is None and not _is_ordered(customer):
            order_durably(user, StripeOrder.Purpose.DELETE_CUSTOMER, customer.pk)
    _forget_unknown_customers(user)
    user.stripe_customers.update(**_NO_CARD, synced_at=None)
    # What they had begun themselves names them; what the service has yet to do does not.
    orders = user.stripe_orders.exclude(state=StripeOrder.State.OPEN, is_durable=True)
    return any(
        [
            forget_copies([customer.pk for customer in customers], batch),
            delete_some(user.checkouts.all(), batch),
            delete_some(orders.exclude(purpose=StripeOrder.Purpose.DELETE_CUSTOMER), batch),
            _empty_some(user.invoices.exclude(hosted_url="", pdf_url=""), batch, hosted_url="", pdf_url=""),
            _empty_some(user.payments.exclude(card_fingerprint_hash=""), batch, card_fingerprint_hash=""),
            _forget_what_staff_wrote(user),
        ]
    )


def _forget_unknown_customers(user: User) -> None:
    """A customer whose making was asked for, and of whom no answer came, has the person's address at Stripe all the same."""
    for order in user.stripe_orders.filter(purpose=StripeOrder.Purpose.CUSTOMER, state=StripeOrder.State.OPEN):
        order_durably(user, StripeOrder.Purpose.DELETE_CUSTOMER, "", email=order.parameters["email"])


def erase_what_came_later() -> int:
    """Syncs that were under way, and the last one, of the deletion itself, may have written anew; returns of how many people."""
    written = StripeCustomer.objects.filter(user__erased_at__isnull=False, synced_at__isnull=False)
    people = written.values_list("user_id", flat=True).distinct()
    return len(one_by_one(_erase_again, list(people[:PEOPLE_AT_ONCE])))


def _erase_again(user_id: UUID) -> None:
    user = User.objects.get(pk=user_id)
    while erase_payments(user, BATCH):
        pass


def _is_ordered(customer: StripeCustomer) -> bool:
    orders = StripeOrder.objects.filter(purpose=StripeOrder.Purpose.DELETE_CUSTOMER, subject=customer.pk)
    return orders.filter(user_id=customer.user_id).exclude(state=StripeOrder.State.REFUSED).exists()


def _empty_some(rows: QuerySet[Any], at_most: int, **values: Any) -> bool:
    ids = list(rows.order_by().values_list("pk", flat=True)[:at_most])
    rows.model._base_manager.filter(pk__in=ids).update(**values)
    return len(ids) == at_most


def _forget_what_staff_wrote(user: User) -> bool:
    """Why somebody was refunded, say."""
    for model in (StripeCustomer, Subscription, Invoice, Payment, StripeOrder):
        forget_names(model, model._base_manager.filter(user=user).values_list("pk", flat=True))
    return False
