"""Coupons and promotion codes, as staff make and end them: decided in a row, asked of Stripe by a job under the row's id."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.db.models.functions import Upper
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.locks import lock_person
from accounts.models import User
from billing.errors import DiscountOver, DiscountWaits
from billing.inserts import insert_once
from billing.models import Coupon, PromotionCode, Standing
from billing.office_deferred import ask_for_discounts_soon
from billing.services.offers import currencies
from nexusvpn.audit import record_act
from nexusvpn.errors import Conflict, InvalidInput
from nexusvpn.templatetags.nexusvpn_ui import money
from nexusvpn.texts import one_line

# What Stripe takes, and what a column does: https://docs.stripe.com/api/coupons/create, …/promotion_codes/create
_CODE = re.compile(r"[A-Za-z0-9-]{3,40}")
MAX_MINOR = 99_999_999
MOST_TIMES = 2_000_000_000
MOST_MONTHS = 120
LONGEST = timedelta(days=5 * 365)
# As long as an answer may be on its way a time should still be to come: what Stripe gets is refused if it is over.
SOONEST = timedelta(minutes=10)
SENT_TWICE = timedelta(minutes=1)
# What a coupon is; another with all of these is the same again.
TERMS = (
    "name",
    "percent_off",
    "amount_minor",
    "currency",
    "duration",
    "duration_months",
    "max_redemptions",
    "redeem_by",
)
IN_USE = gettext_lazy("This code is in use. End the other one first, or choose another.")
Wrong = dict[str, list[str]]


def check_coupon(
    *,
    name: str,
    percent_off: Decimal | None = None,
    amount_minor: int | None = None,
    currency: str = "",
    duration: str = Coupon.Duration.ONCE,
    duration_months: int | None = None,
    max_redemptions: int | None = None,
    redeem_by: datetime | None = None,
) -> None:
    """Raises InvalidInput."""
    wrong: Wrong = {}
    if not 1 <= len(one_line(name, "name")) <= 40:
        wrong["name"] = [_("Customers read it on their invoice: 1 to 40 characters.")]
    _check_worth(percent_off, amount_minor, currency, wrong)
    if duration not in Coupon.Duration.values:
        wrong["duration"] = [_("Choose how long it is taken off.")]
    elif duration == Coupon.Duration.REPEATING and not 1 <= (duration_months or 0) <= MOST_MONTHS:
        wrong["duration_months"] = [_("Say for how many months, from 1 to %(most)d.") % {"most": MOST_MONTHS}]
    elif duration != Coupon.Duration.REPEATING and duration_months is not None:
        wrong["duration_months"] = [_("Only a coupon for some months has a number of them.")]
    _check_times("max_redemptions", max_redemptions, None, wrong)
    _check_end("redeem_by", redeem_by, None, wrong)
    if wrong:
        raise InvalidInput(fields=wrong)


def _check_worth(percent_off: Decimal | None, amount_minor: int | None, currency: str, wrong: Wrong) -> None:
    if (percent_off is None) == (amount_minor is None):
        wrong["percent_off"] = [_("Give a percentage or an amount, one of them.")]
    elif percent_off is not None and not (Decimal("0.01") <= percent_off <= 100):
        wrong["percent_off"] = [_("Choose more than 0 and at most 100 percent.")]
    if amount_minor is not None and percent_off is None:
        _check_sum("amount_minor", amount_minor, "currency", currency, wrong)
    elif currency:
        wrong["currency"] = [_("A percentage has no currency.")]


def _check_sum(field: str, amount_minor: int, currency_field: str, currency: str, wrong: Wrong) -> None:
    sold = currencies()
    if currency.upper() not in sold:
        wrong[currency_field] = [
            _("Choose a currency in which plans are sold: %(currencies)s.") % {"currencies": ", ".join(sold)}
        ]
    elif not 1 <= amount_minor <= MAX_MINOR:
        most = money(MAX_MINOR, currency)
        wrong[field] = [_("Choose an amount above 0 and of at most %(most)s.") % {"most": most}]


def _check_times(field: str, times: int | None, most: int | None, wrong: Wrong) -> None:
    if times is not None and not 1 <= times <= (most or MOST_TIMES):
        wrong[field] = [
            _("The coupon itself can be used %(most)d times.") % {"most": most} if most else _("Once at least.")
        ]


def _check_end(field: str, at: datetime | None, latest: datetime | None, wrong: Wrong) -> None:
    now = timezone.now()
    if at is not None and at < now + SOONEST:
        wrong[field] = [_("Choose a time that is still to come, ten minutes from now at least.")]
    elif at is not None and at > now + LONGEST:
        wrong[field] = [_("Choose a time within five years.")]
    elif at is not None and latest is not None and at > latest:
        wrong[field] = [
            _("The coupon itself ends before: %(latest)s.") % {"latest": date_format(latest, "DATETIME_FORMAT")}
        ]


def add_coupon(*, by: User, **terms: Any) -> Coupon:
    """A new coupon, made at Stripe by a job. `terms` are those of `check_coupon`, which raises InvalidInput.

    Raises Conflict (`coupon_just_made`) for the same coupon within a minute.
    """
    check_coupon(**terms)
    id = uuid4()
    terms |= {"name": terms["name"].strip(), "currency": terms.get("currency", "").upper()}
    coupon = Coupon(pk=id, stripe_id=f"nexusvpn-{id.hex}", **terms)
    same = {name: getattr(coupon, name) for name in TERMS}
    # The job exists exactly if the row does. The lock of who makes it closes the race of a form that is sent twice.
    with transaction.atomic():
        lock_person(by.pk)
        if Coupon.objects.filter(created_at__gt=timezone.now() - SENT_TWICE, **same).exists():
            raise Conflict(_("This coupon was made a moment ago."), code="coupon_just_made")
        coupon.save(force_insert=True)
        worth = {"percent": str(coupon.percent_off)} if coupon.percent_off else {"amount": coupon.amount_minor}
        details = {**worth, "currency": coupon.currency, "duration": coupon.duration}
        record_act("coupon_made", actor=by, target=coupon, details=details)
        ask_for_discounts_soon()
    return coupon


def check_promotion_code(
    *,
    coupon: Coupon,
    code: str,
    max_redemptions: int | None = None,
    expires_at: datetime | None = None,
    first_time_only: bool = False,
    minimum_minor: int | None = None,
    minimum_currency: str = "",
) -> None:
    """Raises InvalidInput. That nobody else takes the code meanwhile, `add_promotion_code` sees to."""
    wrong: Wrong = {}
    if coupon.standing not in (Standing.ASKED, Standing.LIVE):
        wrong["coupon"] = [_("This coupon cannot be used any more.")]
    if not _CODE.fullmatch(code):
        wrong["code"] = [_("Use 3 to 40 letters from A to Z, digits and hyphens.")]
    elif _taken(code):
        wrong["code"] = [str(IN_USE)]
    _check_times("max_redemptions", max_redemptions, coupon.max_redemptions, wrong)
    _check_end("expires_at", expires_at, coupon.redeem_by, wrong)
    if minimum_minor is not None:
        _check_sum("minimum_minor", minimum_minor, "minimum_currency", minimum_currency, wrong)
    elif minimum_currency:
        wrong["minimum_minor"] = [_("Say how much, or leave the currency away.")]
    if wrong:
        raise InvalidInput(fields=wrong)


def _taken(code: str) -> bool:
    """One whose time is over is so at Stripe at once, and here since then, though the hourly look has not said it yet."""
    same = PromotionCode.objects.annotate(upper=Upper("code")).filter(upper=code.upper(), is_personal=False)
    same.filter(standing=Standing.LIVE, expires_at__lte=timezone.now()).update(standing=Standing.ENDED)
    return same.filter(standing__in=(Standing.ASKED, Standing.LIVE, Standing.ENDING)).exists()


def add_promotion_code(*, by: User, **terms: Any) -> PromotionCode:
    """A new code for a coupon, made at Stripe by a job. `terms` are those of `check_promotion_code`, which raises InvalidInput."""
    check_promotion_code(**terms)
    code = PromotionCode(**(terms | {"minimum_currency": terms.get("minimum_currency", "").upper()}))
    # Two members of staff who add the same code at once: the constraint lets one of them through.
    with transaction.atomic():
        if not insert_once(code):
            raise InvalidInput(fields={"code": [str(IN_USE)]})
        details = {"code": code.code, "coupon": str(code.coupon_id)}
        record_act("promotion_code_made", actor=by, target=code, details=details)
        ask_for_discounts_soon()
    return code


def end_promotion_code(code: PromotionCode, *, by: User) -> None:
    """Nobody can use it from the moment at which Stripe has answered. Raises DiscountWaits or DiscountOver."""
    _end(code, "promotion_code_ended", by)


def end_coupon(coupon: Coupon, *, by: User) -> None:
    """The same, with all its codes. Who has used it keeps what it takes off. Raises DiscountWaits or DiscountOver."""
    _end(coupon, "coupon_ended", by)


def _end(row: Coupon | PromotionCode, action: str, by: User) -> None:
    # Claimed by the conditional update: of two members of staff one is told that there is nothing left to end.
    with transaction.atomic(durable=True):
        live = type(row)._default_manager.filter(pk=row.pk, standing=Standing.LIVE)
        if not live.update(standing=Standing.ENDING, refusal="", attempts=0):
            row.refresh_from_db()
            raise DiscountWaits if row.standing == Standing.ASKED else DiscountOver
        record_act(action, actor=by, target=row)
        ask_for_discounts_soon()
    row.standing = Standing.ENDING
