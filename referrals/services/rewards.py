"""What a friend's payment is worth to the two: promised when it is paid, withdrawn when it goes back. Never at the sign-up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from accounts.services.notifications import Kind as News
from accounts.services.notifications import Words, notify
from billing.inserts import insert_once
from billing.models import Invoice
from billing.periods import months_later
from billing.services.undone import PaidInvoice, paid_invoice, undone_invoices
from nexusvpn.templatetags.nexusvpn_ui import money
from referrals.locks import lock_referral
from referrals.models import Referral, ReferralProgramme, Reward, RewardEntry
from referrals.services.books import available_in, book_reward
from referrals.services.programme import minimums, rules, worth
from referrals.services.suspicion import LITTLE_PAID, reasons_for

# Before the first payment ever.
EVER = datetime(2000, 1, 1, tzinfo=UTC)
PAGE = "/referrals"
WITHDRAWN = gettext_lazy(
    "The payment that it was given for did not last. If you had spent it, later rewards make up for it; your card is never"
    " charged for that."
)
State, Kind, Entry = Reward.State, Reward.Kind, RewardEntry.Kind


def record_payment(*, user_id: UUID, invoice_id: str) -> list[Reward]:
    """Promise what this payment of theirs is worth, if somebody brought them; returns what was promised now. Told twice, nothing more."""
    if not Referral.objects.filter(referred=user_id).exists():
        return []
    # The lock closes the race of two payments of one friend at once, which would count the same, and that with the
    # erasing of one of the two. Doubles of one payment are refused by the unique keys besides.
    with transaction.atomic():
        referral, programme = lock_referral(user_id), rules()
        paid = paid_invoice(invoice_id)
        if referral is None or paid is None or not programme.is_open:
            return []
        number = _number_of(invoice_id, paid, referral, programme)
        return _promise(referral, programme, paid, invoice_id, number) if number else []


def _number_of(invoice_id: str, paid: PaidInvoice, referral: Referral, programme: ReferralProgramme) -> int | None:
    """The payment's number among those that are worth something, from 1; None if it is not one of them."""
    if referral.rewards.filter(invoice_id=invoice_id).exists() or is_undone(invoice_id) or is_too_little(paid):
        return None
    given = referral.rewards.aggregate(last=Max("number"))["last"] or 0
    first_at = _paid_first_at(invoice_id, paid)
    if programme.mode == ReferralProgramme.Mode.FIRST:
        return 1 if not given and first_at == paid.paid_at else None
    ends = months_later(first_at.date(), programme.months)
    return given + 1 if paid.paid_at.date() < ends else None


def _paid_first_at(invoice_id: str, paid: PaidInvoice) -> datetime:
    """When the person first paid enough for something that they kept."""
    earlier = Invoice.objects.filter(
        user=paid.user_id, status=Invoice.Status.PAID, amount_paid_minor__gt=0, paid_at__lt=paid.paid_at
    )
    rows = earlier.exclude(pk=invoice_id).values_list("pk", "paid_at", "amount_paid_minor", "currency")
    least = minimums()
    times = {id: at for id, at, amount, currency in rows if amount >= least.get(currency, 0)}
    undone = undone_invoices(since=EVER, among=list(times)) if times else set()
    return min((at for id, at in times.items() if at is not None and id not in undone), default=paid.paid_at)


def _promise(
    referral: Referral, programme: ReferralProgramme, paid: PaidInvoice, invoice_id: str, number: int
) -> list[Reward]:
    reasons = [*reasons_for(referral), *reasons_of_payment(paid)]
    promised = []
    for kind, user in ((Kind.REFERRER, referral.referrer), (Kind.FRIEND, referral.referred)):
        amount, currency = worth(kind, [*_currency_of(user), paid.currency])
        if not amount or _is_gone(user):
            continue
        reward = Reward(
            referral=referral,
            user=user,
            kind=kind,
            number=number,
            invoice_id=invoice_id,
            amount_minor=amount,
            currency=currency,
            state=State.HELD if reasons else State.PENDING,
            matures_at=paid.paid_at + timedelta(days=programme.hold_days),
            reasons=reasons,
        )
        if insert_once(reward):
            book_reward(reward, Entry.PENDING, pending_minor=amount)
            promised.append(reward)
    return promised


def _currency_of(user: User) -> list[str]:
    """In which the person pays, if they ever have: credit is of use to them in no other."""
    rows = user.stripe_customers.filter(deleted_at=None).exclude(currency="")
    return list(rows.values_list("currency", flat=True))


def _is_gone(user: User) -> bool:
    """Erased, or about to be: from its date on an account is not taken back."""
    return user.erased_at is not None or (user.deletion_due_at is not None and not user.is_leaving)


def is_undone(invoice_id: str) -> bool:
    """Whether the payment went back by half or more, was lost in a dispute, or was one too many."""
    return bool(undone_invoices(since=EVER, among=[invoice_id]))


def is_too_little(paid: PaidInvoice) -> bool:
    """Whether less was paid and kept than staff have said a payment must be; False where they have said nothing."""
    return paid.kept_minor < minimums().get(paid.currency, 0)


def reasons_of_payment(paid: PaidInvoice) -> list[str]:
    """For staff to look at: they have not said what a payment in its currency must be."""
    return [] if paid.currency in minimums() else [LITTLE_PAID]


def earn(reward: Reward) -> None:
    """Its owner is locked, and it is pending."""
    _move(reward, State.EARNED)
    book_reward(reward, Entry.EARNED, pending_minor=-reward.amount_minor, available_minor=reward.amount_minor)
    _tell(reward, lambda amount: _("Reward earned: %(amount)s") % {"amount": amount})


def hold(reward: Reward, reasons: list[str]) -> None:
    """For staff to look at. In the books it stays pending. Its owner is locked."""
    reward.reasons = reasons
    _move(reward, State.HELD, "reasons")


def withdraw(reward: Reward, state: Reward.State = State.CANCELLED) -> None:
    """Cancel what is promised (`state` says why), or take back what was earned: as far as it is still there; the rest is owed.

    Its owner is locked; what is over already stays as it is.
    """
    if reward.state in (State.PENDING, State.HELD):
        _move(reward, state)
        book_reward(reward, Entry.CANCELLED, pending_minor=-reward.amount_minor)
    elif reward.state == State.EARNED:
        here = min(max(available_in(reward.user_id, reward.currency), 0), reward.amount_minor)
        _move(reward, State.TAKEN_BACK)
        for kind, amount in ((Entry.TAKEN_BACK, here), (Entry.DEBT, reward.amount_minor - here)):
            if amount:
                book_reward(reward, kind, available_minor=-amount)
        _tell(reward, lambda amount: _("Reward withdrawn: %(amount)s") % {"amount": amount}, WITHDRAWN)


def release(reward: Reward) -> None:
    """What was held is pending again, and earned at its date. Its owner is locked."""
    _move(reward, State.PENDING)


def _tell(reward: Reward, title: Callable[[str], str], text: Words = "") -> None:
    """Its owner, in their list and without a mail, unless they are gone. With the entry, whose key sees that both come once."""
    if reward.user.erased_at is None:
        user, minor, currency = reward.user, reward.amount_minor, reward.currency
        notify(user, News.BILLING, lambda: title(money(minor, currency)), text, link=PAGE)


def _move(reward: Reward, state: Reward.State, *also: str) -> None:
    reward.state = state
    reward.save(update_fields=["state", *also])
