"""What the first page of a person says of their rewards."""

from __future__ import annotations

from uuid import uuid4

import pytest

from accounts.belongings import credit_of
from accounts.models import User
from nexusvpn.languages import speaking
from referrals.models import RewardEntry


def book(user: User, currency: str, pending: int, available: int) -> None:
    RewardEntry.objects.create(
        user=user,
        kind=RewardEntry.Kind.CONVERTED,
        currency=currency,
        pending_minor=pending,
        available_minor=available,
        source=f"test:{uuid4()}",
    )


BOOKED = [
    ([], []),
    ([("USD", 500, -500), ("USD", -500, 500)], []),
    ([("USD", 0, 500)], ["$5.00 earned"]),
    ([("USD", 500, 0)], ["$5.00 pending"]),
    ([("USD", 250, 500)], ["$5.00 earned, $2.50 pending"]),
    ([("USD", 0, -300)], ["$3.00 owed, $0.00 pending"]),
    ([("USD", 0, 500), ("EUR", 400, 0)], ["€4.00 pending", "$5.00 earned"]),
]


@pytest.mark.parametrize(("booked", "said"), BOOKED)
def test_each_currency_has_a_line_and_nothing_has_none(
    alice: User, bob: User, booked: list[tuple[str, int, int]], said: list[str]
) -> None:
    book(bob, "USD", 0, 999)
    for entry in booked:
        book(alice, *entry)
    assert [line.value for line in credit_of(alice)] == said


def test_the_line_leads_to_the_rewards_in_the_persons_language(alice: User) -> None:
    book(alice, "EUR", 0, 500)
    with speaking("de"):
        [line] = credit_of(alice)
    assert (line.label, line.link) == ("Guthaben aus Einladungen", "/referrals")
    assert line.value.endswith(" verdient")
