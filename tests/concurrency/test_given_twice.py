"""One form that gives something away or tells everybody, sent many times at once. Without the locks more than one of them is done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any
from unittest import mock
from uuid import uuid4

import pytest
from django.db import transaction
from django.utils import timezone

from accounts.models import AuditEvent, Invitation, User
from accounts.services.invitations import invite
from billing.models import Coupon, GiftBatch, Plan, PlanGrant
from billing.services import coupons, gifts, grants
from billing.services.coupons import add_coupon
from billing.services.gifts import make_batch
from billing.services.grants import grant_plan
from tests.concurrency.crowd import crowd
from tests.factories.accounts import make_user
from tests.factories.billing import make_plans
from vpn.models import Incident, IncidentUpdate
from vpn.services import incidents
from vpn.services.incidents import post_incident, post_update

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]
ROUNDS, AT_ONCE = 20, 8


def read_without_lock(user_id: Any) -> User | None:
    """What `lock_person` would be if it only looked."""
    return User.objects.filter(pk=user_id).first()


@pytest.fixture
def sam(db: None) -> User:
    make_plans()
    return make_user("sam@example.com")


def give(sam: User, number: int) -> Counter[str]:
    user, plan = make_user(f"alice-{number}@example.com"), Plan.objects.get(code="pro")
    return crowd(AT_ONCE, lambda _: grant_plan(user=user, plan=plan, reason="Outage", granted_by=sam))


def make(sam: User, number: int) -> Counter[str]:
    plan = Plan.objects.get(code="basic")
    return crowd(AT_ONCE, lambda _: make_batch(by=sam, name=f"Fair {number}", plan=plan, days=30, count=1))


def discount(sam: User, number: int) -> Counter[str]:
    return crowd(AT_ONCE, lambda _: add_coupon(by=sam, name=f"Fair {number}", percent_off=20))


def invite_a_friend(sam: User, number: int) -> Counter[str]:
    key, email = uuid4(), f"friend-{number}@example.com"
    return crowd(AT_ONCE, lambda _: invite(by=sam, email=email, key=key))


def tell(sam: User, number: int) -> Counter[str]:
    started_at = timezone.now()

    def send(_: int) -> None:
        with transaction.atomic():
            incident = Incident(title=f"Cut {number}", impact="down", started_at=started_at)
            post_incident(incident, locations=[], by=sam)

    return crowd(AT_ONCE, send)


ALL = pytest.mark.parametrize(
    ("act", "module", "refusal"),
    [
        (give, grants, "already_given"),
        (make, gifts, "batch_just_made"),
        (discount, coupons, "coupon_just_made"),
        (tell, incidents, "already_told"),
    ],
    ids=["plan", "gift codes", "coupon", "incident"],
)
Act = Callable[[User, int], Counter[str]]


@ALL
def test_without_the_lock_one_form_gives_more_than_once(sam: User, act: Act, module: Any, refusal: str) -> None:
    with mock.patch.object(module, "lock_person", read_without_lock):
        for number in range(ROUNDS):
            if act(sam, number)["ok"] > 1:
                return
    pytest.fail("the negative control never lost the race, so the test below proves nothing")


@ALL
def test_one_form_sent_many_times_at_once_gives_once(sam: User, act: Act, module: Any, refusal: str) -> None:
    for number in range(ROUNDS):
        assert act(sam, number) == {"ok": 1, refusal: AT_ONCE - 1}
    given = (PlanGrant, GiftBatch, Coupon, Incident)
    assert sum(model._default_manager.count() for model in given) == ROUNDS
    told = AuditEvent.objects.filter(action__in=("plan_granted", "gift_codes_made", "coupon_made"))
    # What is done in the admin's own form is told there.
    assert told.count() == (0 if act is tell else ROUNDS)


def test_an_invitation_is_made_once_by_a_form_that_is_sent_many_times_at_once(sam: User) -> None:
    """By its key, which the lock lets all but one see; without it the database would refuse them."""
    for number in range(ROUNDS):
        assert invite_a_friend(sam, number) == {"ok": 1, "already_invited": AT_ONCE - 1}
    acts = AuditEvent.objects.filter(action="invitation_made")
    assert Invitation.objects.count() == acts.count() == ROUNDS


def say(_: User, number: int) -> Counter[str]:
    incident = Incident.objects.create(title=f"Cut {number}", impact="down")
    return crowd(AT_ONCE, lambda _: post_update(incident_id=incident.pk, text="It is mended."))


def test_without_the_incidents_lock_a_message_is_said_more_than_once(sam: User) -> None:
    with mock.patch.object(incidents, "lock_incident", lambda pk: Incident.objects.get(pk=pk)):
        if not any(say(sam, number)["ok"] > 1 for number in range(ROUNDS)):
            pytest.fail("the negative control never lost the race, so the test below proves nothing")


def test_a_message_is_said_once(sam: User) -> None:
    for number in range(ROUNDS):
        assert say(sam, number) == {"ok": 1, "just_said": AT_ONCE - 1}
    assert IncidentUpdate.objects.count() == ROUNDS
