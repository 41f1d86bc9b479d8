"""What nobody may do as a customer is not done at any moment while acting begins and ends."""

from __future__ import annotations

from collections import Counter
from typing import Any
from unittest import mock

import pytest
from django.http import HttpRequest
from django.test import Client

from accounts import acting_middleware
from accounts.models import TotpSeed, User
from tests.admin.conftest import browser_with_factor
from tests.concurrency.acting import (
    ROUNDS,
    asked,
    make_staff,
    start,
)
from tests.concurrency.crowd import crowd
from tests.factories.accounts import PASSWORD, make_user
from tests.queries import forget_counts

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]


SECRET = "the customer's own long secret"
DANGEROUS: list[tuple[str, dict[str, str]]] = [
    ("/settings/password", {"current_password": SECRET, "new_password": "another long secret"}),
    ("/settings/security/authenticator", {"begin": "1"}),
    ("/settings/privacy/delete", {"password": SECRET}),
    ("/settings/email", {"email": "taken@example.com", "password": SECRET}),
    ("/billing/checkout", {"plan": "pro"}),
    ("/settings", {"full_name": "Changed"}),
]


def customer_with_secret(number: int) -> User:
    alice = make_user(f"alice{number}@example.com")
    alice.set_password(SECRET)
    alice.save()
    return alice


def state_of(customer: User) -> tuple[Any, ...]:
    return User.objects.filter(pk=customer.pk).values().get(), TotpSeed.objects.filter(user=customer).exists()


def dangers_while_it_comes_and_goes(number: int) -> tuple[bool, Counter[str]]:
    """Whether anything of the customer's was changed by what was sent while acting began and ended again and again."""
    assert SECRET != PASSWORD
    staff, alice = make_staff(f"helper{number}"), customer_with_secret(number)
    browser = browser_with_factor(staff)
    before = state_of(alice)

    def act(each: int) -> None:
        if each == len(DANGEROUS):
            for _ in range(5):
                start(staff, alice)
                asked(staff, alice)
            return start(staff, alice)
        own = Client()
        own.cookies = browser.cookies
        path, form = DANGEROUS[each]
        own.post(path, form)

    start(staff, alice)
    forget_counts()
    outcomes = crowd(len(DANGEROUS) + 1, act)
    return state_of(alice) != before, outcomes


def nothing_refused(self: object, request: HttpRequest, *_: object) -> None:
    return None


def test_without_the_list_of_what_may_be_sent_the_customers_account_is_changed() -> None:
    with mock.patch.object(acting_middleware.ActingMiddleware, "process_view", nothing_refused):
        assert any(dangers_while_it_comes_and_goes(number)[0] for number in range(ROUNDS))


def test_nothing_dangerous_is_done_to_the_customer_at_any_moment() -> None:
    for number in range(ROUNDS):
        assert dangers_while_it_comes_and_goes(number) == (False, {"ok": len(DANGEROUS) + 1})
