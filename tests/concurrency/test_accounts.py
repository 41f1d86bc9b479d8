"""Sign-ups, invitations and mailed links at once. Each race is first shown to exist without what closes it."""

from __future__ import annotations

from collections import Counter
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from unittest import mock

import pytest
from django.utils import timezone

from accounts.errors import InvalidInvitation
from accounts.models import EmailToken, Invitation, RegistrationPolicy, User
from accounts.services import addresses, recovery, registration, registration_policy
from accounts.services.addresses import ask_for_change, confirm_change
from accounts.services.email_tokens import Purpose, issue_token
from accounts.services.invitations import invite
from accounts.services.recovery import reset_password
from accounts.services.registration import register_account
from accounts.services.sessions import hash_key
from tests.accounts.links import token_mailed
from tests.concurrency.crowd import crowd
from tests.factories.accounts import make_user

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]
ROUNDS = 20
CROWD = 8


@pytest.fixture(autouse=True)
def _no_hashing(monkeypatch: pytest.MonkeyPatch) -> None:
    """It happens before the transactions and only spreads the crowd."""
    for module in (registration, recovery):
        monkeypatch.setattr(module, "make_password", lambda password: "!")


def sign_up(number: int, *, tag: str, code: str = "") -> None:
    register_account(email=f"{tag}{number}@example.com", password="a long enough secret", invitation_code=code)


def sign_up_as(email: str, number: int) -> None:
    register_account(email=email, password=f"a long enough secret {number}")


def for_the_last_places(number: int, places: int) -> Counter[str]:
    User.objects.all().delete()
    RegistrationPolicy.objects.update_or_create(pk=1, defaults={"mode": "open", "accounts_an_hour": places})
    outcome = crowd(CROWD, lambda n: sign_up(n, tag=f"r{number}-"))
    assert outcome["ok"] == User.objects.count()
    return outcome


def unlocked_policy() -> AbstractContextManager[object]:
    return mock.patch.object(registration_policy, "lock_policy", RegistrationPolicy.objects.first)


def test_without_the_lock_more_accounts_are_made_than_an_hour_has_room_for() -> None:
    with unlocked_policy():
        assert any(for_the_last_places(number, 3)["ok"] > 3 for number in range(ROUNDS))


def test_an_hour_has_room_for_exactly_so_many() -> None:
    for number in range(ROUNDS):
        assert for_the_last_places(number, 3) == {"ok": 3, "registration_throttled": CROWD - 3}


def with_one_invitation(number: int) -> Counter[str]:
    RegistrationPolicy.objects.update_or_create(pk=1, defaults={"mode": "invited"})
    staff, _ = User.objects.get_or_create(email="sam@example.com")
    _, code = invite(by=staff)
    outcome = crowd(CROWD, lambda n: sign_up(n, tag=f"i{number}-", code=code))
    assert User.objects.filter(email__startswith=f"i{number}-").count() == outcome["ok"]
    return outcome


def looked_at_first(code: str, *, email: str, user: User) -> None:
    """As a look and a write that trusts it."""
    invitation = Invitation.objects.filter(code_hash=hash_key(code), used_at=None).first()
    if invitation is None:
        raise InvalidInvitation
    invitation.used_at, invitation.used_by = timezone.now(), user
    invitation.save()


def test_with_a_look_before_the_write_an_invitation_lets_several_in() -> None:
    with unlocked_policy(), mock.patch.object(registration, "use_invitation", looked_at_first):
        assert any(with_one_invitation(number)["ok"] > 1 for number in range(ROUNDS))


def test_an_invitation_lets_exactly_one_in() -> None:
    # Even where nothing else lets sign-ups come one after the other.
    with unlocked_policy():
        for number in range(ROUNDS):
            assert with_one_invitation(number) == {"ok": 1, "invalid_invitation": CROWD - 1}


def test_of_many_who_sign_up_with_one_address_one_account_comes_and_all_are_answered_alike() -> None:
    for number in range(ROUNDS):
        email = f"one{number}@example.com"
        outcome = crowd(CROWD, partial(sign_up_as, email))
        assert (outcome, User.objects.filter(email=email).count()) == ({"ok": CROWD}, 1)


def with_one_link(number: int) -> int:
    alice = make_user(f"alice{number}@example.com")
    token = issue_token(alice, Purpose.RESET, alice.email)
    return crowd(CROWD, lambda n: reset_password(token=token, password=f"a new secret number {n}"))["ok"]


def test_without_the_claim_a_link_sets_several_passwords() -> None:
    with mock.patch.object(recovery, "claim_token"):
        assert any(with_one_link(number) > 1 for number in range(ROUNDS))


def test_a_link_sets_one_password() -> None:
    assert [with_one_link(number) for number in range(ROUNDS)] == [1] * ROUNDS


def both_at_once(number: int, guard: AbstractContextManager[object]) -> bool:
    """Whether both confirmations at once have changed the address."""
    alice, new = make_user(f"a{number}@example.com"), f"b{number}@example.com"
    ask_for_change(user=alice, email=new)
    tokens = [token_mailed(f"email_change_{end}") for end in ("old", "new")]
    with guard:
        assert crowd(2, lambda n: confirm_change(token=tokens[n]))["ok"] == 2
    return User.objects.filter(email=new).exists()


def test_without_the_lock_each_of_two_confirmations_waits_for_the_other() -> None:
    def unlocked(number: int) -> bool:
        reader = mock.patch.object(addresses, "lock_person", lambda pk: User.objects.filter(pk=pk).first())
        return both_at_once(number, reader)

    assert not all(unlocked(number) for number in range(3 * ROUNDS))


def test_two_confirmations_at_once_change_the_address() -> None:
    assert all(both_at_once(number, nullcontext()) for number in range(ROUNDS))
    assert not EmailToken.objects.exists()
