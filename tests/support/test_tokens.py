"""Signed names of rows in mail addresses and links."""

from __future__ import annotations

from uuid import uuid4

import pytest
from pytest_django import Settings

from support.tokens import Purpose, id_in, reply_address, token_for, tokens_in
from tests.support.incoming import ADDRESS


@pytest.fixture(autouse=True)
def _taking_mail(settings: Settings) -> None:
    settings.SUPPORT_MAIL_ADDRESS = ADDRESS


def test_a_token_names_its_row_in_whatever_case_it_comes_back() -> None:
    row = uuid4()
    token = token_for(Purpose.ANSWER, row)
    assert id_in(Purpose.ANSWER, token) == id_in(Purpose.ANSWER, token.upper()) == row


def test_a_token_is_for_one_purpose() -> None:
    assert id_in(Purpose.NO_NEWS, token_for(Purpose.ANSWER, uuid4())) is None


def test_no_changed_token_is_good() -> None:
    token = token_for(Purpose.ANSWER, uuid4())
    # The last sign carries a bit that means nothing.
    for place in range(len(token) - 1):
        other = "a" if token[place] != "a" else "b"
        assert id_in(Purpose.ANSWER, token[:place] + other + token[place + 1 :]) is None
    for broken in ("", token[:-1], token + "a", token[:-1] + "1", "ü" * 45, "a" * 45, token.replace(token[3], "\n")):
        assert id_in(Purpose.ANSWER, broken) is None


def test_a_former_key_still_holds_and_a_forgotten_one_does_not(settings: Settings) -> None:
    row = uuid4()
    token = token_for(Purpose.ANSWER, row)
    former = settings.SECRET_KEY
    settings.SECRET_KEY = "another-key-" * 6
    assert id_in(Purpose.ANSWER, token) is None
    settings.SECRET_KEY_FALLBACKS = [former]
    assert id_in(Purpose.ANSWER, token) == row
    assert token_for(Purpose.ANSWER, row) != token


def test_the_address_is_short_enough_for_every_mail_server(settings: Settings) -> None:
    settings.SUPPORT_MAIL_ADDRESS = f"{'s' * 18}@vpn.example.com"
    name, _, host = reply_address(uuid4()).partition("@")
    assert (len(name), host) == (64, "vpn.example.com")
    assert name == name.lower()


def test_without_an_address_there_is_none_to_answer_to(settings: Settings) -> None:
    settings.SUPPORT_MAIL_ADDRESS = ""
    assert reply_address(uuid4()) == ""


def test_tokens_are_found_in_headers_however_they_are_written() -> None:
    address = reply_address(uuid4())
    token = address.partition("+")[2].partition("@")[0]
    for header in (
        address,
        f"<{address.upper()}>",
        f"Bob <bob@example.com>,\n NexusVPN <{address}>",
        f'"a@b" <{address}>;',
    ):
        assert list(tokens_in([header])) == [token]
    for header in (f"x{address}", f"{address}.example.org", address.replace("+", "-"), "support@vpn.example.com", ""):
        assert list(tokens_in([header])) == []
