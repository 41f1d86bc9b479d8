"""Keeping dj-stripe's copy of what a sync has fetched."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.db import transaction

from billing.gateway.client import Object, Stripe
from billing.gateway.fetch import Fetched
from billing.gateway.mirror import mirror
from billing.models import Discrepancy, StripeCustomer
from billing.services.discrepancies import heal, report
from billing.services.payments_sync import refunds_of
from nexusvpn.db import is_lost_database
from nexusvpn.logs import logger

# For prices that are seen for the first time; nothing else is asked for.
_WITHIN_S = 5.0
log = logger(__name__)


def copy(customer: StripeCustomer, found: Fetched, changed: Iterable[str]) -> None:
    """Copy the customer and what has changed, by its ids. Whatever goes wrong is shown to staff and is nobody else's failure."""
    if customer.user.erased_at is not None:
        return
    try:
        with Stripe(within_s=_WITHIN_S) as api:
            mirror(api, _objects(found, set(changed)))
    except Exception as error:
        if is_lost_database(error):
            raise
        log.error("mirror_failed", customer=customer.pk, error=type(error).__name__)
        details = {"error": type(error).__name__}
        with transaction.atomic():
            report(Discrepancy.Kind.MIRROR, customer.pk, user=customer.user, details=details)
    else:
        heal(Discrepancy.Kind.MIRROR, customer.pk)


def _objects(found: Fetched, changed: set[str]) -> Iterator[Object]:
    if found.customer is not None:
        yield from _customer(found.customer)
    for subscription in found.subscriptions:
        if subscription["id"] in changed:
            yield subscription
            if isinstance(subscription["default_payment_method"], dict):
                yield subscription["default_payment_method"]
    yield from (invoice for id, invoice in found.invoices.items() if id in changed)
    for id, charge in found.charges.items():
        if id in changed:
            yield charge
            yield from refunds_of(charge)
    yield from (one for one in found.disputes.values() if one["charge"] in changed)


def _customer(customer: Object) -> Iterator[Object]:
    settings = customer["invoice_settings"] or {}
    method = settings.get("default_payment_method")
    if isinstance(method, dict):
        yield method
        customer = {**customer, "invoice_settings": {**settings, "default_payment_method": method["id"]}}
    yield customer
