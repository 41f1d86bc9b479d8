"""Buying a plan: a page of Stripe's on which somebody pays. A person has one that is open, so that nobody pays twice."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from accounts.models import User
from accounts.services.verification import check_verified
from billing.deferred import sync_soon
from billing.errors import AlreadyPaid, AlreadySubscribed, CheckoutReplaced, CurrencyFixed
from billing.gateway.client import Object, Stripe, keyed
from billing.gateway.errors import GatewayMissing, GatewayRefused, KeyReused, PaymentsUnavailable
from billing.models import CheckoutSession, PlanPrice, Subscription
from billing.services.checkout_parameters import CHECKOUT, page_parameters
from billing.services.customers import customer_of, ensure_customer, forget_if_deleted
from billing.services.orders import KEYS_LIVE
from billing.services.sale import price_on_sale
from billing.services.subscriptions import live_subscription
from nexusvpn.audit import record_act
from nexusvpn.errors import DomainError, InvalidInput, NotFound
from nexusvpn.logs import logger

State = CheckoutSession.State
STATES = {"open": State.OPEN, "complete": State.COMPLETE, "expired": State.EXPIRED}
IS_OPEN = (State.ASKED, State.OPEN)
# How often somebody else's page may come in between.
TRIES = 3
log = logger(__name__)


def open_checkout(
    *, user: User, plan: str, interval: str, currency: str | None = None, promotion_code: str = ""
) -> CheckoutSession:
    """The page on which this person pays for a plan: the one that is open for it, or a new one; `url` is its address.

    `currency` None is the one they pay in already, or the service's. Raises EmailUnverified; InvalidInput that names the field;
    AlreadySubscribed, AlreadyPaid, CurrencyFixed, CheckoutReplaced; PaymentsUnavailable: then the same request goes on where this ended.
    """
    check_verified(user)
    price = _price(user, plan, interval, currency)
    if live_subscription(user) is not None:
        raise AlreadySubscribed
    with Stripe() as api:
        promotion = _promotion(api, promotion_code.strip())
        for _ in range(2):
            customer = ensure_customer(user, api)
            try:
                return _page(api, user, price, customer, promotion)
            except GatewayMissing:
                if not forget_if_deleted(customer, api):
                    break
    log.error("price_missing_at_stripe", price=price.pk)
    raise PaymentsUnavailable(retry_after=60)


def look_up_checkout(*, user: User, session_id: str) -> CheckoutSession:
    """What became of a page; what was paid is being brought in when this returns. Raises NotFound, PaymentsUnavailable."""
    row = CheckoutSession.objects.filter(user=user, stripe_id=session_id).select_related("price__plan").first()
    if row is None:
        raise NotFound
    if row.state == State.OPEN:
        with Stripe() as api:
            _retrieve(api, row)
    if row.state == State.COMPLETE:
        sync_soon(row.parameters["customer"])
    return row


def _price(user: User, plan: str, interval: str, currency: str | None) -> PlanPrice:
    customer = customer_of(user)
    fixed = customer.currency if customer else ""
    if fixed and currency and currency.upper() != fixed:
        raise CurrencyFixed(fixed)
    return price_on_sale(plan=plan, interval=interval, currency=fixed or currency or settings.BILLING_CURRENCY)


def _promotion(api: Stripe, code: str) -> str:
    """Stripe's id of a code that people know."""
    if not code:
        return ""
    wanted: Any = {"code": code, "active": True, "limit": 1}
    found = api.call(lambda v1: v1.promotion_codes.list(wanted))["data"]
    if not found:
        raise InvalidInput(fields={"promotion_code": [gettext("This code does not exist, or is over.")]})
    return str(found[0]["id"])


def _page(api: Stripe, user: User, price: PlanPrice, customer: str, promotion: str) -> CheckoutSession:
    for _ in range(TRIES):
        row = _claim(user, price, customer, promotion)
        if not _is_for(row, price, customer, promotion):
            _make_room(api, row)
        elif row.state == State.ASKED:
            _ask(api, row)
        else:
            _retrieve(api, row)
        if row.state == State.COMPLETE:
            sync_soon(row.parameters["customer"])
            raise AlreadyPaid
        if row.state == State.OPEN:
            return row
    raise CheckoutReplaced


def _claim(user: User, price: PlanPrice, customer: str, promotion: str) -> CheckoutSession:
    """The person's open page, or a new row for one: of any number at once one makes it. Stripe is asked after this is committed."""
    while True:
        row = CheckoutSession(pk=uuid4(), user=user, price=price)
        row.parameters = page_parameters(row, customer=customer, promotion=promotion, with_trial=_is_new(user))
        CheckoutSession.objects.bulk_create([row], ignore_conflicts=True)
        # Read anew, also one's own: the database orders the parameters' names, and a key is good for the very same request.
        found = CheckoutSession.objects.filter(user=user, state__in=IS_OPEN).select_related("price__plan").first()
        if found is not None:
            return found


def _is_new(user: User) -> bool:
    """Whether the person never had a subscription that gave something: a trial is for them."""
    never = (Subscription.Status.INCOMPLETE, Subscription.Status.INCOMPLETE_EXPIRED)
    return not Subscription.objects.filter(user=user).exclude(status__in=never).exists()


def _is_for(row: CheckoutSession, price: PlanPrice, customer: str, promotion: str) -> bool:
    discounts = [{"promotion_code": promotion}] if promotion else None
    asked = row.parameters
    return (row.price_id, asked["customer"], asked.get("discounts")) == (price.pk, customer, discounts)


def _ask(api: Stripe, row: CheckoutSession) -> None:
    """Have the page made, or learn of it if it was made before the answer was lost."""
    parameters: Any = row.parameters
    try:
        _check_at_stripe(api, row)
        session = _find(api, row) or api.call(lambda v1: v1.checkout.sessions.create(parameters, keyed(row.pk)))
    except (GatewayRefused, KeyReused, GatewayMissing) as refused:
        _close(row)
        if "discounts" in parameters and _is_about_the_code(refused):
            raise InvalidInput(fields={"promotion_code": [gettext("This code cannot be used for this.")]}) from refused
        raise
    _note(row, session)


def _is_about_the_code(refused: DomainError) -> bool:
    """A code may be another customer's, for first purchases only, or not for this plan."""
    return isinstance(refused, GatewayRefused) or (
        isinstance(refused, GatewayMissing) and refused.param.startswith(("discounts", "promotion_code"))
    )


def _check_at_stripe(api: Stripe, row: CheckoutSession) -> None:
    """Raises AlreadySubscribed also for a subscription of which we do not know yet.

    While this row is open nobody makes another page, and none that was made before is open: what is paid, Stripe lists by now.
    """
    listed = api.call(lambda v1: v1.subscriptions.list({"customer": row.parameters["customer"], "limit": 20}))
    if any(one["status"] in Subscription.LIVE for one in listed["data"]):
        _close(row)
        sync_soon(row.parameters["customer"])
        raise AlreadySubscribed


def _find(api: Stripe, row: CheckoutSession) -> Object | None:
    """A page that was made so long ago that its key no longer leads to it."""
    if row.created_at > timezone.now() - KEYS_LIVE:
        return None
    listed = api.each(lambda v1, page: v1.checkout.sessions.list(page), customer=row.parameters["customer"])
    return next((one for one in listed if (one["metadata"] or {}).get(CHECKOUT) == str(row.pk)), None)


def _make_room(api: Stripe, row: CheckoutSession) -> None:
    """End a page for something else, at Stripe first: then nobody can pay there any more."""
    if row.state == State.ASKED:
        try:
            _ask(api, row)
        except (GatewayRefused, KeyReused, GatewayMissing, InvalidInput):
            return
    if row.state != State.OPEN:
        return
    try:
        session = api.call(lambda v1: v1.checkout.sessions.expire(str(row.stripe_id)))
    except GatewayRefused:
        # It is over, or paid.
        _retrieve(api, row)
    except GatewayMissing:
        _close(row)
    else:
        _note(row, session)


def _retrieve(api: Stripe, row: CheckoutSession) -> None:
    try:
        session = api.call(lambda v1: v1.checkout.sessions.retrieve(str(row.stripe_id)))
    except GatewayMissing:
        _close(row)
    else:
        _note(row, session)


def _note(row: CheckoutSession, session: Object) -> None:
    """Write down what Stripe says of a page, unless it is known to be over; `row` then is what is stored."""
    state = STATES[session["status"]]
    values: dict[str, Any] = {"state": state, "stripe_id": session["id"], "url": session["url"] or ""}
    values["expires_at"] = datetime.fromtimestamp(session["expires_at"], UTC)
    if state not in IS_OPEN:
        values["ended_at"] = timezone.now()
    with transaction.atomic():
        first = CheckoutSession.objects.filter(pk=row.pk, state=State.ASKED).update(**values)
        if first and state == State.OPEN:
            details = {"plan": row.price.plan.code, "interval": row.price.interval, "currency": row.price.currency}
            record_act("checkout_opened", actor=row.user, person=row.user_id, target=row, details=details)
        if not first:
            CheckoutSession.objects.filter(pk=row.pk, state=State.OPEN).update(**values)
    row.refresh_from_db(fields=["state", "stripe_id", "url", "expires_at", "ended_at"])


def _close(row: CheckoutSession) -> None:
    """There is no such page at Stripe."""
    ended = {"state": State.EXPIRED, "url": "", "ended_at": timezone.now()}
    CheckoutSession.objects.filter(pk=row.pk, state__in=IS_OPEN).update(**ended)
    row.refresh_from_db(fields=["state", "stripe_id", "url", "expires_at", "ended_at"])
