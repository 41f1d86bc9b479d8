"""A plan ends, or is paid for again, while devices are added: nobody has more tunnels than their plan, and nobody fewer."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any
from unittest import mock

import pytest
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from billing.entitlements import entitlement_for
from billing.models import Effect, Invoice, Subscription
from billing.services import dunning
from billing.services.derived import derive
from billing.signals import entitlement_changed
from tests.concurrency.crowd import crowd
from tests.factories.accounts import make_user
from tests.factories.payments import make_invoice, make_subscription
from tests.factories.vpn import make_location, make_server, new_key
from tests.invariants import assert_invariants
from vpn.models import NodeStatus, VpnConfig
from vpn.services.admission import settle_customer
from vpn.services.devices import add_device
from vpn.services.kept_devices import keep_devices
from vpn.services.quota import Meter

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]
ROUNDS = 20


def subscriber(number: int) -> tuple[User, Subscription]:
    """Somebody who pays for Basic, with two devices."""
    NodeStatus.objects.update(last_report_at=timezone.now())
    user = make_user(f"alice{number}@example.com")
    made = make_subscription(user)
    for name in ("one", "two"):
        add(user, name)
    return user, made


def add(user: User, name: str) -> None:
    add_device(user=user, name=name, location_slug="ams", public_key=new_key())


def end(subscription: Subscription) -> None:
    """What a sync does that finds it ended, and the job that it asks for."""
    with transaction.atomic():
        subscription.status, subscription.ended_at = Subscription.Status.CANCELED, timezone.now()
        subscription.save()
        entitlement_changed.send(sender=Subscription, user_id=subscription.user_id)
    settle_customer(subscription.user_id)


def admitted(user: User) -> int:
    return VpnConfig.objects.live().filter(user=user, blocked="").count()


def ends_beside(made: Subscription, act: Callable[[int], Any], after_s: float = 0) -> None:
    def ending() -> None:
        time.sleep(after_s)
        end(made)

    outcome = crowd(4, lambda number: ending() if number == 0 else act(number))
    assert set(outcome) <= {"ok", "device_limit_reached"}


def test_devices_that_are_added_while_the_plan_ends_are_none_too_many() -> None:
    make_server(make_location("ams"))
    for number in range(ROUNDS):
        user, made = subscriber(number)
        ends_beside(made, lambda n, user=user: add(user, f"new {n}"))  # type: ignore[misc]
        assert admitted(user) == 1
    assert_invariants()


def test_without_the_customers_lock_some_are() -> None:
    make_server(make_location("ams"))
    user, made = subscriber(0)

    def slowly(user: User) -> Any:
        found = entitlement_for(user)
        time.sleep(0.5)
        return found

    with (
        mock.patch("vpn.services.devices.lock_customer"),
        mock.patch("vpn.services.devices.entitlement_for", slowly),
        mock.patch.object(Meter, "check_is_of"),
    ):
        ends_beside(made, lambda n: add(user, f"new {n}"), after_s=0.2)
    assert admitted(user) > 1
    with pytest.raises(AssertionError, match="I2"):
        assert_invariants()


def test_a_choice_that_is_made_while_the_plan_ends_is_kept() -> None:
    make_server(make_location("ams"))
    for number in range(ROUNDS):
        user, made = subscriber(number)
        second = VpnConfig.objects.get(user=user, name="two")
        ends_beside(made, lambda n, user=user, pk=second.pk: keep_devices(user=user, device_ids=[pk]))  # type: ignore[misc]
        assert list(VpnConfig.objects.filter(user=user, blocked="").values_list("name", flat=True)) == ["two"]
    assert_invariants()


def test_many_looks_and_syncs_at_once_write_each_mail_once() -> None:
    user = make_user("alice@example.com")
    for number in range(ROUNDS):
        Subscription.objects.update(status=Subscription.Status.CANCELED, look_at=None)
        made = make_subscription(user, status=Subscription.Status.PAST_DUE)
        make_invoice(user, made, status=Invoice.Status.OPEN)
        derive(made)
        made.look_at = timezone.now()
        made.save()

        def sync(made: Subscription = made) -> None:
            with transaction.atomic():
                dunning.follow(Subscription.objects.get(pk=made.pk))

        outcome = crowd(8, lambda n, made=made, sync=sync: dunning.look(made.pk) if n % 2 else sync())  # type: ignore[misc]
        assert outcome == {"ok": 8}
        assert user.notifications.count() == user.mails.filter(kind="payment_failed").count() == number + 1
    assert Effect.objects.count() == ROUNDS
