"""Earned money on its way to the next invoice: to the person's balance at the payment provider, which takes it off there.

What is owed is set off first, never charged to a card.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet, Sum
from django.utils import timezone

from accounts.locks import lock_person
from accounts.models import User
from billing.services.credit import credit_currency, credit_outcome, give_credit, invoiced_subscriptions
from billing.services.undone import disputed_invoices
from nexusvpn.audit import record_act
from nexusvpn.logs import logger
from nexusvpn.one_by_one import one_by_one
from referrals.errors import PayoutHasOutcome
from referrals.locks import lock_payout
from referrals.models import ReferralProgramme, Reward, RewardAmount, RewardEntry, RewardPayout
from referrals.services.books import available_in, balances, book_conversion, book_payout
from referrals.services.programme import amounts, rules

NOTE = "Reward for bringing friends"
# Whose credit the provider refused is not asked for again at once.
REFUSED_FOR = timedelta(days=1)
NOTHING_CAME = "nothing came of it, staff found"
# So many people are looked at in a run.
PEOPLE_AT_ONCE = 2_000
State, Entry = RewardPayout.State, RewardEntry.Kind
log = logger(__name__)


def pay_out_rewards() -> int:
    """Send what is available to those of the next people in the books who will be invoiced; returns to how many.

    So many people are looked at in a run, and the next run goes on after them, round and round: a run costs the same
    however long the books are, and nobody who cannot be paid keeps the others waiting.
    """
    people = _next_people(rules().paid_up_to)
    sent = sum(one_by_one(pay_out, list(people_to_pay(people))))
    reached = people[-1] if len(people) == PEOPLE_AT_ONCE else None
    ReferralProgramme.objects.filter(pk=1).update(paid_up_to=reached)
    return sent


def _next_people(after: UUID | None) -> list[UUID]:
    """Who has entries, in the order of their ids, which an index has."""
    entries = RewardEntry.objects.all() if after is None else RewardEntry.objects.filter(user__gt=after)
    return list(entries.order_by("user_id").values_list("user_id", flat=True).distinct()[:PEOPLE_AT_ONCE])


def people_to_pay(among: Iterable[UUID]) -> QuerySet[RewardEntry, UUID]:
    """Those of these who have something in some currency, will be invoiced, and are owed no answer about an earlier payout."""
    own = RewardPayout.objects.filter(user=OuterRef("user"))
    refused = own.filter(state=State.REFUSED, finished_at__gt=timezone.now() - REFUSED_FOR)
    invoiced = invoiced_subscriptions().filter(user=OuterRef("user"))
    entries = RewardEntry.objects.filter(
        Exists(invoiced), ~Exists(own.filter(state=State.ASKED)), ~Exists(refused), user__in=among, user__is_active=True
    ).exclude(Exists(_disputed_of(OuterRef("user"))))
    sums = entries.order_by().values("user", "currency").annotate(sum=Sum("available_minor"))
    return sums.filter(sum__gt=0).values_list("user", flat=True).distinct()


def pay_out(user_id: UUID) -> bool:
    """Send what this person has to their balance at the provider; whether there was anything to send, and a way."""
    # The lock closes the race of two runs, and that with a payment that goes back: what is spent here is not taken back there.
    with transaction.atomic(durable=True):
        user = lock_person(user_id)
        if user is None or not user.is_active or user.reward_payouts.filter(state=State.ASKED).exists():
            return False
        currency = credit_currency(user)
        if not currency or _disputed_of(user.pk).exists() or _owes_without_rate(currency, user):
            return False
        _bring_into(currency, user)
        amount = available_in(user.pk, currency)
        if amount <= 0:
            return False
        payout = RewardPayout.objects.create(user=user, amount_minor=amount, currency=currency)
        book_payout(payout, Entry.SPENT, -amount)
        give_credit(user=user, key=str(payout.pk), amount_minor=amount, currency=currency, note=NOTE)
        return True


def _disputed_of(user: UUID | OuterRef) -> QuerySet[Reward]:
    """Earned rewards of a person whose payment a bank may still take back: nothing is sent until it has decided."""
    return Reward.objects.filter(user=user, state=Reward.State.EARNED, invoice_id__in=disputed_invoices())


def _owes_without_rate(currency: str, user: User) -> bool:
    """Whether something is owed in a currency that cannot be converted: until staff have set a rate, nothing is sent past it."""
    rated = {name for name, amount in amounts().items() if amount.referrer_minor}
    owed = {name for name, held in balances(user).items() if name != currency and held.available_minor < 0}
    return bool(owed) and not rated >= {*owed, currency}


def _bring_into(currency: str, user: User) -> None:
    """What is available in other currencies becomes this one; then what is owed in others is set off against what is here.

    Where a currency has no amount there is no rate: it stays as it is, and staff see it.
    """
    rates = amounts()
    others = {name: held.available_minor for name, held in balances(user).items() if name != currency and name in rates}
    if currency not in rates:
        return
    for name, amount in others.items():
        if amount > 0:
            _convert(user, name, currency, amount, converted(amount, rates[name], rates[currency]))
    for name, amount in others.items():
        here = available_in(user.pk, currency)
        if amount < 0 < here:
            # Rounded in favour of the person who owes.
            due = min(here, converted(-amount, rates[name], rates[currency]))
            back = -amount if due < here else min(-amount, converted(due, rates[currency], rates[name]))
            _convert(user, currency, name, due, back)


def converted(amount_minor: int, of: RewardAmount, to: RewardAmount) -> int:
    """As much in another currency as the rewards of the two stand to each other, rounded downwards."""
    return amount_minor * to.referrer_minor // of.referrer_minor if of.referrer_minor else 0


def _convert(user: User, source: str, target: str, amount: int, becomes: int) -> None:
    if amount > 0 and becomes > 0:
        book_conversion(user, uuid4(), {source: -amount, target: becomes})


def follow_payouts() -> int:
    """Ask what became of every payout that is under way; returns how many are over."""
    asked = RewardPayout.objects.filter(state=State.ASKED).order_by("created_at")
    return sum(one_by_one(follow_payout, list(asked.values_list("pk", flat=True))))


def follow_payout(payout_id: UUID) -> bool:
    """Write down what the provider did with it; what it refused is available again. Whether it is over now."""
    # The lock closes the race of two runs: what comes back comes back once.
    with transaction.atomic(durable=True):
        payout = lock_payout(payout_id)
        if payout is None or payout.state != State.ASKED:
            return False
        return settle_payout(payout)


def settle_payout(payout: RewardPayout) -> bool:
    """The same, inside the caller's transaction; the owner is locked."""
    outcome = credit_outcome(payout.user, str(payout.pk))
    if outcome.state == "open":
        return False
    if outcome.state == "unknown" and payout.user.erased_at is None:
        log.error("payout_without_order", payout=payout.pk)
        return False
    # Of an erased person the request may be forgotten with its answer; there is nobody to give anything back to.
    _finish(payout, State.REFUSED if outcome.state == "refused" else State.DONE, outcome.result)
    return True


def is_lost(payout: RewardPayout) -> bool:
    """Whether it is under way, and its order is gone with its answer: nothing but a look at the provider says what became of it."""
    if payout.state != State.ASKED or payout.user.erased_at is not None:
        return False
    return credit_outcome(payout.user, str(payout.pk)).state == "unknown"


def give_back_payout(*, payout_id: UUID, by: User) -> RewardPayout:
    """Staff looked, and nothing came of it: it is available again, and sent anew a day later. Raises PayoutHasOutcome."""
    # The owner's lock closes the race of two members of staff, and with the job that asks what became of it: it comes back once.
    with transaction.atomic(durable=True):
        payout = lock_payout(payout_id)
        if payout is None or not is_lost(payout):
            raise PayoutHasOutcome
        _finish(payout, State.REFUSED, NOTHING_CAME)
        record_act("reward_payout_returned", actor=by, person=payout.user_id, target=payout)
    return payout


def _finish(payout: RewardPayout, state: RewardPayout.State, result: str) -> None:
    """Its owner is locked, and it is under way."""
    payout.state, payout.result, payout.finished_at = state, result, timezone.now()
    payout.save(update_fields=["state", "result", "finished_at"])
    if state == State.REFUSED:
        book_payout(payout, Entry.RETURNED, payout.amount_minor)
