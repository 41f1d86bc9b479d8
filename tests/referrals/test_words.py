"""What pages promise follows the programme's settings, whatever they are."""

from __future__ import annotations

import pytest

from nexusvpn.languages import speaking
from referrals.models import ReferralProgramme, RewardAmount
from referrals.words import ALWAYS, Offer

Mode = ReferralProgramme.Mode


def offer(
    *, least: int = 0, currency: str = "", amounts: dict[str, tuple[int, int]] | None = None, **rules: object
) -> Offer:
    """By default five dollars for each of the two."""
    given = {"USD": (500, 500)} if amounts is None else amounts
    rows = {
        name: RewardAmount(currency=name, referrer_minor=referrer, friend_minor=friend, minimum_minor=least)
        for name, (referrer, friend) in given.items()
    }
    return Offer(ReferralProgramme(**{"is_open": True, "hold_days": 30, **rules}), rows, currency)


@pytest.mark.parametrize(
    ("made", "promise"),
    [
        (
            offer(),
            "When you pay for the first time, you and whoever invited you each get $5.00 of credit."
            " It is earned 30 days after the payment, unless that goes back, and comes off a later invoice.",
        ),
        (
            offer(mode=Mode.EVERY, months=6, hold_days=1),
            "For every payment in the 6 months from your first one, you and whoever invited you each get $5.00 of credit."
            " It is earned 1 day after the payment, unless that goes back, and comes off a later invoice.",
        ),
        (
            offer(amounts={"EUR": (1000, 250)}),
            "When you pay for the first time, you get €2.50 of credit and whoever invited you gets €10.00 of credit."
            " It is earned 30 days after the payment, unless that goes back, and comes off a later invoice.",
        ),
        (
            offer(amounts={"EUR": (1000, 0)}),
            "When you pay for the first time, whoever invited you gets €10.00 of credit."
            " It is earned 30 days after the payment, unless that goes back, and comes off a later invoice.",
        ),
        (offer(is_open=False), ""),
        (offer(amounts={}), ""),
        (offer(amounts={"USD": (0, 0)}), ""),
    ],
)
def test_who_signs_up_reads_what_the_two_get(made: Offer, promise: str) -> None:
    assert made.promise() == promise


@pytest.mark.parametrize(
    ("currency", "text"),
    [
        ("", "$5.00 of credit (€4.00 or ¥700 in other currencies)"),
        ("EUR", "€4.00 of credit"),
        ("JPY", "¥700 of credit"),
        ("SEK", "$5.00 of credit (€4.00 or ¥700 in other currencies)"),
    ],
)
def test_an_amount_is_that_of_the_currency_if_it_is_known(currency: str, text: str) -> None:
    made = offer(currency=currency, amounts={"EUR": (400, 400), "JPY": (700, 700), "USD": (500, 500)})
    assert made.for_referrer == text


def test_the_shops_currency_comes_first_and_without_it_another() -> None:
    made = offer(amounts={"EUR": (400, 0), "GBP": (300, 0), "JPY": (500, 0), "SEK": (4000, 0)})
    assert made.for_referrer == "€4.00 of credit (£3.00, ¥500 or SEK\u00a040.00 in other currencies)"


def test_nothing_in_the_persons_currency_is_nothing() -> None:
    assert offer(currency="EUR", amounts={"EUR": (0, 400), "USD": (500, 500)}).for_referrer == ""


def test_who_brings_friends_reads_all_the_rules() -> None:
    assert offer(hold_days=45).terms() == [
        "When a friend who joined with your link pays for the first time, they and you each get $5.00 of credit."
        " Nothing is given for a sign-up alone.",
        "A reward is pending for 45 days after the payment. Then it is earned.",
        *ALWAYS,
    ]
    every = offer(mode=Mode.EVERY, months=12).terms()[0]
    assert every.startswith(
        "For every payment of a friend who joined with your link, in the 12 months from their first one,"
    )


def test_what_a_payment_must_be_is_said_where_it_must_be_anything() -> None:
    made = offer(least=400, amounts={"EUR": (500, 500), "USD": (500, 500)})
    text = "A payment counts if at least $4.00 (€4.00 in other currencies) of it is paid in money and not refunded."
    assert made.terms()[1] == text
    assert made.promise().endswith(text)
    assert "at least" not in " ".join([offer().promise(), *offer().terms()])


@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize("amounts", [(500, 500), (900, 500), (500, 0), (0, 500)])
def test_another_language_has_a_sentence_for_each_case(mode: Mode, amounts: tuple[int, int]) -> None:
    made = offer(mode=mode, months=6, amounts={"EUR": amounts})
    with speaking("en"):
        english = {made.promise(), *made.terms(), made.invitation()}
    with speaking("de"):
        german = {made.promise(), *made.terms(), made.invitation()}
    assert len(german) == len(english)
    assert not german & english


def test_a_sentence_has_the_order_of_its_language() -> None:
    with speaking("de"):
        promise = offer(mode=Mode.EVERY, months=1, amounts={"EUR": (1000, 250)}).promise()
    start = "Für jede Zahlung innerhalb von 1 Monat ab deiner ersten bekommst du"
    assert promise.startswith(start)
    assert promise.index("2,50") < promise.index("wer dich eingeladen hat") < promise.index("10,00")


def test_closed_nothing_new_is_promised() -> None:
    closed = offer(is_open=False)
    assert "$" not in " ".join([*closed.terms(), closed.invitation()])


def test_an_invitation_names_what_the_friend_gets_and_nothing_else() -> None:
    made = offer(amounts={"USD": (900, 500)})
    assert (
        made.invitation() == "I use NexusVPN. Join with my link and you get $5.00 of credit after your first payment:"
    )
    assert "$" not in offer(amounts={"USD": (900, 0)}).invitation()
