"""What sign-ups have to pass where staff want that: work, done once for each account."""

from __future__ import annotations

from datetime import timedelta
from itertools import count
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.challenges import ProofOfWork, leading_zero_bits
from accounts.errors import ChallengeFailed
from nexusvpn.checks import check_sign_up_challenge
from tests.api_client import ApiClient

pytestmark = pytest.mark.django_db
BODY = {"email": "dora@example.com", "password": "a long enough secret"}


@pytest.fixture
def _asked(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.SIGNUP_CHALLENGE = "accounts.challenges.ProofOfWork"
    monkeypatch.setattr(ProofOfWork, "BITS", 8)


def solve(challenge: dict[str, Any]) -> str:
    answers = (f"{challenge['challenge']}.{number}" for number in count())
    return next(answer for answer in answers if leading_zero_bits(answer) >= challenge["bits"])


def test_nothing_is_asked_by_default(api: ApiClient) -> None:
    assert api.get("auth/challenge").data == {"kind": "none"}
    assert "data-sign-up-challenge" not in Client().get("/signup").text
    assert api.post("auth/register", BODY).status == 201


@pytest.mark.usefixtures("_asked")
def test_over_the_api_a_solved_one_is_good_for_one_account(api: ApiClient) -> None:
    challenge = api.get("auth/challenge").data
    assert (challenge["kind"], challenge["bits"]) == ("proof_of_work", 8)
    without = api.post("auth/register", BODY)
    assert (without.status, without.code) == (403, "challenge_failed")
    answer = solve(challenge)
    assert api.post("auth/register", {**BODY, "challenge_answer": answer}).status == 201
    assert api.post("auth/register", {**BODY, "challenge_answer": answer}).code == "challenge_failed"


@pytest.mark.usefixtures("_asked")
def test_on_the_page_it_is_the_same() -> None:
    page = Client().get("/signup").text
    assert 'data-bits="8"' in page
    refused = Client().post("/signup", BODY)
    assert (refused.status_code, "was not passed" in refused.text) == (403, True)
    done = Client().post("/signup", {**BODY, "challenge_answer": solve(ProofOfWork().issue())})
    assert done.status_code == 302


@pytest.mark.usefixtures("_asked")
def test_what_is_forged_unsolved_or_late_is_refused() -> None:
    work = ProofOfWork()
    challenge = work.issue()
    unsolved = next(
        f"{challenge['challenge']}.{number}"
        for number in count()
        if leading_zero_bits(f"{challenge['challenge']}.{number}") < 8
    )
    forged = solve({"challenge": "Im1pbmUi:1abc:forged", "bits": 8})
    for answer in ("", ".", "x", forged, unsolved, f"{challenge['challenge']}.-1", f"{challenge['challenge']}.²"):
        with pytest.raises(ChallengeFailed):
            work.check(answer)
    solved = solve(challenge)
    with time_machine.travel(timezone.now() + timedelta(seconds=601)), pytest.raises(ChallengeFailed):
        work.check(solved)
    work.check(solved)


def test_a_name_that_is_no_class_is_an_error(settings: Settings) -> None:
    settings.SIGNUP_CHALLENGE = "accounts.challenges.NoSuchThing"
    assert [found.id for found in check_sign_up_challenge(None)] == ["nexusvpn.E003"]
    settings.SIGNUP_CHALLENGE = "accounts.challenges.ProofOfWork"
    assert check_sign_up_challenge(None) == []
