"""What the programme promises, in words: made of its settings, never of anything else."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from nexusvpn.templatetags.nexusvpn_ui import money
from referrals import promises
from referrals.models import ReferralProgramme, RewardAmount
from referrals.services.programme import amounts, rules

ALWAYS = (
    gettext_lazy(
        "What is earned comes off your next invoices by itself, and they show it. It is never paid out as money."
    ),
    gettext_lazy(
        "While a bank looks at a disputed payment, its reward waits. If the payment goes back, its reward is cancelled. If you had"
        " spent it, later rewards make up for it; your card is never charged for that."
    ),
    gettext_lazy(
        "Rewards for bringing oneself are not given. Some rewards we look at before they go on; you need not do anything."
    ),
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
        return self._credit({name: amount.referrer_minor for name, amount in self.amounts.items()}, self.currency)

    @property
    def for_friend(self) -> str:
        """The friend's own currency is not known."""
        return self._credit({name: amount.friend_minor for name, amount in self.amounts.items()}, "")

    def _credit(self, minors: dict[str, int], currency: str) -> str:
        """ "$5.00 of credit", with what it is "in other currencies" where the person's is not known; empty where it is nothing."""
        amount, others = self._amounts(minors, currency)
        if not amount:
            return ""
        text = _("%(amount)s of credit (%(others)s in other currencies)") if others else _("%(amount)s of credit")
        return text % {"amount": amount, "others": others}

    def _amounts(self, minors: dict[str, int], currency: str) -> tuple[str, str]:
        """The amount in the person's currency or the shop's; and those in the others, where the person's is not known."""
        texts = {name: money(minor, name) for name, minor in minors.items() if minor}
        shop = settings.BILLING_CURRENCY
        first = currency if currency in minors else shop if shop in texts else next(iter(texts), "")
        if first not in texts:
            return "", ""
        amount = texts.pop(first)
        return amount, "" if first == currency or not texts else _either(list(texts.values()))

    def promise(self) -> str:
        """To somebody who signs up with a code; empty while nothing is given."""
        if not self.is_open:
            return ""
        return " ".join(filter(None, (self._each(promises.TO_FRIENDS), self._later, self.least)))

    def terms(self) -> list[str]:
        """To somebody who brings friends, a point each."""
        always = [str(text) for text in ALWAYS]
        if not self.is_open:
            closed = _("No new rewards are given at the moment. Those that were promised before stay what they are.")
            return [closed, *always]
        pending = ngettext(
            "A reward is pending for %(days)d day after the payment. Then it is earned.",
            "A reward is pending for %(days)d days after the payment. Then it is earned.",
            self.programme.hold_days,
        )
        return [
            " ".join((self._each(promises.TO_REFERRERS), _("Nothing is given for a sign-up alone."))),
            *filter(None, [self.least]),
            pending % {"days": self.programme.hold_days},
            *always,
        ]

    def invitation(self) -> str:
        """What somebody writes to a friend, before the link."""
        if self.is_open and self.for_friend:
            text = _("I use %(site)s. Join with my link and you get %(credit)s after your first payment:")
        else:
            text = _("I use %(site)s. You can join with my link:")
        return text % {"site": settings.BRAND_NAME, "credit": self.for_friend}

    @property
    def least(self) -> str:
        """What the friend must pay, whose currency is not known; empty where anything counts."""
        amount, others = self._amounts({name: amount.minimum_minor for name, amount in self.amounts.items()}, "")
        if not amount:
            return ""
        if others:
            amount = _("%(amount)s (%(others)s in other currencies)") % {"amount": amount, "others": others}
        return _("A payment counts if at least %(amount)s of it is paid in money and not refunded.") % {
            "amount": amount
        }

    @property
    def _later(self) -> str:
        days = self.programme.hold_days
        text = ngettext(
            "It is earned %(days)d day after the payment, unless that goes back, and comes off a later invoice.",
            "It is earned %(days)d days after the payment, unless that goes back, and comes off a later invoice.",
            days,
        )
        return text % {"days": days}

    def _each(self, sentences: promises.Sentences) -> str:
        """For which payments what is given, and to whom of the two."""
        friend, referrer = self.for_friend, self.for_referrer
        if friend == referrer:
            given = promises.Given.SAME
        elif friend and referrer:
            given = promises.Given.BOTH
        else:
            given = promises.Given.FRIEND if friend else promises.Given.REFERRER
        filled = {"months": self.programme.months, "friend": friend, "referrer": referrer}
        return str(sentences[self.programme.mode, given] % filled)


def _either(texts: list[str]) -> str:
    """ "€5.00, £4.00 or 700 JPY"."""
    if len(texts) == 1:
        return texts[0]
    return _("%(several)s or %(last)s") % {"several": ", ".join(texts[:-1]), "last": texts[-1]}


def offer_to(currency: str = "") -> Offer:
    return Offer(rules(), amounts(), currency)


def promise() -> str:
    return offer_to().promise()
