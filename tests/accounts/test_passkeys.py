"""Passkeys as a factor and as a sign-in: what is accepted, and everything that is not."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from unittest import mock
from uuid import UUID

import pytest
import time_machine
from django.utils import timezone
from fido2.utils import websafe_encode

from accounts.locks import lock_active_person
from accounts.models import AuditEvent, LoginHistory, Notification, Passkey, Session, User
from accounts.services import passkeys
from accounts.services.passkeys import MAX_PASSKEYS
from tests.accounts.browsers import Browser, add_passkey, signed_in_browser
from tests.api_client import ApiClient
from tests.factories.accounts import PASSWORD
from tests.factories.authenticator import Authenticator
from tests.mails import waiting_mails

pytestmark = pytest.mark.django_db


@pytest.fixture
def device(alice: User) -> Authenticator:
    """Alice's laptop, which has a passkey for us."""
    device = Authenticator()
    add_passkey(signed_in_browser(alice), device)
    assert Passkey.objects.filter(user=alice).exists()
    Session.objects.all().delete()
    return device


def sign_in_options(browser: Browser) -> dict[str, Any]:
    options: dict[str, Any] = browser.post("/login/passkey/options").json()
    return options


def sign_in_alone(browser: Browser, device: Authenticator, **more: str) -> Any:
    return browser.post("/login/passkey", {"answer": device.show(sign_in_options(browser)), **more})


def step_options(browser: Browser) -> dict[str, Any]:
    options: dict[str, Any] = browser.post("/login/code/passkey/options").json()
    return options


def show_as_factor(browser: Browser, answer: str) -> Any:
    number = browser.get("/login/code").context["number"]
    return browser.post("/login/code/passkey", {"answer": answer, "number": number})


def test_a_passkey_alone_signs_in_with_both_factors(alice: User, device: Authenticator) -> None:
    browser = Browser()
    options = sign_in_options(browser)
    assert "allowCredentials" not in options
    assert (options["userVerification"], options["rpId"]) == ("required", "localhost")
    answer = browser.post("/login/passkey", {"answer": device.show(options), "next": "/devices"})
    assert answer["Location"] == "/devices"
    assert browser.is_signed_in
    assert Session.objects.get(user=alice).second_factor_at is not None
    assert LoginHistory.objects.filter(user=alice).latest("id").outcome == "success"
    passkey = Passkey.objects.get()
    assert passkey.last_used_at is not None
    assert passkey.sign_count == device.count


def test_a_passkey_is_a_second_factor_after_the_password(alice: User, device: Authenticator) -> None:
    browser = Browser()
    browser.give_password(alice, next="/devices")
    options = step_options(browser)
    assert [each["id"] for each in options["allowCredentials"]] == [websafe_encode(device.credential_id)]
    device.verifies = False
    assert show_as_factor(browser, device.show(options))["Location"] == "/devices"
    assert browser.is_signed_in


def test_one_that_is_refused_is_in_the_history(device: Authenticator) -> None:
    browser = Browser()
    sign_in_options(browser)
    before = LoginHistory.objects.count()
    browser.post("/login/passkey", {"answer": "{}"})
    assert LoginHistory.objects.count() == before + 1
    entry = LoginHistory.objects.latest("id")
    assert (entry.user, entry.outcome, entry.kind) == (None, "failed", "browser")


def test_one_that_is_made_while_its_owner_is_shut_out_is_not_kept(alice: User) -> None:
    browser, device = signed_in_browser(alice), Authenticator()
    options = browser.post("/settings/security/passkeys/options").json()
    real = lock_active_person

    def late(user_id: UUID) -> User:
        User.objects.filter(pk=user_id).update(is_active=False)
        return real(user_id)

    with mock.patch.object(passkeys, "lock_active_person", late):
        browser.post("/settings/security/passkeys/new", {"name": "Laptop", "answer": device.make(options)})
    assert not Passkey.objects.exists()


def test_without_a_check_of_who_holds_it_a_passkey_is_not_both_factors(alice: User, device: Authenticator) -> None:
    device.verifies = False
    browser = Browser()
    assert sign_in_alone(browser, device)["Location"] == "/login"
    assert not browser.is_signed_in


def test_an_answer_works_once(alice: User) -> None:
    # No counter of the device's helps here.
    device = Authenticator(counts=False)
    add_passkey(signed_in_browser(alice), device)
    browser = Browser(REMOTE_ADDR="192.0.2.77")
    answer = device.show(sign_in_options(browser))
    session = browser.cookies["session"].value
    assert browser.post("/login/passkey", {"answer": answer})["Location"] == "/dashboard"
    for copy in (Browser(), Browser()):
        copy.cookies["session"] = session
        assert copy.post("/login/passkey", {"answer": answer})["Location"] == "/login"
    browser.post("/logout")
    assert browser.post("/login/passkey", {"answer": answer})["Location"] == "/login"


def test_a_challenge_is_used_up_by_a_wrong_answer(alice: User, device: Authenticator) -> None:
    browser = Browser()
    options = sign_in_options(browser)
    assert browser.post("/login/passkey", {"answer": Authenticator().show(options)})["Location"] == "/login"
    assert browser.post("/login/passkey", {"answer": device.show(options)})["Location"] == "/login"


def test_a_challenge_is_good_for_five_minutes(alice: User, device: Authenticator) -> None:
    browser = Browser()
    options = sign_in_options(browser)
    with time_machine.travel(timezone.now() + timedelta(seconds=301), tick=False):
        assert browser.post("/login/passkey", {"answer": device.show(options)})["Location"] == "/login"


def test_a_challenge_for_one_purpose_is_none_for_another(alice: User, device: Authenticator) -> None:
    browser = Browser()
    browser.give_password(alice)
    assert browser.post("/login/passkey", {"answer": device.show(step_options(browser))})["Location"] == "/login"
    assert show_as_factor(browser, device.show(sign_in_options(browser)))["Location"] == "/login/code"
    assert show_as_factor(browser, device.show(step_options(browser)))["Location"] == "/dashboard"


@pytest.mark.parametrize("origin", ["https://localhost", "http://localhost:8000", "http://evil.localhost", "null"])
def test_an_answer_that_was_given_to_another_site_is_refused(alice: User, device: Authenticator, origin: str) -> None:
    device.origin = origin
    assert sign_in_alone(Browser(), device)["Location"] == "/login"


def test_a_passkey_of_somebody_else_is_no_second_factor(alice: User, bob: User, device: Authenticator) -> None:
    bobs = Authenticator()
    add_passkey(signed_in_browser(bob), bobs)
    browser = Browser()
    browser.give_password(alice)
    assert show_as_factor(browser, bobs.show(step_options(browser)))["Location"] == "/login/code"
    assert not browser.is_signed_in


def test_a_signature_of_another_key_is_refused(alice: User, device: Authenticator) -> None:
    forger = Authenticator(credential_id=device.credential_id, user_handle=device.user_handle)
    assert sign_in_alone(Browser(), forger)["Location"] == "/login"


def test_a_handle_of_another_person_is_refused(alice: User, bob: User, device: Authenticator) -> None:
    device.user_handle = bob.pk.bytes
    assert sign_in_alone(Browser(), device)["Location"] == "/login"


def test_a_counter_that_goes_back_is_refused_and_told(alice: User, device: Authenticator) -> None:
    assert sign_in_alone(Browser(), device)["Location"] == "/dashboard"
    device.count -= 1
    assert sign_in_alone(Browser(), device)["Location"] == "/login"
    assert "its counter went back" in Notification.objects.filter(title__contains="refused").get().text.lower()
    assert waiting_mails("second_factor")[-1].subject == "The passkey “Laptop” was refused"
    assert AuditEvent.objects.get(action="passkey_refused").person_id == alice.pk
    device.count += 5
    assert sign_in_alone(Browser(), device)["Location"] == "/dashboard"


def test_a_device_that_counts_no_more_is_refused(alice: User, device: Authenticator) -> None:
    device.counts, device.count = False, 0
    assert sign_in_alone(Browser(), device)["Location"] == "/login"


def test_a_device_that_never_counts_signs_in_again_and_again(alice: User) -> None:
    device = Authenticator(counts=False)
    add_passkey(signed_in_browser(alice), device)
    for _ in range(3):
        assert sign_in_alone(Browser(), device)["Location"] == "/dashboard"


def test_a_suspended_person_does_not_get_in_by_passkey(alice: User, device: Authenticator) -> None:
    User.objects.filter(pk=alice.pk).update(is_active=False)
    browser = Browser()
    answer = sign_in_alone(browser, device)
    assert "This account is suspended." in browser.get(answer["Location"]).text
    assert not browser.is_signed_in
    assert LoginHistory.objects.filter(user=alice).latest("id").outcome == "blocked"


def test_a_passkey_that_was_removed_is_unknown(alice: User, device: Authenticator) -> None:
    Passkey.objects.all().delete()
    assert sign_in_alone(Browser(), device)["Location"] == "/login"


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "x",
        "[]",
        "{}",
        "null",
        '{"id": 1}',
        json.dumps({"id": "AA", "rawId": "AA", "type": "public-key", "response": {}}),
        json.dumps(
            {
                "id": "AA",
                "rawId": "AA",
                "type": "public-key",
                "response": {
                    "clientDataJSON": "////",
                    "authenticatorData": "AA",
                    "signature": "AA",
                    "attestationObject": "_w",
                },
            }
        ),
        "[" * 5000,
        '{"rawId": "\\u0000"}',
    ],
)
def test_what_is_no_answer_is_refused_everywhere(alice: User, answer: str) -> None:
    browser = signed_in_browser(alice)
    browser.post("/settings/security/passkeys/options")
    refused = browser.post("/settings/security/passkeys/new", {"name": "x", "answer": answer})
    assert refused.status_code == 400
    assert "This passkey was not accepted." in refused.text
    assert not Passkey.objects.exists()
    stranger = Browser()
    sign_in_options(stranger)
    assert stranger.post("/login/passkey", {"answer": answer})["Location"] == "/login"


def test_one_credential_belongs_to_one_account(alice: User, bob: User) -> None:
    device = Authenticator()
    add_passkey(signed_in_browser(alice), device)
    assert add_passkey(signed_in_browser(bob), device).status_code == 400
    assert Passkey.objects.get().user == alice


def test_a_passkey_that_was_made_for_somebody_else_is_not_added(alice: User, bob: User) -> None:
    device, alices, bobs = Authenticator(), signed_in_browser(alice), signed_in_browser(bob)
    answer = device.make(alices.post("/settings/security/passkeys/options").json())
    bobs.post("/settings/security/passkeys/options")
    assert bobs.post("/settings/security/passkeys/new", {"name": "x", "answer": answer}).status_code == 400


def test_there_is_a_bound_on_how_many(alice: User) -> None:
    browser = signed_in_browser(alice)
    for number in range(MAX_PASSKEYS):
        Passkey.objects.create(user=alice, name=f"{number}", credential_id=bytes([number]), credential=b"")
    assert browser.post("/settings/security/passkeys/options").status_code == 409


def test_the_same_limit_as_for_passwords_counts_the_tries(device: Authenticator) -> None:
    browser = Browser(REMOTE_ADDR="192.0.2.77")
    statuses = [browser.post("/login/passkey", {"answer": ""}).status_code for _ in range(6)]
    assert statuses == [302] * 5 + [429]


def test_a_passkey_answers_when_somebody_is_asked_again(alice: User, device: Authenticator) -> None:
    browser = Browser()
    sign_in_alone(browser, device)
    with time_machine.travel(timezone.now() + timedelta(minutes=11), tick=False):
        assert browser.get("/settings/security/recovery-codes").status_code == 302
        options = browser.post("/settings/security/confirm/passkey/options").json()
        form = {"answer": device.show(options), "next": "/settings/security/recovery-codes"}
        assert browser.post("/settings/security/confirm/passkey", form)["Location"] == form["next"]
        assert browser.get("/settings/security/recovery-codes").status_code == 200


def test_the_api_lists_and_removes_passkeys(alice: User, alice_api: ApiClient, bob_api: ApiClient) -> None:
    add_passkey(signed_in_browser(alice), Authenticator())
    [listed] = alice_api.get("auth/passkeys").data["items"]
    assert set(listed) == {"id", "name", "created_at", "last_used_at"}
    assert bob_api.get("auth/passkeys").data["items"] == []
    assert bob_api.delete(f"auth/passkeys/{listed['id']}").status == 404
    Session.objects.filter(kind="token").update(created_at=timezone.now() - timedelta(minutes=11))
    assert alice_api.delete(f"auth/passkeys/{listed['id']}").code == "reauthentication_required"
    Session.objects.filter(kind="token").update(created_at=timezone.now())
    assert alice_api.delete(f"auth/passkeys/{listed['id']}").status == 200
    assert not Passkey.objects.exists()


def test_the_api_says_that_a_passkey_is_the_factor_and_takes_a_recovery_code(
    alice: User, device: Authenticator, api: ApiClient
) -> None:
    asked = api.post("auth/login", {"email": alice.email, "password": PASSWORD})
    assert asked.data == {"requires_2fa": True, "methods": ["passkey", "recovery_code"]}
