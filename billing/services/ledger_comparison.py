"""The books beside Stripe's balance transactions."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta

from billing.gateway.client import Object, Stripe
from billing.gateway.errors import GatewayMissing
from billing.gateway.values import id_of
from billing.models import Discrepancy, LedgerEntry, Payment, StripeCustomer
from billing.services.comparing import WITHIN_S, Comparison, in_batches, moment
from billing.services.discrepancies import heal, report
from billing.services.failures import recorded
from billing.services.ledger import is_account_fee, record_account_fees
from billing.services.sync import sync_customer

# What a payment moves. Payouts, reserves and the like move what is ours already.
OF_PAYMENTS = {
    "adjustment",
    "charge",
    "payment",
    "payment_failure_refund",
    "payment_refund",
    "payment_reversal",
    "refund",
    "refund_failure",
}
OVERLAP = timedelta(days=3)
# So much is compared at once; a run that is stopped has come to the end of the last one.
WINDOW = timedelta(days=1)
# How the sources of adjustments begin that staff wrote.
BOOKED = "discrepancy-"
# What is older has been compared; a fresh installation begins with its first customer.
LONGEST = timedelta(days=400)
Kind = Discrepancy.Kind


def compare_ledger(comparison: Comparison) -> datetime:
    """Bring into the books what is missing there, and tell of what differs; returns how far it came. Raises PaymentsUnavailable."""
    since = comparison.begin(OVERLAP, LONGEST)
    if since is None:
        return comparison.now
    begins = moment(int(since.timestamp()))
    with Stripe(within_s=WITHIN_S, retries=2) as api:
        while (ends := begins + WINDOW) < comparison.now:
            _compare_between(api, begins, ends, comparison)
            begins = comparison.reached = ends
        # What Stripe's test clocks made is in the future.
        _compare_between(api, begins, None, comparison)
    return comparison.now


def _compare_between(api: Stripe, begins: datetime, ends: datetime | None, comparison: Comparison) -> None:
    seen: set[str] = set()
    missing: list[Object] = []
    created = {"gte": int(begins.timestamp())} | ({"lt": int(ends.timestamp())} if ends else {})
    asked = {"created": created, "expand": ["data.source"]}
    for batch in in_batches(api.each(lambda v1, page: v1.balance_transactions.list(page), **asked)):
        seen |= {one["id"] for one in batch}
        record_account_fees(batch)
        missing += _compare(batch, comparison)
    owners = {one["id"]: _customer_of(api, one) for one in missing}
    _heal_missing(missing, owners, comparison)
    _tell_of_unknown(begins, ends, seen, comparison)


def _compare(batch: list[Object], comparison: Comparison) -> list[Object]:
    """Those that are not in the books and should be."""
    ours = [
        one
        for one in batch
        if (one["type"] in OF_PAYMENTS or is_account_fee(one)) and not comparison.is_too_new(one["created"])
    ]
    comparison.compared += len(ours)
    entries: dict[str, list[LedgerEntry]] = defaultdict(list)
    for entry in LedgerEntry.objects.filter(balance_transaction_id__in=[one["id"] for one in ours]):
        entries[entry.balance_transaction_id].append(entry)
    for one in ours:
        if one["id"] in entries:
            _compare_amounts(one, entries[one["id"]], comparison)
    # Nothing is written of what nets nothing at all.
    return [one for one in ours if one["id"] not in entries and (one["amount"] or one["fee"])]


def _compare_amounts(transaction: Object, entries: list[LedgerEntry], comparison: Comparison) -> None:
    """In the currency in which Stripe settles. Who pays in another one has only Stripe's fee in this."""
    currency = transaction["currency"].upper()
    settled = [entry for entry in entries if entry.currency == currency]
    is_paid_in_it = any(entry.kind != LedgerEntry.Kind.FEE or is_account_fee(transaction) for entry in settled)
    ours = sum(entry.amount_minor for entry in settled)
    at_stripe = transaction["net"] if is_paid_in_it else -transaction["fee"]
    if ours == at_stripe:
        heal(Kind.LEDGER_DIFFERS, transaction["id"])
    elif not _was_closed(Kind.LEDGER_DIFFERS, transaction["id"]):
        comparison.differences += 1
        details = {"currency": currency, "net": [ours, at_stripe], "sources": sorted(entry.source for entry in entries)}
        report(Kind.LEDGER_DIFFERS, transaction["id"], user=entries[0].user, details=details)


def _customer_of(api: Stripe, transaction: Object) -> str:
    """Whose payment it moved; empty where it was nobody's."""
    source = transaction["source"]
    if not isinstance(source, dict):
        return ""
    if source["object"] == "charge":
        return id_of(source["customer"])
    charge_id = id_of(source.get("charge"))
    if not charge_id:
        return ""
    try:
        return id_of(api.call(lambda v1: v1.charges.retrieve(charge_id))["customer"])
    except GatewayMissing:
        return ""


def _heal_missing(missing: list[Object], owners: dict[str, str], comparison: Comparison) -> None:
    """Sync those whose movements are missing. What is nobody's of ours stays for staff to see."""
    customers = StripeCustomer.objects.select_related("user").in_bulk([id for id in owners.values() if id])
    unpaid = _unpaid(missing)
    told = [
        one for one in missing if id_of(one["source"]) not in unpaid and not _was_closed(Kind.LEDGER_MISSING, one["id"])
    ]
    for one in told:
        customer = customers.get(owners[one["id"]])
        details = {name: one[name] for name in ("type", "amount", "fee", "currency")} | {"source": id_of(one["source"])}
        report(Kind.LEDGER_MISSING, one["id"], user=customer.user if customer else None, details=details)
        comparison.differences += 1
    for customer_id in sorted({owners[one["id"]] for one in told} & set(customers)):
        with comparison.one_of_many(customer_id), recorded(customer_id):
            sync_customer(customer_id, everything=True)
    ids = [one["id"] for one in told]
    for id in set(
        LedgerEntry.objects.filter(balance_transaction_id__in=ids).values_list("balance_transaction_id", flat=True)
    ):
        heal(Kind.LEDGER_MISSING, id)


def _unpaid(missing: list[Object]) -> set[str]:
    """Payments that are pending or failed: Stripe has booked them, and the books do not until they are paid."""
    charges = [id_of(one["source"]) for one in missing]
    unpaid = Payment.objects.filter(pk__in=charges).exclude(status=Payment.Status.SUCCEEDED)
    return set(unpaid.values_list("pk", flat=True))


def _tell_of_unknown(begins: datetime, ends: datetime | None, seen: set[str], comparison: Comparison) -> None:
    """Entries of this time whose transactions Stripe does not list. What staff booked about a difference is about an older one."""
    entries = LedgerEntry.objects.filter(occurred_at__gte=begins).exclude(balance_transaction_id="")
    if ends:
        entries = entries.filter(occurred_at__lt=ends)
    entries = entries.exclude(source__startswith=BOOKED)
    for entry in entries.select_related("user").iterator():
        id = entry.balance_transaction_id
        if (
            id in seen
            or comparison.is_too_new(int(entry.occurred_at.timestamp()))
            or _was_closed(Kind.LEDGER_UNKNOWN, id)
        ):
            continue
        details = {"amount": entry.amount_minor, "currency": entry.currency, "source": entry.source, "kind": entry.kind}
        report(Kind.LEDGER_UNKNOWN, id, user=entry.user, details=details)
        comparison.differences += 1


def _was_closed(kind: Discrepancy.Kind, object_id: str) -> bool:
    """Whether staff have looked at this already: a movement stays as it is."""
    return Discrepancy.objects.filter(kind=kind, object_id=object_id, closed_at__isnull=False).exists()
