from __future__ import annotations

import pytest
from pytest_django import Settings

from accounts.models import SignupOrigin, User
from accounts.services import registration
from accounts.services.deletion import leave
from referrals.models import Referral
from tests.api_client import ApiClient
from tests.factories.accounts import PASSWORD
from tests.jobs import run_waiting_jobs
from tests.mails import waiting_mails
from tests.queries import recorded_queries

GOOD = {"email": "dora@example.com", "password": "a long enough secret"}


def queued_mails() -> list[str]:
    return [mail.to for mail in waiting_mails()]


@pytest.mark.django_db
class TestOverTheApi:
    def test_it_answers_what_was_sent_and_the_account_works(self, api: ApiClient) -> None:
        answer = api.post("auth/register", {**GOOD, "full_name": "Dora"})
        assert answer.status == 201
        assert answer.data == {"user": {"email": GOOD["email"], "full_name": "Dora"}, "verification_sent": True}
        token = api.post("auth/login", GOOD).data["token"]
        assert ApiClient(token).get("users/me").data["full_name"] == "Dora"

    def test_an_address_is_taken_whatever_its_case_and_only_its_owner_is_told(
        self, api: ApiClient, alice: User
    ) -> None:
        answer = api.post("auth/register", {"email": "ALICE@Example.COM", "password": "another long secret"})
        assert answer.status == 201
        assert answer.data == {"user": {"email": "ALICE@example.com", "full_name": ""}, "verification_sent": True}
        run_waiting_jobs()
        (mail,) = waiting_mails()
        assert (mail.to, mail.row.kind) == ("alice@example.com", "account_exists")
        assert (User.objects.get(), SignupOrigin.objects.count()) == (alice, 0)
        assert api.post("auth/login", {"email": alice.email, "password": PASSWORD}).status == 200

    def test_somebody_who_is_leaving_is_told_how_to_come_back(self, api: ApiClient, alice: User) -> None:
        leave(user=alice)
        api.post("auth/register", {**GOOD, "email": alice.email})
        run_waiting_jobs()
        (mail,) = waiting_mails("account_exists")
        for body in (mail.text, mail.html):
            assert ("/account/restore" in body, "/login" in body) == (True, False)

    def test_the_same_call_again_is_harmless(self, api: ApiClient, alice: User) -> None:
        body = {**GOOD, "referral_code": alice.referral_code}
        answers = [api.post("auth/register", body) for _ in range(2)]
        assert answers[0].data == answers[1].data
        run_waiting_jobs()
        assert [mail.row.kind for mail in waiting_mails()] == ["verify_email"]
        assert (User.objects.count(), Referral.objects.count()) == (2, 1)

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"email": "not an address"}, "email"),
            ({"email": 7}, "email"),
            ({"email": None}, "email"),
            ({"email": "a" * 250 + "@example.com"}, "email"),
            ({"email": "do\0ra@example.com"}, "email"),
            ({"password": "short"}, "password"),
            ({"password": "x" * 129}, "password"),
            ({"password": "password123"}, "password"),
            ({"password": "dora@example.com"}, "password"),
            ({"password": 12345678}, "password"),
            ({"full_name": "x" * 151}, "full_name"),
            ({"full_name": ["Dora"]}, "full_name"),
            ({"full_name": "\0"}, "full_name"),
            ({"referral_code": "NOSUCHCODE22"}, "referral_code"),
            ({"referral_code": {}}, "referral_code"),
        ],
    )
    def test_bad_input_is_400_and_named_and_writes_nothing(
        self, api: ApiClient, changes: dict[str, object], field: str
    ) -> None:
        answer = api.post("auth/register", {**GOOD, **changes})
        assert answer.status == 400
        assert list(answer.fields) == [field]
        assert not User.objects.exists()

    @pytest.mark.parametrize("name", ["is_staff", "is_superuser", "plan", "referred_by", "role", "credit", "id"])
    def test_nobody_gives_themselves_more(self, api: ApiClient, name: str) -> None:
        assert api.post("auth/register", {**GOOD, name: True}).code == "unknown_field"

    def test_a_referral_code_makes_a_referral(self, api: ApiClient, alice: User) -> None:
        answer = api.post("auth/register", {**GOOD, "referral_code": f" {alice.referral_code.lower()} "})
        assert answer.status == 201
        made = Referral.objects.get()
        assert made.referrer == alice
        assert made.referred.referred_by == alice
        assert made.referred.email == GOOD["email"]

    def test_a_referrer_who_is_suspended_in_between_brings_nobody_and_nothing_is_written(
        self, api: ApiClient, alice: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def hash_slowly(password: str) -> str:
            User.objects.filter(pk=alice.pk).update(is_active=False)
            return "!"

        monkeypatch.setattr(registration, "make_password", hash_slowly)
        answer = api.post("auth/register", {**GOOD, "referral_code": alice.referral_code})
        assert (answer.status, list(answer.fields)) == (400, ["referral_code"])
        assert (list(User.objects.all()), SignupOrigin.objects.count()) == ([alice], 0)

    def test_an_unknown_code_is_refused_before_anything_is_computed_or_written(
        self, api: ApiClient, alice: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(registration, "make_password", None)
        for email in (GOOD["email"], alice.email):
            with recorded_queries() as queries:
                answer = api.post("auth/register", {**GOOD, "email": email, "referral_code": "NOSUCHCODE22"})
            assert answer.code == "unknown_referral_code"
            assert all(query.startswith("SELECT") for query in queries)

    def test_one_mail_is_queued(self, api: ApiClient) -> None:
        api.post("auth/register", GOOD)
        run_waiting_jobs()
        assert queued_mails() == [GOOD["email"]]


@pytest.mark.django_db
class TestWithoutVerification:
    @pytest.fixture(autouse=True)
    def _off(self, settings: Settings) -> None:
        settings.EMAIL_VERIFICATION = False

    def test_it_answers_a_token_that_works(self, api: ApiClient) -> None:
        answer = api.post("auth/register", {**GOOD, "full_name": "Dora"})
        assert answer.status == 201
        assert answer.data["user"]["email"] == GOOD["email"]
        assert ApiClient(answer.data["token"]).get("users/me").data["full_name"] == "Dora"
        assert "password" not in str(answer.data["user"])

    def test_an_address_that_is_taken_is_said(self, api: ApiClient) -> None:
        api.post("auth/register", GOOD)
        answer = api.post("auth/register", {**GOOD, "email": "DORA@Example.COM"})
        assert (answer.status, answer.code) == (409, "email_taken")
        assert User.objects.count() == 1

    def test_the_welcome_is_mailed_at_once(self, api: ApiClient) -> None:
        api.post("auth/register", GOOD)
        run_waiting_jobs()
        assert [mail.row.kind for mail in waiting_mails()] == ["welcome"]
