"""Another e-mail address: both mailboxes confirm."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.errors import InvalidLink
from accounts.models import AuditEvent, EmailToken, Mail, Notification, User
from accounts.services.addresses import ask_for_change, pending_change
from tests.accounts.links import token_mailed
from tests.api_client import ApiClient
from tests.conftest import token_of
from tests.factories.accounts import PASSWORD, make_user
from tests.factories.factors import code_of, give_totp
from tests.mails import waiting_mails
from tests.stored import text_of_every_table

pytestmark = pytest.mark.django_db
NEW = "alice@new.example"
WISH = {"email": NEW, "password": PASSWORD}


@pytest.fixture
def tokens(alice_api: ApiClient) -> dict[str, str]:
    """The secrets in the two mailboxes."""
    answer = alice_api.post("users/me/email", WISH)
    assert answer.status == 202
    assert answer.data["pending"] == {"email": NEW, "waits_for_old": True, "waits_for_new": True}
    return {end: token_mailed(f"email_change_{end}") for end in ("old", "new")}


def confirm(token: str) -> object:
    answer = ApiClient(None).post("auth/email-change", {"token": token})
    return answer.data["changed"] if answer.status == 200 else (answer.status, answer.code)


@pytest.mark.parametrize("order", [("old", "new"), ("new", "old")])
def test_the_second_confirmation_changes_the_address(
    alice: User, tokens: dict[str, str], order: tuple[str, str]
) -> None:
    assert confirm(tokens[order[0]]) is False
    alice.refresh_from_db()
    assert alice.email == "alice@example.com"
    assert confirm(tokens[order[1]]) is True
    alice.refresh_from_db()
    assert (alice.email, alice.is_verified, pending_change(alice)) == (NEW, True, None)


def test_each_mailbox_gets_its_own_link_and_both_are_told_afterwards(alice: User, tokens: dict[str, str]) -> None:
    assert [(mail.row.kind, mail.to) for mail in waiting_mails()] == [
        ("email_change_old", "alice@example.com"),
        ("email_change_new", NEW),
    ]
    assert not any(token in text_of_every_table() for token in tokens.values())
    for token in tokens.values():
        confirm(token)
    assert [mail.to for mail in waiting_mails("email_changed")] == ["alice@example.com", NEW]
    assert Notification.objects.get(user=alice).title == "Your e-mail address was changed"
    acts = AuditEvent.objects.filter(person_id=alice.pk).order_by("at")
    assert [act.action for act in acts] == ["email_change_asked", "email_change_confirmed", "email_changed"]
    assert NEW not in str(list(acts.values()))


def test_an_address_that_was_never_confirmed_has_no_say() -> None:
    dora = make_user("dora@example.com", email_verified_at=None)
    answer = ApiClient(token_of(dora)).post("users/me/email", WISH)
    assert answer.data["pending"] == {"email": NEW, "waits_for_old": False, "waits_for_new": True}
    assert [mail.to for mail in waiting_mails()] == [NEW]
    assert confirm(token_mailed("email_change_new")) is True
    dora.refresh_from_db()
    assert (dora.email, dora.is_verified) == (NEW, True)


def test_asking_tells_nothing_of_an_address_that_has_an_account(bob: User, alice_api: ApiClient) -> None:
    answers = [alice_api.post("users/me/email", {"email": email, "password": PASSWORD}) for email in (bob.email, NEW)]
    assert [answer.status for answer in answers] == [202, 202]
    assert str(answers[0].data).replace(bob.email, NEW) == str(answers[1].data)


def test_an_address_that_was_taken_meanwhile_is_409_and_the_change_is_over(alice: User, tokens: dict[str, str]) -> None:
    make_user(NEW.upper())
    confirm(tokens["old"])
    page = Client().post(f"/email-change/{tokens['new']}")
    assert page.status_code == 409
    assert "This address cannot be used for your account." in page.text
    assert NEW not in page.text
    alice.refresh_from_db()
    assert (alice.email, pending_change(alice)) == ("alice@example.com", None)
    assert confirm(tokens["new"]) == (400, "invalid_link")


def test_a_wrong_password_starts_nothing(alice_api: ApiClient) -> None:
    answer = alice_api.post("users/me/email", {"email": NEW, "password": "wrong"})
    assert (answer.status, answer.code) == (400, "wrong_password")
    assert not EmailToken.objects.exists()


def test_guessing_is_limited_like_signing_in(alice_api: ApiClient) -> None:
    body = {"email": NEW, "password": "wrong"}
    assert [alice_api.post("users/me/email", body).status for _ in range(6)] == [400] * 5 + [429]


def test_ones_own_address_is_no_change(alice_api: ApiClient) -> None:
    answer = alice_api.post("users/me/email", {"email": "ALICE@example.com", "password": PASSWORD})
    assert (answer.status, list(answer.fields)) == (400, ["email"])


def test_a_newer_wish_replaces_the_former(alice: User, alice_api: ApiClient, tokens: dict[str, str]) -> None:
    alice_api.post("users/me/email", {"email": "a@other.example", "password": PASSWORD})
    assert [confirm(token) for token in tokens.values()] == [(400, "invalid_link")] * 2
    assert confirm(token_mailed("email_change_old")) is False
    assert confirm(token_mailed("email_change_new")) is True
    alice.refresh_from_db()
    assert alice.email == "a@other.example"


def test_it_can_be_cancelled(alice_api: ApiClient, tokens: dict[str, str]) -> None:
    assert alice_api.get("users/me/email").data["pending"]["email"] == NEW
    assert alice_api.delete("users/me/email").data["pending"] is None
    assert alice_api.delete("users/me/email").status == 200
    assert [confirm(token) for token in tokens.values()] == [(400, "invalid_link")] * 2


def test_either_mailbox_can_stop_it(alice: User, tokens: dict[str, str]) -> None:
    page = Client()
    assert "Stop the change" in page.get(f"/email-change/{tokens['old']}").text
    stopped = page.post(f"/email-change/{tokens['old']}", {"stop": "1"})
    assert "Nothing changes" in stopped.text
    assert confirm(tokens["new"]) == (400, "invalid_link")


def test_links_of_the_former_mailbox_open_nothing_afterwards(api: ApiClient, alice: User, alice_api: ApiClient) -> None:
    EmailToken.objects.create(
        user=alice, purpose="reset", token_hash="x", email=alice.email, expires_at=alice.date_joined
    )
    alice_api.post("users/me/email", WISH)
    for end in ("old", "new"):
        confirm(token_mailed(f"email_change_{end}"))
    assert not EmailToken.objects.exists()


def test_the_pages_lead_through_it(alice: User) -> None:
    browser = Client()
    browser.force_login(alice)
    assert 'href="/settings/email"' in browser.get("/settings").text
    waiting = browser.post("/settings/email", WISH, follow=True)
    assert waiting.redirect_chain == [("/settings/email", 302)]
    assert NEW in waiting.text.replace("<wbr>", "")
    stranger = Client()
    old, new = (f"/email-change/{token_mailed(f'email_change_{end}')}" for end in ("old", "new"))
    for address in (old, new):
        assert "Confirm the change" in stranger.get(address).text
    assert "One mailbox has confirmed" in stranger.post(old).text
    assert "the new mailbox has confirmed" not in browser.get("/settings/email").text
    assert "The address is changed" in stranger.post(new).text
    assert NEW in browser.get("/settings").text.replace("<wbr>", "")
    assert stranger.get(new).status_code == 400


def test_the_page_cancels(alice: User, tokens: dict[str, str]) -> None:
    browser = Client()
    browser.force_login(alice)
    done = browser.post("/settings/email/cancel", follow=True)
    assert "The change is cancelled" in done.text
    assert pending_change(alice) is None


def test_who_proves_the_address_meanwhile_is_asked_before_it_is_given_up() -> None:
    dora = make_user("dora@example.com", email_verified_at=None)
    ask_for_change(user=dora, email=NEW)
    User.objects.update(email_verified_at=timezone.now())
    assert confirm(token_mailed("email_change_new")) == (400, "invalid_link")
    dora.refresh_from_db()
    assert dora.email == "dora@example.com"


def test_somebody_suspended_changes_no_address(alice: User, tokens: dict[str, str]) -> None:
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert [confirm(token) for token in tokens.values()] == [(400, "invalid_link")] * 2
    assert Client().get(f"/email-change/{tokens['new']}").status_code == 400
    with pytest.raises(InvalidLink):
        ask_for_change(user=alice, email="alice@third.example")


def test_a_mailbox_gets_three_questions_an_hour_whoever_asks_and_nobody_hears_of_it(alice: User, bob: User) -> None:
    people = [alice, bob, alice, bob, alice]
    answers = [ask_for_change(user=person, email=NEW) for person in people]
    assert len({str(answer) for answer in answers}) == 1
    assert [mail.to for mail in waiting_mails("email_change_new")] == [NEW] * 3
    assert pending_change(alice) == answers[-1]
    ask_for_change(user=bob, email=NEW.upper())
    assert len(waiting_mails("email_change_new")) == 3
    ask_for_change(user=bob, email="bob@new.example")
    assert waiting_mails("email_change_new")[-1].to == "bob@new.example"
    Mail.objects.update(created_at=timezone.now() - timedelta(minutes=61))
    ask_for_change(user=alice, email=NEW)
    assert len(waiting_mails("email_change_new")) == 5


def test_the_present_address_is_shown_to_its_own_mailbox_alone(alice: User, tokens: dict[str, str]) -> None:
    pages = {end: Client().get(f"/email-change/{token}").text for end, token in tokens.items()}
    assert {end: alice.email in page for end, page in pages.items()} == {"old": True, "new": False}
    assert all(NEW in page for page in pages.values())


def test_who_has_a_second_factor_is_asked_for_a_code_too(alice: User, alice_api: ApiClient) -> None:
    browser = Client()
    browser.force_login(alice)
    assert 'name="code"' not in browser.get("/settings/email").text
    give_totp(alice)
    without = alice_api.post("users/me/email", WISH)
    assert (without.status, without.code, list(without.fields)) == (400, "invalid_code", ["code"])
    assert 'name="code"' in browser.get("/settings/email").text
    assert browser.post("/settings/email", WISH).status_code == 400
    assert pending_change(alice) is None
    assert browser.post("/settings/email", {**WISH, "code": code_of(alice)}).status_code == 302
    assert alice_api.post("users/me/email", {**WISH, "code": code_of(alice, steps=1)}).status == 202
