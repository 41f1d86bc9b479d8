"""Talking to Stripe. Only this package imports `stripe` and `djstripe`; everybody else gets plain dictionaries and our own errors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import stripe
from django.conf import settings
from django.db import connection

from billing.gateway.deadline import UntilDeadline
from billing.gateway.errors import (
    GatewayMissing,
    GatewayRefused,
    KeyInUse,
    KeyReused,
    PaymentDeclined,
    PaymentsUnavailable,
)
from nexusvpn.db import lend_connection
from nexusvpn.languages import lazy as _
from nexusvpn.logs import logger

# A person waits for no more than this, whatever is asked of Stripe meanwhile: with our own work the answer is there within 5 s.
WEB_S = 4.0
JOB_S = 30.0
# The same request is under way, of a double click: its answer is worth waiting for.
KEY_IN_USE_S = 0.15
PAGE = 100
log = logger("nexusvpn.stripe")

Object = dict[str, Any]
_DECLINES = {
    "insufficient_funds": _("There is not enough money on the card. Try another one."),
    "expired_card": _("The card has expired. Try another one."),
    "authentication_required": _(
        "Your bank wants you to confirm this payment, which is not possible here. Try another card."
    ),
}
# Stripe's own code where a card must be confirmed and the request says that nothing may be left unpaid.
_ASKS_OWNER = "subscription_payment_intent_requires_action"


def sells() -> bool:
    """Whether payments are configured at all."""
    return bool(settings.STRIPE_SECRET_KEY)


class Stripe:
    """Requests to Stripe that share one deadline.

    `in_transaction` is for jobs that hold the lock of a customer while they ask: a web request never does, and gives its database
    connection back before it waits.
    """

    def __init__(self, *, within_s: float = WEB_S, retries: int = 0, in_transaction: bool = False) -> None:
        if not sells():
            raise PaymentsUnavailable(_("Nothing can be bought here at the moment."), retry_after=3600)
        self._in_transaction = in_transaction
        self._http = UntilDeadline(within_s)
        self._api = stripe.StripeClient(
            settings.STRIPE_SECRET_KEY,
            stripe_version=settings.STRIPE_API_VERSION,
            base_addresses={"api": settings.STRIPE_API_BASE} if settings.STRIPE_API_BASE else {},
            http_client=self._http,
            max_network_retries=retries,
        )

    def __enter__(self) -> Stripe:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def call(self, request: Callable[[Any], Any]) -> Object:
        """`request` gets `StripeClient.v1`; its answer as a dictionary. What changes something at Stripe passes `options=keyed(…)`.

        Raises PaymentsUnavailable, PaymentDeclined, GatewayRefused, GatewayMissing or KeyReused.
        """
        self._leave_the_database()
        while True:
            try:
                found: Object = request(self._api.v1).to_dict()
            except stripe.StripeError as error:
                refused = _ours(error)
                if isinstance(refused, KeyInUse) and self._http.wait(KEY_IN_USE_S):
                    continue
                raise refused from error
            return found

    def each(self, request: Callable[[Any, Object], Any], **parameters: Any) -> Iterator[Object]:
        """Every object of a list: `request` gets `StripeClient.v1` and the parameters of one page of it."""
        page: Object = {"limit": PAGE, **parameters}
        while True:
            listed = self.call(lambda api: request(api, page))  # noqa: B023  (called at once)
            yield from listed["data"]
            if not listed["has_more"]:
                return
            page = {**page, "starting_after": listed["data"][-1]["id"]}

    def _leave_the_database(self) -> None:
        if self._in_transaction:
            return
        # The transaction that Django's TestCase opens around a test is nobody's.
        if connection.in_atomic_block and not getattr(connection.atomic_blocks[-1], "_from_testcase", False):
            raise RuntimeError("Stripe is asked outside of transactions only")
        lend_connection()


def keyed(key: object) -> Any:
    """The options of a request that must not happen twice."""
    return {"idempotency_key": str(key)}


def _ours(error: stripe.StripeError) -> Exception:
    body: Any = error.json_body or {}
    told = body.get("error", {})
    code = str(error.code or told.get("code") or "")
    status = error.http_status or 0
    if isinstance(error, stripe.CardError):
        decline = "authentication_required" if code == _ASKS_OWNER else told.get("decline_code") or code
        return PaymentDeclined(_DECLINES.get(decline), code=decline if decline in _DECLINES else "card_declined")
    if code == "idempotency_key_in_use":
        return KeyInUse(retry_after=5)
    if isinstance(error, stripe.IdempotencyError):
        return KeyReused()
    if isinstance(error, stripe.AuthenticationError | stripe.PermissionError):
        log.error("stripe_key_refused", status=status, code=code)
        return PaymentsUnavailable(retry_after=60)
    if isinstance(error, stripe.APIConnectionError | stripe.RateLimitError) or status >= 500 or status == 409:
        log.warning("stripe_unavailable", error=type(error).__name__, status=status, code=code)
        return PaymentsUnavailable(retry_after=5)
    if status == 404 or code == "resource_missing":
        return GatewayMissing(str(getattr(error, "param", None) or ""))
    log.warning("stripe_refused", status=status, code=code, param=getattr(error, "param", None))
    return GatewayRefused(code, str(told.get("message") or ""))
