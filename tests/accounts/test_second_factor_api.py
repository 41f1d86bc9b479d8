"""The second factor over the API: set up, asked for, recovered from, and removed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.utils import timezone

from accounts.errors import InvalidCredentials
from accounts.models import AuditEvent, LoginHistory, Notification, RecoveryCode, Session, TotpSeed, User
from accounts.services import totp
from accounts.services.passwords import change_password
from accounts.services.second_factor import refuse_after_failures
from accounts.services.sessions import open_token
from nexusvpn.errors import RateLimited
from tests.api_client import Answer, ApiClient
from tests.conftest import token_of
from tests.factories.accounts import PASSWORD
from tests.factories.factors import code_of, give_recovery_codes, give_totp, wrong_code_of
from tests.mails import waiting_mails
from tests.stored import text_of_every_table

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 27, 12, 0, 10, tzinfo=UTC)


def log_in(api: ApiClient, user: User, code: str | None = None, **headers: str) -> Answer:
    body = {"email": user.email, "password": PASSWORD} | ({} if code is None else {"code": code})
    return api.post("auth/login", body, **headers)


def outcomes(user: User) -> list[str]:
    return list(LoginHistory.objects.filter(user=user).order_by("id").values_list("outcome", flat=True))


def test_setting_up_shows_a_seed_that_counts_once_a_code_of_it_was_seen(
    alice_api: ApiClient, api: ApiClient, alice: User
) -> None:
    setup = alice_api.post("auth/2fa/setup")
    assert setup.status == 200
    address = urlsplit(setup.data["otpauth_url"])
    assert (address.scheme, address.netloc) == ("otpauth", "totp")
    asked = parse_qs(address.query)
    assert asked["secret"] == [setup.data["secret"]]
    assert (asked["digits"], asked["period"], asked["issuer"]) == (["6"], ["30"], ["NexusVPN"])
    assert setup.data["secret"].encode() not in bytes(TotpSeed.objects.get().seed)
    assert log_in(api, alice).status == 200
    enabled = alice_api.post("auth/2fa/enable", {"code": code_of(alice)})
    assert enabled.status == 200
    assert len(set(enabled.data["recovery_codes"])) == 10
    assert all(len(code) == 19 and code.count("-") == 3 for code in enabled.data["recovery_codes"])
    assert log_in(api, alice).data == {"requires_2fa": True, "methods": ["totp", "recovery_code"]}
    assert Session.objects.get(user=alice, second_factor_at__isnull=False)
    [mail] = waiting_mails("second_factor")
    assert (mail.to, mail.subject) == (alice.email, "An authenticator app was added")
    assert Notification.objects.filter(user=alice, title=mail.subject, link="/settings/security").count() == 1
    act = AuditEvent.objects.get(action="second_factor_added")
    assert (act.person_id, act.details) == (alice.pk, {"method": "totp"})


def test_a_sign_in_that_was_under_way_when_it_was_added_gives_no_token(alice: User) -> None:
    give_totp(alice)
    with pytest.raises(InvalidCredentials):
        open_token(user=alice, ip_address=None, user_agent="")
    assert not Session.objects.exists()


def test_neither_seed_nor_recovery_codes_are_in_any_table(alice_api: ApiClient, alice: User) -> None:
    secret = alice_api.post("auth/2fa/setup").data["secret"]
    codes = alice_api.post("auth/2fa/enable", {"code": code_of(alice)}).data["recovery_codes"]
    stored = text_of_every_table()
    seed = totp.seed_of(TotpSeed.objects.get())
    assert alice.email in stored
    for spelling in (secret, seed.hex(), *codes, *(code.replace("-", "") for code in codes)):
        assert spelling not in stored


def test_the_seed_of_another_person_opens_nothing(alice: User, bob: User) -> None:
    give_totp(alice)
    give_totp(bob)
    stored = TotpSeed.objects.get(user=alice).seed
    TotpSeed.objects.filter(user=bob).update(seed=stored)
    with pytest.raises(Exception, match="changed or moved"):
        totp.seed_of(TotpSeed.objects.get(user=bob))


def test_a_wrong_code_enables_nothing(alice_api: ApiClient, alice: User) -> None:
    assert alice_api.post("auth/2fa/enable", {"code": "123456"}).code == "second_factor_not_set_up"
    alice_api.post("auth/2fa/setup")
    refused = alice_api.post("auth/2fa/enable", {"code": wrong_code_of(alice)})
    assert (refused.status, refused.code, set(refused.fields)) == (400, "invalid_code", {"code"})
    assert TotpSeed.objects.get().confirmed_at is None


def test_a_seed_that_was_begun_long_ago_is_not_confirmed(alice_api: ApiClient, alice: User) -> None:
    alice_api.post("auth/2fa/setup")
    TotpSeed.objects.update(created_at=timezone.now() - timedelta(minutes=31))
    assert alice_api.post("auth/2fa/enable", {"code": code_of(alice)}).code == "second_factor_not_set_up"


def test_an_authenticator_that_is_on_is_not_replaced(alice_api: ApiClient, alice: User) -> None:
    give_totp(alice)
    assert alice_api.post("auth/2fa/setup").code == "second_factor_already_on"
    assert alice_api.post("auth/2fa/enable", {"code": code_of(alice)}).code == "second_factor_already_on"


@time_machine.travel(NOW, tick=False)
@pytest.mark.parametrize("steps", [-1, 0, 1])
def test_a_code_of_a_clock_that_is_half_a_minute_off_signs_in_once(api: ApiClient, alice: User, steps: int) -> None:
    give_totp(alice)
    assert log_in(api, alice).data["requires_2fa"] is True
    code = code_of(alice, steps)
    assert set(log_in(api, alice, f"{code[:3]} {code[3:]}").data) == {"user", "token", "expires_at"}
    again = log_in(api, alice, code)
    assert (again.status, again.code, again.headers["WWW-Authenticate"]) == (401, "invalid_code", "Bearer")
    assert outcomes(alice) == ["second_factor", "success", "wrong_code"]
    assert Session.objects.get(user=alice).second_factor_at == NOW


@time_machine.travel(NOW, tick=False)
def test_after_a_newer_code_an_older_one_is_used_up_too(api: ApiClient, alice: User) -> None:
    give_totp(alice)
    assert log_in(api, alice, code_of(alice, 1)).status == 200
    assert log_in(api, alice, code_of(alice, 0)).status == 401


@time_machine.travel(NOW, tick=False)
@pytest.mark.parametrize("steps", [-2, 2])
def test_a_code_of_a_minute_away_is_wrong(api: ApiClient, alice: User, steps: int) -> None:
    give_totp(alice)
    assert log_in(api, alice, code_of(alice, steps)).code == "invalid_code"


@time_machine.travel(NOW, tick=False)
@pytest.mark.parametrize(
    "bad", ["٣٢١٠٩٨", "1234567", "12345", "abcdef", "+12345", "1e5555", "-------", "x" * 64, "0x1234"]
)
def test_what_is_no_code_is_a_wrong_one(api: ApiClient, alice: User, bad: str) -> None:
    give_totp(alice)
    give_recovery_codes(alice)
    assert log_in(api, alice, bad).code == "invalid_code"


@pytest.mark.parametrize("bad", [" ", "", "\t"])
def test_a_blank_code_asks_for_one(api: ApiClient, alice: User, bad: str) -> None:
    give_totp(alice)
    assert log_in(api, alice, bad).data["requires_2fa"] is True


@pytest.mark.parametrize("bad", [123456, None, ["123456"], "x" * 65])
def test_a_code_is_a_short_text(api: ApiClient, alice: User, bad: object) -> None:
    give_totp(alice)
    answer = api.post("auth/login", {"email": alice.email, "password": PASSWORD, "code": bad})
    assert (answer.status, set(answer.fields)) == (400, {"code"})


def test_a_code_beside_a_wrong_password_is_not_even_looked_at(api: ApiClient, alice: User) -> None:
    give_totp(alice)
    code = code_of(alice)
    answer = api.post("auth/login", {"email": alice.email, "password": "wrong", "code": code})
    assert answer.code == "invalid_credentials"
    assert log_in(api, alice, code).status == 200


def test_a_code_of_somebody_without_a_factor_is_ignored(api: ApiClient, alice: User) -> None:
    assert set(log_in(api, alice, "123456").data) == {"user", "token", "expires_at"}
    assert Session.objects.get(user=alice).second_factor_at is None


def test_a_new_password_begins_the_days_count_anew(api: ApiClient, alice: User) -> None:
    give_totp(alice)
    with time_machine.travel(NOW, tick=False) as clock:
        for _ in range(20):
            LoginHistory.objects.create(user=alice, outcome="wrong_code", kind="token")
        clock.shift(600)
        assert log_in(api, alice, code_of(alice)).status == 429
        change_password(user=alice, new_password="another long sentence", keep=None)
        answer = api.post(
            "auth/login", {"email": alice.email, "password": "another long sentence", "code": code_of(alice)}
        )
        assert answer.status == 200
        # A change is no way to guess on: from it on twenty count again.
        clock.shift(1)
        for _ in range(20):
            LoginHistory.objects.create(user=alice, outcome="wrong_code", kind="token")
        clock.shift(600)
        with pytest.raises(RateLimited):
            refuse_after_failures(alice)


def test_five_wrong_codes_in_five_minutes_and_twenty_a_day_then_not_even_the_right_one(
    api: ApiClient, alice: User
) -> None:
    give_totp(alice)
    with time_machine.travel(NOW, tick=False) as clock:
        wrong = 0
        while True:
            # Another address and another minute each time: none of the limits on passwords is in the way.
            address = f"192.0.2.{wrong + 10}"
            answer = log_in(api, alice, wrong_code_of(alice), remote_addr=address)
            if answer.status == 429:
                assert int(answer.headers["Retry-After"]) > 1
                refused = log_in(api, alice, code_of(alice), remote_addr="198.51.100.9")
                assert (refused.status, refused.code) == (429, "rate_limited")
                if wrong == 20:
                    break
                clock.shift(300 - 40)
                continue
            assert answer.code == "invalid_code"
            wrong += 1
            clock.shift(20)
        assert outcomes(alice).count("wrong_code") == 20
        clock.shift(86_400)
        assert log_in(api, alice, code_of(alice), remote_addr="198.51.100.10").status == 200


@time_machine.travel(NOW, tick=False)
def test_a_recovery_code_signs_in_once_and_the_person_is_told(api: ApiClient, alice: User) -> None:
    give_totp(alice)
    first, second, *_ = give_recovery_codes(alice)
    assert log_in(api, alice, first).status == 200
    assert log_in(api, alice, first).code == "invalid_code"
    assert log_in(api, alice, second.replace("-", " ").lower()).status == 200
    mails = waiting_mails("second_factor")
    assert [mail.subject for mail in mails] == ["A recovery code was used"] * 2
    assert {left for left in range(11) for mail in mails if f"{left} of 10 are left" in mail.text} == {8, 9}
    assert not RecoveryCode.objects.filter(code_hash__contains=first.replace("-", "")).exists()


def test_somebody_elses_recovery_code_is_wrong(api: ApiClient, alice: User, bob: User) -> None:
    for user in (alice, bob):
        give_totp(user)
    [code, *_] = give_recovery_codes(bob)
    assert log_in(api, alice, code).code == "invalid_code"
    assert log_in(api, bob, code).status == 200


def test_new_recovery_codes_end_the_former_ones(alice_api: ApiClient, api: ApiClient, alice: User) -> None:
    assert alice_api.post("auth/2fa/recovery-codes").code == "second_factor_not_set_up"
    give_totp(alice)
    [old, *_] = give_recovery_codes(alice)
    renewed = alice_api.post("auth/2fa/recovery-codes")
    assert renewed.status == 200
    assert log_in(api, alice, old).code == "invalid_code"
    assert log_in(api, alice, renewed.data["recovery_codes"][0]).status == 200


def test_disabling_asks_for_password_and_code_and_ends_the_recovery_codes(
    alice_api: ApiClient, api: ApiClient, alice: User
) -> None:
    give_totp(alice)
    give_recovery_codes(alice)
    assert alice_api.post("auth/2fa/disable", {"password": PASSWORD}).fields.keys() == {"code"}
    wrong = alice_api.post("auth/2fa/disable", {"password": "wrong", "code": code_of(alice)})
    assert (wrong.status, wrong.code) == (400, "wrong_password")
    wrong = alice_api.post("auth/2fa/disable", {"password": PASSWORD, "code": wrong_code_of(alice)})
    assert (wrong.status, wrong.code) == (400, "invalid_code")
    assert alice_api.post("auth/2fa/disable", {"password": PASSWORD, "code": code_of(alice)}).status == 200
    assert not TotpSeed.objects.exists()
    assert not RecoveryCode.objects.exists()
    assert waiting_mails("second_factor")[-1].subject == "The authenticator app was removed"
    assert set(log_in(api, alice).data) == {"user", "token", "expires_at"}
    again = alice_api.post("auth/2fa/disable", {"password": PASSWORD, "code": "123456"})
    assert again.code == "second_factor_not_set_up"


def test_staff_keep_their_last_factor(sam: User) -> None:
    give_totp(sam)
    answer = ApiClient(token_of(sam)).post("auth/2fa/disable", {"password": PASSWORD, "code": code_of(sam)})
    assert (answer.status, answer.code) == (409, "staff_factor_required")
    assert TotpSeed.objects.exists()


@pytest.mark.parametrize("path", ["auth/2fa/setup", "auth/2fa/recovery-codes"])
def test_an_older_token_needs_the_password_again_and_the_factor_if_there_is_one(
    alice_api: ApiClient, alice: User, path: str
) -> None:
    Session.objects.update(created_at=timezone.now() - timedelta(minutes=11))
    assert (alice_api.post(path).status, alice_api.post(path).code) == (403, "reauthentication_required")
    assert alice_api.post(path, {"password": "wrong"}).code == "wrong_password"
    give_totp(alice)
    assert alice_api.post(path, {"password": PASSWORD}).code == "invalid_code"
    with_code = alice_api.post(path, {"password": PASSWORD, "code": code_of(alice)})
    assert with_code.status == (200 if path.endswith("codes") else 409)


def test_the_password_is_asked_again_five_times_a_minute_at_most(alice_api: ApiClient, alice: User) -> None:
    give_totp(alice)
    with time_machine.travel(NOW, tick=False):
        body = {"password": "wrong", "code": "123456"}
        statuses = [alice_api.post("auth/2fa/disable", body).status for _ in range(6)]
    assert statuses == [400] * 5 + [429]


def test_a_suspended_person_is_not_asked_for_a_code(api: ApiClient, alice: User) -> None:
    give_totp(alice)
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert log_in(api, alice, code_of(alice)).code == "account_suspended"
    assert outcomes(alice) == ["blocked"]
