"""The price that somebody asks for, by the names that people and programs use."""

from __future__ import annotations

from django.utils.translation import gettext as _

from billing.gateway.errors import PaymentsUnavailable
from billing.models import Interval, Plan, PlanPrice
from billing.services.offers import currencies
from nexusvpn.errors import InvalidInput
from nexusvpn.logs import logger

log = logger(__name__)


def price_on_sale(*, plan: str, interval: str, currency: str) -> PlanPrice:
    """The current price of an offered plan, with its plan.

    Raises InvalidInput that names `plan`, `interval` or `currency`, and PaymentsUnavailable for a price that is not at Stripe yet.
    """
    currency = currency.upper()
    if interval not in Interval.values:
        raise InvalidInput(fields={"interval": [_("Choose month or year.")]})
    found = Plan.objects.filter(code=plan, is_offered=True).first()
    if found is None:
        raise InvalidInput(fields={"plan": [_("There is no such plan.")]})
    if found.code == Plan.FREE:
        raise InvalidInput(fields={"plan": [_("The free plan is not bought. End your subscription to go back to it.")]})
    price = PlanPrice.objects.filter(plan=found, interval=interval, currency=currency, is_current=True).first()
    if price is None:
        raise _not_sold(found, interval, currency)
    if not price.stripe_price_id:
        log.error("price_not_at_stripe", price=price.pk)
        raise PaymentsUnavailable(retry_after=60)
    price.plan = found
    return price


def _not_sold(plan: Plan, interval: str, currency: str) -> InvalidInput:
    prices = PlanPrice.objects.filter(plan=plan, is_current=True)
    if not prices.exists():
        return InvalidInput(fields={"plan": [_("This plan is not for sale.")]})
    if prices.filter(currency=currency).exists():
        by_year = interval == Interval.YEAR
        text = _("This plan is not sold by the year.") if by_year else _("This plan is not sold by the month.")
        return InvalidInput(fields={"interval": [text]})
    return InvalidInput(
        fields={"currency": [_("Choose one of %(currencies)s.") % {"currencies": ", ".join(currencies())}]}
    )
