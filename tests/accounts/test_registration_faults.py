"""A failure at any write of a sign-up leaves nothing anywhere, and the same call again succeeds. The writes are counted, not listed."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import Invitation, RegistrationPolicy, User
from accounts.services.invitations import invite
from accounts.services.registration import register_account
from referrals.models import CampaignSignup, Referral
from tests.accounts.test_pages_sign_up import FORM
from tests.api_client import ApiClient
from tests.factories.accounts import make_user
from tests.referrals.campaigns import browser, make_campaign
from tests.writes import counted_writes, everything, fail_at, writes_made

pytestmark = pytest.mark.django_db(transaction=True)
EMAIL = "dora@example.com"
PASSWORD = "a long enough secret"


@pytest.fixture
def alice() -> User:
    return make_user("alice@example.com")


@pytest.fixture(autouse=True)
def _campaign() -> None:
    make_campaign()


@pytest.fixture
def code(alice: User) -> str:
    """Of an invitation, needed for every sign-up: it is used up by one, which is a write too."""
    RegistrationPolicy.objects.create(pk=1, mode="invited")
    return invite(by=alice)[1]


def through_the_service(alice: User, code: str) -> bool:
    register_account(
        email=EMAIL, password=PASSWORD, referral_code=alice.referral_code, campaign="letter", invitation_code=code
    )
    return True


def over_the_api(alice: User, code: str) -> bool:
    body = {"email": EMAIL, "password": PASSWORD, "referral_code": alice.referral_code, "campaign": "letter"}
    answer = ApiClient(None, raise_exceptions=False).post("auth/register", {**body, "invitation_code": code})
    return answer.status == 201


def on_the_page(visitor: Client) -> Callable[[User, str], bool]:
    def send(alice: User, code: str) -> bool:
        form = {**FORM, "email": EMAIL, "referral_code": alice.referral_code, "invitation_code": code}
        return visitor.post("/signup", form, REMOTE_ADDR="192.0.2.9").status_code == 302

    return send


@pytest.fixture
def visitor() -> Client:
    """A browser that came by a campaign's link."""
    client = browser()
    client.raise_request_exception = False
    client.get("/?c=letter")
    return client


@pytest.fixture(autouse=True)
def _unlimited(settings: Settings) -> None:
    """Three sign-ups a minute are admitted; here one is tried again and again."""
    settings.RATELIMIT_ENABLE = False


@pytest.fixture
def _counted() -> Iterator[None]:
    with counted_writes():
        yield


def holds(act: Callable[[User, str], bool], alice: User, code: str) -> int:
    """Fails each write of `act` in turn, then none; returns how many there were."""
    before, number = everything(), 0
    while True:
        number += 1
        fail_at(number)
        try:
            succeeded = act(alice, code)
        except Exception:  # noqa: BLE001  (which one it is depends on who wrote)
            succeeded = False
        made = writes_made()
        fail_at(0)
        if succeeded:
            assert made == number - 1, "a write failed and the call went on"
            return made
        assert made >= number, "it failed by itself"
        changed = {table for table, digest in everything().items() if digest != before[table]}
        assert not changed, f"write {number} failed and left something"


@pytest.mark.usefixtures("_counted")
@pytest.mark.parametrize("verification", [True, False])
def test_through_the_service(settings: Settings, alice: User, code: str, verification: bool) -> None:
    settings.EMAIL_VERIFICATION = verification
    # The account, its origin, referral, campaign, act, the invitation used up, a job; without verification the mail and its job too.
    assert holds(through_the_service, alice, code) >= (7 if verification else 9)
    dora = User.objects.get(email=EMAIL)
    assert (dora.referred_by, Referral.objects.get().referred) == (alice, dora)
    assert CampaignSignup.objects.get().user == Invitation.objects.get().used_by == dora


@pytest.mark.usefixtures("_counted")
def test_over_the_api(alice: User, code: str) -> None:
    assert holds(over_the_api, alice, code) >= 7
    assert CampaignSignup.objects.get().user == Referral.objects.get().referred


def test_on_the_page(alice: User, code: str, visitor: Client) -> None:
    with counted_writes():
        assert holds(on_the_page(visitor), alice, code) >= 7
    assert CampaignSignup.objects.get().user == Referral.objects.get().referred


@pytest.mark.usefixtures("_counted")
def test_with_an_address_that_has_an_account_nothing_is_left_either(alice: User, code: str) -> None:
    make_user(EMAIL)
    assert holds(over_the_api, alice, code) >= 7
    assert not Referral.objects.exists()
    assert not CampaignSignup.objects.exists()


@pytest.mark.usefixtures("_counted")
def test_a_write_outside_of_the_transaction_would_be_found(alice: User) -> None:
    def careless(alice: User, code: str) -> bool:
        User.objects.filter(pk=alice.pk).update(full_name="Changed")
        return through_the_service(alice, code)

    with pytest.raises(AssertionError, match="left something"):
        holds(careless, alice, "")
