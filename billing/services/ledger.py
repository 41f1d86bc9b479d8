"""The books: every movement of money and of credit that Stripe knows of, written down once.

All amounts are in the smallest unit of their currency, as Stripe gives them (cents; yen, which have none; fils, a thousand to the
dinar): nothing here multiplies or divides one by a power of ten.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from uuid import UUID

from django.db.models import Sum

from accounts.models import User
from billing.gateway.client import Object
from billing.inserts import insert_once
from billing.models import LedgerEntry, Payment
from billing.services.order_requests import REWARD

Account, Kind = LedgerEntry.Account, LedgerEntry.Kind

# Stripe's types of balance transactions: https://docs.stripe.com/reports/balance-transaction-types
_CHARGES = {"charge", "payment"}
_REFUNDS = {"refund", "payment_refund"}
_FEES = {"stripe_fee", "stripe_fx_fee", "tax_fee"}
# What an invoice took of a customer's balance, and what a voided invoice gave back.
_USED = {"applied_to_invoice", "unapplied_from_invoice"}


@dataclass(frozen=True, slots=True)
class _Movement:
    account: str
    kind: str
    source: str
    amount_minor: int
    currency: str
    occurred_at: datetime
    balance_transaction_id: str = ""
    note: str = ""


def record_transactions(transactions: Iterable[Object], payment: Payment) -> int:
    """Write down what Stripe's balance transactions of a payment (its charge, refunds, disputes) moved. Returns how many entries are new.

    A charge, a refund and a dispute count in the currency in which the customer paid, Stripe's fee in the one in which Stripe settles.
    Where the two differ, a refund's or dispute's own amount is read from the transaction's expanded `source`. Of a payment that is
    pending or failed nothing is written. May be repeated; to be called under the customer's lock or without, in a transaction or not.
    """
    if payment.status != Payment.Status.SUCCEEDED and not _is_booked(payment):
        return 0
    found = [movement for one in transactions for movement in _movements(one, payment)]
    invoice = payment.invoice
    return _insert(
        found,
        user_id=payment.user_id,
        price_id=None if invoice is None else invoice.price_id,
        invoice_id=payment.invoice_id or "",
    )


def record_account_fees(transactions: Iterable[Object]) -> int:
    """Write down the fees that Stripe takes for no payment in particular. Returns how many entries are new."""
    fees = [one for one in transactions if is_account_fee(one)]
    found = [_movement(one, Kind.FEE, one["id"], one["net"], _currency(one)) for one in fees]
    return _insert(found, user_id=None)


def is_account_fee(transaction: Object) -> bool:
    return transaction["type"] in _FEES


def record_credits(transactions: Iterable[Object], user: User) -> int:
    """Write down a customer's balance transactions: what Stripe takes off, or adds to, later invoices. Returns how many are new.

    Stripe counts what the customer owes, the ledger what we owe the customer: the signs are each other's opposite.
    """
    return _insert([_credit(one) for one in transactions], user_id=user.pk)


def balance_of(user: User, account: str, currency: str) -> int:
    """The sum of a person's entries, in the currency's smallest unit."""
    entries = LedgerEntry.objects.filter(user=user, account=account, currency=currency.upper())
    return int(entries.aggregate(sum=Sum("amount_minor"))["sum"] or 0)


def balances(user: User) -> dict[tuple[str, str], int]:
    """What `balance_of` says, for every account and currency in which the person has entries; one query."""
    sums = (
        LedgerEntry.objects.filter(user=user)
        .order_by()
        .values_list("account", "currency")
        .annotate(Sum("amount_minor"))
    )
    return {(account, currency): int(total) for account, currency, total in sums}


def _is_booked(payment: Payment) -> bool:
    """Whether it once counted as paid: what follows then belongs into the books as well."""
    return LedgerEntry.objects.filter(source=payment.stripe_id, kind=Kind.CHARGE).exists()


def _movements(transaction: Object, payment: Payment) -> Iterable[_Movement]:
    """The movement itself and Stripe's fee for it."""
    kind, source = _what(transaction)
    if kind == Kind.FEE:
        yield _movement(transaction, kind, source, transaction["net"], _currency(transaction))
        return
    amount = _paid_amount(transaction, payment, kind)
    yield _movement(transaction, kind, source, amount, payment.currency)
    yield _movement(transaction, Kind.FEE, transaction["id"], -transaction["fee"], _currency(transaction))


def _what(transaction: Object) -> tuple[str, str]:
    """The entry's kind and its source.

    A dispute moves money more than once, as a refund does that its bank sends back: these are known by their transaction.
    """
    type_ = transaction["type"]
    if type_ in _CHARGES:
        return Kind.CHARGE, _source_id(transaction)
    if type_ in _REFUNDS:
        return Kind.REFUND, _source_id(transaction)
    if type_ in _FEES:
        return Kind.FEE, transaction["id"]
    if type_ == "adjustment" and _is_of_dispute(transaction):
        return (Kind.DISPUTE if transaction["amount"] < 0 else Kind.DISPUTE_REVERSAL), transaction["id"]
    return Kind.ADJUSTMENT, transaction["id"]


def _is_of_dispute(transaction: Object) -> bool:
    return transaction["reporting_category"] in {"dispute", "dispute_reversal"} or _source_id(transaction).startswith(
        ("dp_", "du_")
    )


def _paid_amount(transaction: Object, payment: Payment, kind: str) -> int:
    """What moved in the payment's own currency, with the transaction's sign."""
    settled = int(transaction["amount"])
    if kind == Kind.CHARGE:
        return payment.amount_minor
    if _currency(transaction) == payment.currency:
        return settled
    source = transaction["source"]
    if isinstance(source, dict) and source["currency"].upper() == payment.currency:
        return int(source["amount"]) if settled > 0 else -int(source["amount"])
    # As near as can be said: `exchange_rate` is what one unit of the payment's currency was worth in the settlement's.
    return round(settled / float(transaction["exchange_rate"]))


def _credit(transaction: Object) -> _Movement:
    amount = -int(transaction["amount"])
    named = (transaction.get("metadata") or {}).get(REWARD)
    given = Kind.DEBT if amount < 0 else Kind.REWARD if named else Kind.CREDIT
    return _Movement(
        account=Account.CREDIT,
        kind=Kind.CREDIT_USED if transaction["type"] in _USED else given,
        source=transaction["id"],
        amount_minor=amount,
        currency=_currency(transaction),
        occurred_at=_moment(transaction["created"]),
        note=transaction["type"],
    )


def _movement(transaction: Object, kind: str, source: str, amount: int, currency: str) -> _Movement:
    return _Movement(
        account=Account.MONEY,
        kind=kind,
        source=source,
        amount_minor=amount,
        currency=currency,
        occurred_at=_moment(transaction["created"]),
        balance_transaction_id=transaction["id"],
        note=transaction["type"] if kind == Kind.ADJUSTMENT else "",
    )


def _source_id(transaction: Object) -> str:
    source = transaction["source"]
    return str(source["id"] if isinstance(source, dict) else source or "")


def _currency(transaction: Object) -> str:
    return str(transaction["currency"]).upper()


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _insert(
    movements: Iterable[_Movement], *, user_id: UUID | None, price_id: int | None = None, invoice_id: str = ""
) -> int:
    about = {"user_id": user_id, "price_id": price_id, "invoice_id": invoice_id}
    return sum(insert_once(LedgerEntry(**asdict(one), **about)) for one in movements if one.amount_minor)
