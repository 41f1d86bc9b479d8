"""Stripe refuses somebody's language while another is being chosen. First without the person's lock: then nobody tells the new one."""

from __future__ import annotations

import threading
from typing import Any
from unittest import mock
from uuid import UUID

import pytest
from django.db import connection, transaction

from accounts.models import User
from accounts.services.profile import choose_language
from billing.gateway.errors import GatewayRefused
from billing.models import StripeOrder
from billing.services import orders
from billing.services.customers import tell_contact
from billing.services.orders import perform
from tests.concurrency.waiting import until, waiting
from tests.factories.accounts import make_user
from tests.factories.payments import make_customer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]


def read_without_lock(user_id: UUID) -> User | None:
    """What `lock_person` would be if it only looked."""
    return User.objects.filter(pk=user_id).first()


def refuse(order: StripeOrder, api: Any) -> None:
    raise GatewayRefused("email_invalid")


def refused_while_another_is_chosen(*, waits: bool) -> int:
    """How many orders are open after both have ended."""
    alice = make_user("alice@example.com", language="en")
    make_customer(alice)
    tell_contact(alice)
    order = StripeOrder.objects.select_related("user").get()

    def be_refused() -> None:
        try:
            with mock.patch.object(orders, "ask_for", refuse):
                perform(order, mock.Mock())
        except GatewayRefused:
            pass
        finally:
            connection.close()

    thread = threading.Thread(target=be_refused)
    with transaction.atomic():
        choose_language(user=User.objects.get(), language="de")
        thread.start()
        if waits:
            until(lambda: waiting() == 1)
        else:
            thread.join(10)
    thread.join(10)
    assert not thread.is_alive()
    order.refresh_from_db()
    assert order.state == StripeOrder.State.REFUSED
    return StripeOrder.objects.filter(state=StripeOrder.State.OPEN).count()


def test_without_the_lock_nobody_tells_the_new_language() -> None:
    with mock.patch.object(orders, "lock_person", read_without_lock):
        assert refused_while_another_is_chosen(waits=False) == 0


def test_what_is_chosen_meanwhile_is_told() -> None:
    assert refused_while_another_is_chosen(waits=True) == 1
