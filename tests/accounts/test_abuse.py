"""Accounts that staff should look at; whoever makes them sees nothing of it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from accounts.models import AbuseFlag, SignupOrigin, User
from accounts.services.abuse import disposable_domain, network_of
from tests.api_client import ApiClient
from tests.jobs import run_waiting_jobs
from tests.stored import text_of_every_table


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("198.51.100.77", "198.51.100.0/24"),
        ("2001:db8:1:2:3::4", "2001:db8:1::/48"),
    ],
)
def test_of_an_address_its_network_is_kept(address: str, network: str) -> None:
    assert network_of(address) == network


@pytest.mark.parametrize(
    ("email", "domain"),
    [
        ("a@mailinator.com", "mailinator.com"),
        ("a@MAILINATOR.com", "mailinator.com"),
        ("a@deep.sub.mailinator.com", "mailinator.com"),
        ("a@mailinator.example", ""),
        ("a@example.com", ""),
        ("a@mailinator.com.example.com", ""),
    ],
)
def test_throw_away_mailboxes_are_known_by_the_shipped_list(email: str, domain: str) -> None:
    assert disposable_domain(email) == domain


def register(api: ApiClient, email: str, address: str = "198.51.100.7") -> None:
    answer = api.post("auth/register", {"email": email, "password": "a long enough secret"}, remote_addr=address)
    assert (answer.status, set(answer.data)) == (201, {"user", "verification_sent"})
    run_waiting_jobs()


@pytest.mark.django_db
def test_the_network_is_written_with_the_account_and_the_address_nowhere(api: ApiClient) -> None:
    register(api, "dora@example.com", "198.51.100.77")
    assert SignupOrigin.objects.get(user__email="dora@example.com").network == "198.51.100.0/24"
    with_origin = [line for line in text_of_every_table().splitlines() if "198.51.100.0/24" in line]
    assert with_origin
    assert not [line for line in with_origin if "198.51.100.77" in line]


@pytest.mark.django_db
def test_accounts_beyond_so_many_a_day_from_one_network_are_flagged(api: ApiClient, settings: Settings) -> None:
    settings.ABUSE_ACCOUNTS_PER_NETWORK = 2
    register(api, "old@example.com", "198.51.100.200")
    SignupOrigin.objects.update(created_at=timezone.now() - timedelta(hours=25))
    for number in range(3):
        register(api, f"d{number}@example.com", f"198.51.100.{number}")
    register(api, "elsewhere@example.com", "203.0.113.1")
    flag = AbuseFlag.objects.get()
    assert (flag.user.email, flag.reason, flag.detail) == ("d2@example.com", "network", "198.51.100.0/24: 3 in a day")


@pytest.mark.django_db
def test_a_throw_away_mailbox_is_flagged_once_and_not_again_after_it_was_cleared(api: ApiClient) -> None:
    register(api, "dora@mailinator.com")
    AbuseFlag.objects.update(cleared_at=timezone.now())
    register(api, "dora@mailinator.com")
    assert (AbuseFlag.objects.get().detail, User.objects.count()) == ("mailinator.com", 1)


@pytest.mark.django_db
def test_it_is_looked_at_without_verification_too(api: ApiClient, settings: Settings) -> None:
    settings.EMAIL_VERIFICATION = False
    api.post("auth/register", {"email": "dora@mailinator.com", "password": "a long enough secret"})
    run_waiting_jobs()
    assert AbuseFlag.objects.get().reason == "disposable"
