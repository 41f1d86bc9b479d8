"""What we ask of Stripe: decided in a row, asked under the row's id, and asked again after a kill.

place → commit → perform → finish. Between the last two nothing is lost: whoever performs an open order again gets Stripe's first
answer, since the row's id is the request's idempotency key and its parameters are those that were stored.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from accounts.locks import lock_person
from accounts.models import User
from billing.deferred import finish_orders_soon, sync_soon
from billing.gateway.client import JOB_S, Object, Stripe, sells
from billing.gateway.errors import GatewayMissing, GatewayRefused, KeyReused, PaymentDeclined, PaymentsUnavailable
from billing.models import Discrepancy, StripeCustomer, StripeOrder
from billing.services.discrepancies import heal, report
from billing.services.order_requests import ask_for, ask_whether_done, contact_of
from nexusvpn.logs import logger
from nexusvpn.one_by_one import one_by_one

# Stripe forgets idempotency keys after 24 hours: https://docs.stripe.com/api/idempotent_requests
KEYS_LIVE = timedelta(hours=23)
# Whoever is refused by Stripe is so for a while.
REFUSED_FOR = timedelta(days=1)
AT_ONCE = 100
# After so many requests without an answer a run of the job ends.
UNANSWERED = 3
# It never came to Stripe, or nobody wanted to know: what holds is what syncs find there.
LAPSED = "lapsed"
SUPERSEDED = "superseded"
Purpose = StripeOrder.Purpose
State = StripeOrder.State
log = logger(__name__)


def place_order(
    *,
    user: User,
    purpose: StripeOrder.Purpose,
    subject: str = "",
    parameters: dict[str, Any] | None = None,
    is_durable: bool = False,
) -> StripeOrder:
    """The open order of this person, purpose and subject, made now unless there is one; then its own parameters hold, not these.

    May be called inside a transaction; whoever performs it does so after the commit. A durable one is performed by a job if by nobody else.
    """
    return place_or_find(user=user, purpose=purpose, subject=subject, parameters=parameters, is_durable=is_durable)[0]


def place_or_find(
    *,
    user: User,
    purpose: StripeOrder.Purpose,
    subject: str,
    parameters: dict[str, Any] | None = None,
    is_durable: bool = False,
) -> tuple[StripeOrder, bool]:
    """As `place_order`, and whether it was made now."""
    which = {"user": user, "purpose": purpose, "subject": subject}
    while True:
        order = StripeOrder(**which, parameters=parameters or {}, is_durable=is_durable)
        StripeOrder.objects.bulk_create([order], ignore_conflicts=True)
        # Read anew, also one's own: the database orders the parameters' names, and a key is good for the very same request.
        found = StripeOrder.objects.filter(**which, state=State.OPEN).first()
        if found is not None:
            return found, found.pk == order.pk


def order_until_done(
    *, user: User, purpose: StripeOrder.Purpose, subject: str, parameters: dict[str, Any] | None = None
) -> None:
    """Durably, once: not where it is open or was done. Where Stripe refused, again on another day, whenever it is still called for."""
    # The very same: staff may have ordered something else for it.
    former = StripeOrder.objects.filter(user=user, purpose=purpose, subject=subject, parameters=parameters or {})
    is_settled = Q(state__in=(State.OPEN, State.DONE)) | Q(created_at__gt=timezone.now() - REFUSED_FOR)
    if former.filter(is_settled).exists():
        return
    place_order(user=user, purpose=purpose, subject=subject, parameters=parameters, is_durable=True)
    finish_orders_soon()


def is_refused_lately(*, user: User, purpose: StripeOrder.Purpose, subject: str) -> bool:
    """Whether the last such order was refused, and not long ago: what comes by itself again would be refused again."""
    last = StripeOrder.objects.filter(user=user, purpose=purpose, subject=subject).order_by("-created_at").first()
    ended = last.finished_at if last is not None and last.state == State.REFUSED else None
    return ended is not None and ended > timezone.now() - REFUSED_FOR


def open_order(*, user: User, purpose: StripeOrder.Purpose, subject: str = "") -> StripeOrder | None:
    return StripeOrder.objects.filter(user=user, purpose=purpose, subject=subject, state=State.OPEN).first()


def count_done(user: User) -> int:
    """What has been done for this person: another number later means that what one has looked at meanwhile is no longer so."""
    return StripeOrder.objects.filter(user=user, state=State.DONE).count()


def perform(order: StripeOrder, api: Stripe) -> Object:
    """Ask Stripe, and return its answer; the caller then calls `finish_order`, in one transaction with what follows from it.

    A refusal ends the order before it is raised: PaymentDeclined, GatewayRefused, GatewayMissing, KeyReused. After
    PaymentsUnavailable nobody knows what Stripe did; the order stays open, to be performed again.
    """
    StripeOrder.objects.filter(pk=order.pk).update(attempts=F("attempts") + 1)
    try:
        if order.attempts and has_lost_its_key(order) and (done := ask_whether_done(order, api)):
            return done
        return ask_for(order, api)
    except (PaymentDeclined, GatewayRefused, GatewayMissing, KeyReused) as refused:
        _end_refused(order, getattr(refused, "stripe_code", "") or refused.code)
        raise


def _end_refused(order: StripeOrder, why: str) -> None:
    if order.purpose != Purpose.ADDRESS:
        end_order(order, why)
        return
    asked = contact_of(order.user)
    # Whoever changes their address meanwhile finds this order open and places none. Their row's lock closes the race: their change
    # comes before, and is seen here, or after, and finds the order ended.
    with transaction.atomic():
        now = lock_person(order.user_id)
        end_order(order, why)
        if now is None or now.erased_at is not None or now.deletion_due_at is not None:
            return
        if contact_of(now) != asked:
            place_order(user=now, purpose=Purpose.ADDRESS, subject=order.subject, is_durable=True)
            finish_orders_soon()


def has_lost_its_key(order: StripeOrder) -> bool:
    return order.created_at < timezone.now() - KEYS_LIVE


def finish_order(order: StripeOrder, result: str) -> bool:
    """Mark an order as done; whether this was the first to do so. What was asked is forgotten where it names somebody."""
    values: dict[str, Any] = {"state": State.DONE, "result": result[:96], "finished_at": timezone.now()}
    if order.purpose in (Purpose.CUSTOMER, Purpose.DELETE_CUSTOMER):
        values["parameters"] = {}
    heal(Discrepancy.Kind.ORDER_REFUSED, refusal_of(order.purpose, order.subject))
    return bool(StripeOrder.objects.filter(pk=order.pk, state=State.OPEN).update(**values))


def end_order(order: StripeOrder, why: str) -> None:
    """Mark an order as one that will not be done: refused by Stripe, or given up. Staff see a decision of the service that was refused."""
    ended = {"state": State.REFUSED, "result": why[:96], "finished_at": timezone.now()}
    with transaction.atomic():
        ended_now = StripeOrder.objects.filter(pk=order.pk, state=State.OPEN).update(**ended)
        if ended_now and order.is_durable and why != SUPERSEDED:
            log.error("stripe_order_refused", order=order.pk, purpose=order.purpose, code=why)
            details = {"order": str(order.pk), "code": why}
            object_id = refusal_of(order.purpose, order.subject)
            report(Discrepancy.Kind.ORDER_REFUSED, object_id, user=order.user, details=details)


def refusal_of(purpose: str, subject: str) -> str:
    """What a refused order is called among the discrepancies, until one of its kind is done or its wish holds."""
    return f"{purpose} {subject}".strip()


def finish_open_orders() -> int:
    """Perform the durable orders that are open; returns how many were done. May be repeated, and run at the same time.

    Stripe that does not answer ends the run: each further order would wait for it as long. What was not answered is the last next time.
    Of the others, which the person who asked would have repeated, those whose keys are over are closed.
    """
    if not sells():
        return 0
    is_open = StripeOrder.objects.filter(state=State.OPEN)
    forgotten = is_open.filter(is_durable=False, created_at__lt=timezone.now() - timedelta(days=1))
    forgotten.exclude(purpose=Purpose.CUSTOMER).update(state=State.REFUSED, result=LAPSED, finished_at=timezone.now())
    # Those that were tried least first: one that cannot be done holds up no other.
    due = is_open.filter(is_durable=True).order_by("attempts", "created_at").values_list("pk", flat=True)
    away: list[UUID] = []
    return sum(one_by_one(partial(_finish, away), _while_answered(list(due[:AT_ONCE]), away)))


def _while_answered(ids: Iterable[UUID], away: Sequence[UUID]) -> Iterator[UUID]:
    """Ends when Stripe does not answer: the rest is for the next run."""
    for each in ids:
        if len(away) == UNANSWERED:
            return
        yield each


def _finish(away: list[UUID], order_id: UUID) -> bool:
    order = StripeOrder.objects.select_related("user").filter(pk=order_id, state=State.OPEN).first()
    if order is None or _has_elder(order):
        return False
    with Stripe(within_s=JOB_S, retries=1) as api:
        try:
            answer = perform(order, api)
        except PaymentsUnavailable:
            away.append(order_id)
            return False
        except (PaymentDeclined, GatewayRefused, GatewayMissing, KeyReused):
            return False
    with transaction.atomic(durable=True):
        finish_order(order, str(answer["id"]))
        for customer in StripeCustomer.objects.filter(user=order.user, deleted_at=None):
            sync_soon(customer.pk)
    return True


def _has_elder(order: StripeOrder) -> bool:
    """Whether something else was decided before about the same, and is still to be done: that comes first, whoever failed how often."""
    same = StripeOrder.objects.filter(user=order.user, subject=order.subject, is_durable=True, state=State.OPEN)
    return same.filter(created_at__lt=order.created_at).exclude(pk=order.pk).exists()
