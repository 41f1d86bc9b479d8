"""Who is meant by an audience: people by what their apps say of them now."""

from __future__ import annotations

import pytest
from django.utils import timezone

from accounts.audiences import AudienceKind, audience_in_words, audience_kinds, people_in, register_audience
from accounts.models import User
from billing.entitlements import entitlement_for
from billing.models import Plan, PlanGrant
from tests.factories.payments import make_subscription
from tests.factories.vpn import make_location, make_server, new_key
from vpn.services.devices import add_device, remove_device

pytestmark = pytest.mark.django_db


def names(audience: dict[str, list[str]]) -> set[str]:
    return {email.split("@")[0] for email in people_in(audience).values_list("email", flat=True)}


@pytest.fixture(autouse=True)
def _three(alice: User, bob: User, charlie: User) -> None:
    """Alice has Pro as a gift, Bob pays for Basic, Charlie has nothing."""
    PlanGrant.objects.create(user=alice, plan=Plan.objects.get(code="pro"), reason="A gift")
    make_subscription(bob)


def test_nobody_named_is_everybody_who_may_use_their_account(bob: User) -> None:
    User.objects.filter(pk=bob.pk).update(is_active=False)
    assert names({}) == {"alice", "charlie"}


def test_a_plan_is_what_the_entitlement_says(alice: User, bob: User, charlie: User) -> None:
    for plan in Plan.objects.all():
        have = {
            user.email.split("@")[0] for user in (alice, bob, charlie) if entitlement_for(user).plan_code == plan.code
        }
        assert names({"plan": [plan.code]}) == have
    assert names({"plan": ["pro", "free"]}) >= {"alice", "charlie"}
    PlanGrant.objects.update(revoked_at=timezone.now())
    assert "alice" not in names({"plan": ["pro"]})


def test_what_nobody_knows_has_nobody_in_it() -> None:
    assert names({"plan": ["gone"]}) == names({"location": ["999999"]}) == names({"location": ["x"]}) == set()
    assert names({"shoe size": ["42"]}) == set()


def test_choices_are_those_of_now_and_are_said_in_words() -> None:
    place = make_location("oslo", name="Oslo")
    kinds = {kind.name: dict(kind.choices()) for kind in audience_kinds()}
    assert kinds["plan"]["pro"] == "Pro"
    assert kinds["location"][str(place.pk)] == "Oslo"
    assert audience_in_words({}) == "everybody"
    assert audience_in_words({"plan": ["pro", "gone"]}) == "plan: Pro or something that is gone"


def test_a_kind_is_registered_once() -> None:
    kind = audience_kinds()[0]
    with pytest.raises(ValueError, match="already"):
        register_audience(AudienceKind(kind.name, "again", kind.choices, kind.among))


@pytest.mark.django_db(transaction=True)
def test_a_location_is_where_a_device_that_lives_has_its_place(alice: User, bob: User) -> None:
    oslo, rome = make_location("oslo"), make_location("rome")
    make_server(oslo)
    device = add_device(user=alice, name="Phone", public_key=new_key(), location_slug="oslo")
    assert names({"location": [str(oslo.pk)]}) == {"alice"}
    assert names({"location": [str(oslo.pk), str(rome.pk)], "plan": ["basic"]}) == set()
    assert names({"location": [str(rome.pk)]}) == set()
    remove_device(user=alice, device_id=device.pk)
    assert names({"location": [str(oslo.pk)]}) == set()
