"""With the real worker: devices go when the grace is over, and are back with their addresses when the payment is there."""

from __future__ import annotations

import sys
import time

import pytest

from tests.live.conftest import StackMaker
from tests.live.stack import Stack

pytestmark = pytest.mark.live
WITHIN_S = 5.0
PEOPLE, DEVICES = 8, 3
MAKE = f"""
from datetime import timedelta
from django.utils import timezone
from billing.models import Invoice
from tests.factories.accounts import make_user
from tests.factories.payments import make_invoice, make_subscription
from tests.factories.vpn import make_location, make_server, new_key
from vpn.services.devices import add_device
make_server(make_location("ams"))
for person in range({PEOPLE}):
    user = make_user(f"p{{person}}@example.com")
    made = make_subscription(user)
    for device in range({DEVICES}):
        add_device(user=user, name=str(device), location_slug="ams", public_key=new_key())
"""
FAIL = """
from datetime import timedelta
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from billing.models import Invoice, Subscription
from billing.services.derived import derive
from billing.services.dunning import follow
from tests.factories.payments import make_invoice
since = timezone.now() - timedelta(days=settings.DUNNING_GRACE_DAYS) + timedelta(seconds=4)
for made in Subscription.objects.select_related("user"):
    with transaction.atomic():
        make_invoice(made.user, made, at=since, status=Invoice.Status.OPEN, paid_at=None)
        made.status = Subscription.Status.PAST_DUE
        derive(made)
        made.save()
        follow(made)
"""
PAY = """
from django.db import transaction
from billing.models import Invoice, Subscription
from billing.services.derived import derive
from billing.services.dunning import follow
from billing.signals import entitlement_changed
for made in Subscription.objects.select_related("user"):
    with transaction.atomic():
        Invoice.objects.filter(subscription=made).update(status=Invoice.Status.PAID)
        made.status = Subscription.Status.ACTIVE
        derive(made)
        made.save()
        follow(made)
        entitlement_changed.send(sender=Subscription, user_id=made.user_id)
"""
WISHED = "SELECT count(*) FROM vpn_peer WHERE wanted"
GRACE_OVER = "SELECT max(look_at) FROM billing_subscription"


@pytest.fixture
def stack(make_stack: StackMaker) -> Stack:
    made = make_stack(workers=1)
    made.spawn("worker", [sys.executable, "manage.py", "procrastinate", "worker", "--queues", "fleet,periodic"])
    return made


def addresses(stack: Stack) -> list[tuple[object, ...]]:
    return stack.sql("SELECT device_id, ipv4, ipv6 FROM vpn_ipassignment WHERE released_at IS NULL ORDER BY device_id")


def wait_for_wishes(stack: Stack, number: int) -> None:
    deadline = time.monotonic() + 60
    while stack.sql(WISHED)[0][0] != number:
        assert time.monotonic() < deadline, stack.logs()
        time.sleep(0.02)


def seconds_since(stack: Stack, moment: object) -> float:
    return float(stack.sql("SELECT extract(epoch FROM clock_timestamp() - %s::timestamptz)", moment)[0][0])


def test_devices_go_to_the_second_and_come_back_with_their_addresses(stack: Stack) -> None:
    stack.manage("shell", "-c", MAKE)
    wait_for_wishes(stack, PEOPLE * DEVICES)
    before = addresses(stack)
    stack.manage("shell", "-c", FAIL)
    over = stack.sql(GRACE_OVER)[0][0]
    # The free plan has room for one device of each.
    wait_for_wishes(stack, PEOPLE)
    assert 0 <= seconds_since(stack, over) < WITHIN_S
    assert addresses(stack) == before
    stack.manage("shell", "-c", PAY)
    paid = stack.sql("SELECT max(created_at) FROM billing_effect WHERE key LIKE 'restored:%%'")[0][0]
    wait_for_wishes(stack, PEOPLE * DEVICES)
    assert seconds_since(stack, paid) < WITHIN_S
    assert addresses(stack) == before
