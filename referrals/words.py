"""What the programme promises, in words: made of its settings, never of anything else."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings

from nexusvpn.templatetags.nexusvpn_ui import money
from referrals.models import ReferralProgramme, RewardAmount
from referrals.services.programme import amounts, rules

ALWAYS = (
    "What is earned comes off your next invoices by itself, and they show it. It is never paid out as money.",
    "While a bank looks at a disputed payment, its reward waits. If the payment goes back, its reward is cancelled. If you had"
    " spent it, later rewards make up for it; your card is never charged for that.",
    "Rewards for bringing oneself are not given. Some rewards we look at before they go on; you need not do anything.",
)


@dataclass(frozen=True, slots=True)
class Offer:
    """The programme as it is now, to somebody who pays in `currency`, where that is known."""

    programme: ReferralProgramme
    amounts: dict[str, RewardAmount]
    currency: str = ""

    @property
    def is_open(self) -> bool:
        """Whether anybody gets anything."""
        return self.programme.is_open and bool(self.for_referrer or self.for_friend)

    @property
    def for_referrer(self) -> str:
        return self._amount({name: amount.referrer_minor for name, amount in self.amounts.items()}, self.currency)

    @property
    def for_friend(self) -> str:
        """The friend's own currency is not known."""
        return self._amount({name: amount.friend_minor for name, amount in self.amounts.items()}, "")

    def _amount(self, minors: dict[str, int], currency: str) -> str:
        return self._texts(minors, currency, " of credit")

    def _texts(self, minors: dict[str, int], currency: str, of: str = "") -> str:
        """ "$5.00 of credit", with what it is "in other currencies" where the person's is not known; empty where it is nothing."""
        texts = {name: money(minor, name) for name, minor in minors.items() if minor}
        shop = settings.BILLING_CURRENCY
        first = currency if currency in minors else shop if shop in texts else next(iter(texts), "")
        if first not in texts:
            return ""
        amount = f"{texts.pop(first)}{of}"
        return (
            amount
            if first == currency or not texts
            else f"{amount} ({_either(list(texts.values()))} in other currencies)"
        )

    def promise(self) -> str:
        """To somebody who signs up with a code; empty while nothing is given."""
        if not self.is_open:
            return ""
        if self.programme.mode == ReferralProgramme.Mode.FIRST:
            occasion = "When you pay for the first time"
        else:
            occasion = f"For every payment in the {self._months} from your first one"
        return " ".join(
            filter(None, (f"{occasion}, {self._each('you', 'whoever invited you')}.", self._later, self.least))
        )

    def terms(self) -> list[str]:
        """To somebody who brings friends, a point each."""
        if not self.is_open:
            closed = "No new rewards are given at the moment. Those that were promised before stay what they are."
            return [closed, *ALWAYS]
        if self.programme.mode == ReferralProgramme.Mode.FIRST:
            occasion = "When a friend who joined with your link pays for the first time"
        else:
            occasion = (
                f"For every payment of a friend who joined with your link, in the {self._months} from their first one"
            )
        return [
            f"{occasion}, {self._each('they', 'you')}. Nothing is given for a sign-up alone.",
            *filter(None, [self.least]),
            f"A reward is pending for {_count(self.programme.hold_days, 'day')} after the payment. Then it is earned.",
            *ALWAYS,
        ]

    def invitation(self) -> str:
        """What somebody writes to a friend, before the link."""
        if not self.is_open or not self.for_friend:
            return f"I use {settings.BRAND_NAME}. You can join with my link:"
        name = settings.BRAND_NAME
        return f"I use {name}. Join with my link and you get {self.for_friend} after your first payment:"

    @property
    def least(self) -> str:
        """What the friend must pay, whose currency is not known; empty where anything counts."""
        texts = self._texts({name: amount.minimum_minor for name, amount in self.amounts.items()}, "")
        return f"A payment counts if at least {texts} of it is paid in money and not paid back." if texts else ""

    @property
    def _months(self) -> str:
        return _count(self.programme.months, "month")

    @property
    def _later(self) -> str:
        days = _count(self.programme.hold_days, "day")
        return f"It is earned {days} after the payment, unless that goes back, and comes off a later invoice."

    def _each(self, friend: str, referrer: str) -> str:
        """ "they and you each get $5.00 of credit", or what one of the two gets."""
        if self.for_friend == self.for_referrer:
            return f"{friend} and {referrer} each get {self.for_friend}"
        given = ((friend, self.for_friend), (referrer, self.for_referrer))
        return " and ".join(f"{who} {_gets(who)} {text}" for who, text in given if text)


def _either(texts: list[str]) -> str:
    """ "€5.00, £4.00 or 700 JPY"."""
    return " or ".join(filter(None, (", ".join(texts[:-1]), texts[-1])))


def _gets(who: str) -> str:
    return "get" if who in ("you", "they") else "gets"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def offer_to(currency: str = "") -> Offer:
    return Offer(rules(), amounts(), currency)


def promise() -> str:
    return offer_to().promise()
