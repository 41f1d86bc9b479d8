"""The plans and their prices as pages show them: in one currency, by the month or by the year, each with where its button leads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.http import urlencode

from billing.gateway.client import sells
from billing.models import Interval, PlanPrice
from billing.services.offers import Offer, offers
from nexusvpn.languages import lazy as _

INTERVAL_WORDS = {Interval.MONTH: _("Monthly"), Interval.YEAR: _("Yearly")}


@dataclass(frozen=True, slots=True)
class Choice:
    """One link of a switch between several."""

    word: str
    query: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Card:
    """A plan as it is offered now. `price` is None for the free plan, and for one that is not sold in this way."""

    offer: Offer
    price: PlanPrice | None
    saving_minor: int | None

    @property
    def query(self) -> str:
        values = {"plan": self.offer.plan.code}
        if self.price is not None:
            values |= {"interval": self.price.interval, "currency": self.price.currency}
        return urlencode(values)

    @property
    def target(self) -> str:
        """Where somebody goes who chose it and is signed in."""
        if self.offer.is_free or not sells():
            return reverse("billing")
        return f"{reverse('billing-plans')}?{self.query}"

    @property
    def sign_up(self) -> str:
        """The same for somebody who has no account yet: it is remembered through sign-up."""
        return reverse("signup") + ("" if self.offer.is_free else f"?{urlencode({'next': self.target})}")


@dataclass(frozen=True, slots=True)
class PriceList:
    cards: list[Card]
    interval: str
    currency: str
    currencies: list[str]
    plan: str = ""

    @property
    def intervals(self) -> list[Choice]:
        """The switch between months and years; empty where there is nothing to choose."""
        sold = [one for one in Interval if any(card.offer.price(one) for card in self.cards)]
        return self._switch([(INTERVAL_WORDS[one], {"interval": one.value}) for one in sold], self.interval)

    @property
    def currency_choices(self) -> list[Choice]:
        return self._switch([(one, {"currency": one}) for one in self.currencies], self.currency)

    def _switch(self, options: list[tuple[str, dict[str, str]]], chosen: str) -> list[Choice]:
        kept = {"plan": self.plan} if self.plan else {}
        kept |= {"interval": self.interval, "currency": self.currency}
        links = [Choice(word, urlencode(kept | values), chosen in values.values()) for word, values in options]
        return links if len(links) > 1 else []


def price_list(wanted: Any, *, currency: str = "") -> PriceList:
    """What is sold now, as `wanted` (an address's parameters) asks for it: `interval`, `currency`, `plan`. One query.

    What is not sold is as if nobody had asked for it. `currency` is one that the customer cannot change any more.
    """
    found = offers()
    sold = sorted({price.currency for offer in found for price in offer.prices})
    asked = str(wanted.get("currency", "")).upper()
    shown = currency or (asked if asked in sold else settings.BILLING_CURRENCY.upper())
    interval = wanted.get("interval")
    interval = interval if interval in Interval.values else Interval.MONTH.value
    rows = [Offer(offer.plan, offer.prices, shown) for offer in found]
    saves = interval == Interval.YEAR
    cards = [Card(offer, offer.price(interval), offer.saving_minor if saves else None) for offer in rows]
    known = {offer.plan.code for offer in found}
    plan = wanted.get("plan", "")
    return PriceList(cards, interval, shown, [] if currency else sold, plan if plan in known else "")
