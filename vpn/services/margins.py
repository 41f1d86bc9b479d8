"""What a location brought in a month, beside what it cost.

Which location a customer's payment was earned at is not stored: usage is kept by person and day, and traffic by server and hour. So a
month's revenue of each currency (the ledger's net) is spread over the locations by the share of all bytes that their nodes carried
in that month. Currencies are never added. What was not measured or not entered is not known, and so is what would follow from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import F, Sum

from billing.periods import midnight
from billing.services.reports import takings
from vpn.models import Location, LocationCost, NodeHour


@dataclass(frozen=True, slots=True)
class Margin:
    """Of one location in one currency, in its smallest unit. `share` is that of all bytes."""

    location: str
    currency: str
    carried: int | None
    share: float | None
    revenue: int | None
    cost: int | None

    @property
    def margin(self) -> int | None:
        return None if self.revenue is None or self.cost is None else self.revenue - self.cost


def carried_in(first: date, until: date) -> dict[int, int]:
    """Bytes that the nodes of each location say they carried in these days (UTC), both ways."""
    hours = NodeHour.objects.filter(hour__gte=midnight(first), hour__lt=midnight(until)).order_by()
    sums = hours.values("server__location").annotate(carried=Sum(F("node_rx") + F("node_tx")))
    return dict(sums.values_list("server__location", "carried"))


def next_month(first: date) -> date:
    return date(first.year + first.month // 12, first.month % 12 + 1, 1)


def margins(first: date) -> list[Margin]:
    """Of the month that begins at `first`, by currency, the locations that carried the most first. Five statements."""
    until = next_month(first)
    names = dict(Location.objects.values_list("pk", "name"))
    carried = carried_in(first, until)
    net: dict[str, int] = {}
    for row in takings(since=midnight(first), until=midnight(until)):
        net[row.currency] = net.get(row.currency, 0) + row.net
    entered = LocationCost.objects.filter(month=first).values_list("location", "currency", "amount_minor")
    costs = {(location, currency.upper()): amount for location, currency, amount in entered}
    total = sum(carried.values())
    found = []
    for currency in sorted({*net, *(currency for _location, currency in costs)}):
        for location, name in sorted(names.items(), key=lambda pair: (-carried.get(pair[0], 0), pair[1])):
            # Of a location that nobody measured nothing is known, which is not the zero of one that carried nothing.
            share = carried[location] / total if total and location in carried else None
            revenue = None if share is None or currency not in net else round(net[currency] * share)
            cost = costs.get((location, currency))
            if revenue or cost is not None:
                found.append(Margin(name, currency, carried.get(location), share, revenue, cost))
    return found
