"""Comparing what we have with what Stripe has: events every hour, customers every day, the books every night.

Each kind goes on from where its last run came to, so a run that fails, or never happens, costs nothing but time. Stripe being away ends
a run with its error; the next one makes up for it.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services.outbox import queue_mail
from accounts.staff_alerts import alert_addresses
from billing.gateway.client import sells
from billing.models import Discrepancy, LedgerEntry, ReconcileRun
from billing.services import ledger_comparison, lost_events, stored_comparison
from billing.services.comparing import Comparison
from billing.services.discrepancies import CLOSED
from billing.services.effects import once
from billing.services.failures import why
from nexusvpn.audit import record_act
from nexusvpn.errors import Conflict, DomainError, InvalidInput
from nexusvpn.logs import logger

Kind = ReconcileRun.Kind
# A mail names so many; the admin has all.
NAMED = 50
_COMPARE = {
    Kind.EVENTS: lost_events.find_lost_events,
    Kind.SUBSCRIPTIONS: stored_comparison.compare_customers,
    Kind.LEDGER: ledger_comparison.compare_ledger,
}
log = logger(__name__)


def compare(kind: ReconcileRun.Kind, at: datetime | None = None) -> ReconcileRun | None:
    """One run of a kind, and a mail to staff about what did not heal; None where nothing is sold. May be repeated at any time.

    Two runs of a kind at once would do no harm but the work twice; the job sees to it that there is one.
    """
    if not sells():
        return None
    runs = ReconcileRun.objects.filter(kind=kind, finished_at__isnull=False).order_by("-started_at")
    before, last = runs.filter(reached__isnull=False).first(), runs.first()
    run = ReconcileRun.objects.create(kind=kind, started_at=at or timezone.now())
    since, cursor = before.reached if before else None, last.cursor if last else ""
    comparison = Comparison(now=run.started_at, since=since, cursor=cursor)
    try:
        run.reached = _COMPARE[kind](comparison)
        run.error = f"{comparison.failed} could not be compared" if comparison.failed else ""
    except Exception as error:
        # The next one goes on from there.
        run.error, run.reached = why(error)[:200], comparison.reached or comparison.since
        log.warning("reconcile_stopped", kind=kind, error=run.error)
        if not isinstance(error, DomainError):
            raise
    finally:
        run.compared, run.differences, run.cursor = comparison.compared, comparison.differences, comparison.cursor
        run.finished_at = timezone.now()
        run.save()
    tell_staff()
    return run


def tell_staff() -> int:
    """One mail about the differences that are open and that no mail was about; returns how many it names."""
    with transaction.atomic():
        is_open = Discrepancy.objects.filter(healed_at=None, closed_at=None).order_by("found_at", "pk")
        found = [one for one in is_open if once(f"discrepancy-told:{one.pk}")]
        addresses = alert_addresses("billing.view_discrepancy") if found else []
        if found and not addresses:
            log.warning("discrepancies_without_reader", count=len(found))
        named = [{"what": one.get_kind_display(), "object_id": one.object_id} for one in found[:NAMED]]
        for address in addresses:
            queue_mail("payments_differ", address, {"found": named, "more": len(found) - len(named)})
    return len(found)


def book_difference(discrepancy: Discrepancy, *, by: User, reason: str) -> LedgerEntry:
    """Write an adjustment that makes the books say what Stripe says of a movement, and close the difference.

    Raises InvalidInput without a reason, Conflict where there is nothing to book or it is over.
    """
    amount = missing_amount(discrepancy)
    if not amount:
        raise Conflict(_("There is nothing to book."), code="nothing_to_book")
    with transaction.atomic():
        close_discrepancy(discrepancy, by=by, reason=reason)
        return LedgerEntry.objects.create(
            account=LedgerEntry.Account.MONEY,
            kind=LedgerEntry.Kind.ADJUSTMENT,
            source=f"{ledger_comparison.BOOKED}{discrepancy.pk}",
            balance_transaction_id=discrepancy.object_id,
            user=discrepancy.user,
            amount_minor=amount,
            currency=discrepancy.details["currency"],
            occurred_at=timezone.now(),
        )


def missing_amount(discrepancy: Discrepancy) -> int:
    """What is to be added to the books for them to say what Stripe says; 0 where nothing is, or where a sync does it."""
    details = discrepancy.details
    if discrepancy.kind == Discrepancy.Kind.LEDGER_DIFFERS:
        return int(details["net"][1]) - int(details["net"][0])
    return -int(details["amount"]) if discrepancy.kind == Discrepancy.Kind.LEDGER_UNKNOWN else 0


def close_discrepancy(discrepancy: Discrepancy, *, by: User, reason: str) -> None:
    """Staff have looked at one that cannot heal. Raises InvalidInput without a reason, Conflict (`discrepancy_over`) if it is over."""
    if not reason.strip():
        raise InvalidInput(fields={"reason": [_("Say what you found out.")]})
    details = {**discrepancy.details, CLOSED: reason.strip()[:200]}
    # Claimed by the conditional update: it may heal at the same moment.
    with transaction.atomic():
        is_open = Discrepancy.objects.filter(pk=discrepancy.pk, healed_at=None, closed_at=None)
        if not is_open.update(closed_at=timezone.now(), closed_by=by, details=details):
            raise Conflict(_("This difference is over already."), code="discrepancy_over")
        record_act("discrepancy_closed", actor=by, person=discrepancy.user_id, target=discrepancy)
