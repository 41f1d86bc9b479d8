"""What plans cost, as staff change it: another amount is another price, and whoever has the former keeps it."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import User
from billing.models import Interval, Plan, PlanPrice
from nexusvpn.audit import record_act
from nexusvpn.errors import Conflict, InvalidInput
from nexusvpn.languages import speaking
from nexusvpn.templatetags.nexusvpn_ui import money

# Stripe takes no more than eight digits: https://docs.stripe.com/api/prices/create
MAX_MINOR = 99_999_999


def check_price(*, plan: Plan, interval: str, currency: str, amount_minor: int) -> None:
    """Raises InvalidInput for a price that cannot be, or is what the plan costs already."""
    fields: dict[str, list[str]] = {}
    if plan.code == Plan.FREE:
        fields["plan"] = [_("The free plan costs nothing.")]
    if interval not in Interval.values:
        fields["interval"] = [_("Choose a month or a year.")]
    if not (len(currency) == 3 and currency.isascii() and currency.isalpha()):
        fields["currency"] = [_("Write the currency's three letters.")]
    elif not 1 <= amount_minor <= MAX_MINOR:
        most = money(MAX_MINOR, currency)
        fields["amount_minor"] = [_("Choose an amount above 0 and of at most %(most)s.") % {"most": most}]
    if fields:
        raise InvalidInput(fields=fields)
    same = {"plan": plan, "interval": interval, "currency": currency.upper(), "amount_minor": amount_minor}
    if PlanPrice.objects.filter(is_current=True, **same).exists():
        raise InvalidInput(fields={"amount_minor": [_("This is what it costs now.")]})


def set_price(*, plan: Plan, interval: str, currency: str, amount_minor: int, by: User) -> PlanPrice:
    """Offer a plan at this price from now on. It can be bought once it has been pushed to Stripe.

    Raises InvalidInput as `check_price` does, and Conflict (`price_changed`) where a colleague has just set another one.
    """
    check_price(plan=plan, interval=interval, currency=currency, amount_minor=amount_minor)
    what = {"plan": plan, "interval": interval, "currency": currency.upper()}
    try:
        # Together, so that the plan has a price at every moment; of two at once the constraint lets one through.
        with transaction.atomic():
            former = list(PlanPrice.objects.filter(is_current=True, **what).values_list("amount_minor", flat=True))
            PlanPrice.objects.filter(is_current=True, **what).update(is_current=False)
            price = PlanPrice.objects.create(amount_minor=amount_minor, **what)
            details = {"price": _as_kept(price), "former": former[0] if former else None}
            record_act("price_set", actor=by, target=price, details=details)
    except IntegrityError as error:
        raise Conflict(_("A colleague has just changed this price. Look at it again."), code="price_changed") from error
    return price


def end_price(price: PlanPrice, *, by: User) -> None:
    """Sell it no more in this currency and interval. Raises Conflict (`price_ended`) if it is over already."""
    with transaction.atomic():
        if not PlanPrice.objects.filter(pk=price.pk, is_current=True).update(is_current=False):
            raise Conflict(_("This price is not offered any more."), code="price_ended")
        record_act("price_ended", actor=by, target=price, details={"price": _as_kept(price)})
    price.is_current = False


def _as_kept(price: PlanPrice) -> str:
    """In the site's own language, whoever sets it: the audit log is read by others."""
    with speaking(""):
        return price.in_words
