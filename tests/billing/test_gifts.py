"""Gift codes: what they are, what redeeming gives, and everything that it refuses."""

from __future__ import annotations

import re
from contextlib import nullcontext
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from accounts.models import AuditEvent, User
from accounts.roles import BILLING, OWNER, SUPPORT, sync_roles
from billing.entitlements import Source, entitlement_for
from billing.errors import GiftExpired, GiftNotNeeded, GiftOfOnesOwn, GiftUsed, UnknownGift
from billing.models import GiftBatch, GiftCode, Plan, PlanGrant
from billing.services.gifts import export_codes, make_batch, redeem, revoke_batch, revoke_code
from nexusvpn.encrypted_columns import encrypted_columns, reencrypt
from nexusvpn.errors import Conflict, InvalidInput
from tests.api_client import ApiClient
from tests.factories.accounts import make_user
from tests.factories.billing import grant
from tests.factories.payments import make_subscription, price_of
from tests.jobs import run_due_jobs

pytestmark = pytest.mark.django_db
ADDRESS = "billing/gifts/redeem"


def staff_of(role: str, email: str) -> User:
    sync_roles()
    user = make_user(email, is_staff=True)
    user.groups.set([Group.objects.get(name=role)])
    return user


def batch_of(sam: User, count: int = 1, plan: str = "basic", days: int = 30, **fields: Any) -> GiftBatch:
    return make_batch(by=sam, name="Fair", plan=Plan.objects.get(code=plan), days=days, count=count, **fields)


def codes_of(sam: User, count: int = 1, **fields: Any) -> list[str]:
    return export_codes(batch_of(sam, count, **fields), by=sam)


def test_a_code_is_long_grouped_and_has_nothing_that_looks_like_something_else(sam: User) -> None:
    codes = codes_of(sam, 50)
    assert len(set(codes)) == 50
    for code in codes:
        assert re.fullmatch(r"([A-Z0-9]{4}-){4}[A-Z0-9]{4}", code)
        assert not set(code) & set("0O1IL2Z5S8BUV")


def test_no_table_holds_a_code_in_plain_text(sam: User) -> None:
    (code,) = codes_of(sam)
    (row,) = GiftCode.objects.values()
    assert code.encode() not in bytes(row["code"]) + bytes(row["code_hash"])
    (column,) = [found for found in encrypted_columns() if found.label == "billing.GiftCode.code"]
    assert (reencrypt(column).current, reencrypt(column).unreadable) == (1, 0)


def test_redeeming_gives_the_plan_for_its_days_from_now(alice: User, sam: User) -> None:
    (code,) = codes_of(sam, plan="pro", days=90)
    run_due_jobs()
    given = redeem(user=alice, code=code)
    found = entitlement_for(alice)
    assert (found.plan_code, found.reason, found.valid_until) == ("pro", Source.GIFT, given.valid_until)
    assert given.valid_until is not None
    assert abs(given.valid_until - timezone.now() - timedelta(days=90)) < timedelta(minutes=1)
    assert run_due_jobs() == ["vpn.tasks.settle"]
    assert AuditEvent.objects.get(action="gift_redeemed").person_id == alice.pk
    assert bytes(GiftCode.objects.get().code) == b""


def test_it_may_be_typed_in_small_letters_and_with_blanks(alice: User, sam: User) -> None:
    (code,) = codes_of(sam)
    assert redeem(user=alice, code=f" {code.lower().replace('-', ' ')} ").plan.code == "basic"


def test_a_second_gift_of_the_same_plan_is_added_to_the_first(alice: User, sam: User) -> None:
    first, second = (redeem(user=alice, code=code) for code in codes_of(sam, 2))
    assert first.valid_until is not None
    assert second.valid_until == first.valid_until + timedelta(days=30)
    assert entitlement_for(alice).valid_until == second.valid_until


def test_a_gift_that_is_over_is_not_added_to(alice: User, sam: User) -> None:
    first, second = codes_of(sam, 2)
    over = timezone.now() - timedelta(days=1)
    PlanGrant.objects.filter(pk=redeem(user=alice, code=first).pk).update(valid_until=over)
    until = redeem(user=alice, code=second).valid_until
    assert until is not None
    assert until > timezone.now() + timedelta(days=29)


def test_a_code_is_good_once(alice: User, bob: User, sam: User) -> None:
    (code,) = codes_of(sam)
    redeem(user=alice, code=code)
    with pytest.raises(GiftUsed, match="You have redeemed"):
        redeem(user=alice, code=code)
    with pytest.raises(GiftUsed, match="was redeemed already"):
        redeem(user=bob, code=code)
    assert PlanGrant.objects.count() == 1


def test_after_its_last_moment_it_is_not_redeemed(alice: User, sam: User) -> None:
    (code,) = codes_of(sam, expires_at=timezone.now() + timedelta(days=1))
    GiftBatch.objects.update(expires_at=timezone.now())
    with pytest.raises(GiftExpired):
        redeem(user=alice, code=code)


def test_unknown_and_revoked_codes_are_answered_alike(alice: User, sam: User) -> None:
    batch = batch_of(sam, 2)
    codes = export_codes(batch, by=sam)
    revoke_batch(batch, by=sam)
    said = []
    for code in (*codes, "AAAA-AAAA-AAAA-AAAA-AAAA", "x", ""):
        with pytest.raises(UnknownGift) as refused:
            redeem(user=alice, code=code)
        said.append((refused.value.code, refused.value.message))
    assert len(set(said)) == 1


@pytest.mark.parametrize("has_role", [True, False])
def test_who_made_a_batch_redeems_nothing_of_it(alice: User, has_role: bool) -> None:
    giver = staff_of(BILLING, "giver@example.com")
    (code,) = codes_of(giver)
    if not has_role:
        giver.groups.clear()
        giver = User.objects.get(pk=giver.pk)
    with pytest.raises(GiftOfOnesOwn):
        redeem(user=giver, code=code)
    assert not PlanGrant.objects.exists()
    assert redeem(user=alice, code=code).plan.code == "basic"


@pytest.mark.parametrize(("role", "is_refused"), [(BILLING, True), (OWNER, True), (SUPPORT, False)])
def test_nor_does_a_colleague_who_can_download_the_codes(sam: User, role: str, is_refused: bool) -> None:
    (code,) = codes_of(sam)
    colleague = staff_of(role, "colleague@example.com")
    with pytest.raises(GiftOfOnesOwn) if is_refused else nullcontext():
        redeem(user=colleague, code=code)
    assert PlanGrant.objects.exists() is not is_refused


def test_who_may_do_everything_may_do_this_too(sam: User) -> None:
    assert redeem(user=sam, code=codes_of(sam)[0]).plan.code == "basic"


def test_who_pays_for_as_much_or_more_keeps_the_code_for_later(alice: User, sam: User) -> None:
    (code,) = codes_of(sam)
    made = make_subscription(alice, price_of("pro"))
    with pytest.raises(GiftNotNeeded):
        redeem(user=alice, code=code)
    made.status = "canceled"
    made.save()
    assert redeem(user=alice, code=code).plan.code == "basic"


def test_who_has_it_from_staff_for_good_keeps_the_code_too(alice: User, sam: User) -> None:
    grant(alice, "pro")
    with pytest.raises(GiftNotNeeded):
        redeem(user=alice, code=codes_of(sam)[0])


def test_a_gift_of_more_than_what_is_paid_for_is_taken(alice: User, sam: User) -> None:
    make_subscription(alice, price_of("basic"))
    redeem(user=alice, code=codes_of(sam, plan="pro")[0])
    assert (entitlement_for(alice).plan_code, entitlement_for(alice).reason) == ("pro", Source.GIFT)


def test_what_was_redeemed_outlives_the_revocation_of_its_batch(alice: User, sam: User) -> None:
    batch = batch_of(sam, 3)
    redeem(user=alice, code=export_codes(batch, by=sam)[0])
    assert revoke_batch(batch, by=sam) == 2
    assert entitlement_for(alice).reason is Source.GIFT
    with pytest.raises(Conflict) as refused:
        export_codes(batch, by=sam)
    assert refused.value.code == "gift_batch_over"
    with pytest.raises(Conflict) as refused:
        revoke_code(GiftCode.objects.filter(redeemed_by=alice).get(), by=sam)
    assert refused.value.code == "gift_over"


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", " "), ("plan", "free"), ("days", 0), ("days", 3661), ("count", 0), ("count", 1001), ("expires_at", -1)],
)
def test_a_batch_of_nonsense_is_refused_at_its_field(sam: User, field: str, value: Any) -> None:
    values: dict[str, Any] = {"name": "Fair", "plan": "basic", "days": 30, "count": 1, "expires_at": None}
    values[field] = timezone.now() + timedelta(days=value) if field == "expires_at" else value
    values["plan"] = Plan.objects.get(code=values["plan"])
    with pytest.raises(InvalidInput) as refused:
        make_batch(by=sam, **values)
    assert set(refused.value.fields) == {field}
    assert not GiftBatch.objects.exists()


class TestOverTheApi:
    def test_it_answers_what_was_given(self, alice: User, sam: User, alice_api: ApiClient) -> None:
        answer = alice_api.post(ADDRESS, {"code": codes_of(sam)[0]})
        assert answer.status == 200
        assert (answer.data["plan"], answer.data["plan_name"]) == ("basic", "Basic")
        assert answer.data["valid_until"]

    def test_refusals_say_what_is_wrong(self, sam: User, alice_api: ApiClient, bob_api: ApiClient) -> None:
        (code,) = codes_of(sam)
        assert bob_api.post(ADDRESS, {"code": code}).status == 200
        used, unknown = alice_api.post(ADDRESS, {"code": code}), alice_api.post(ADDRESS, {"code": "no such code"})
        assert (used.status, used.code) == (409, "gift_used")
        assert (unknown.status, unknown.code) == (409, "gift_unknown")
        assert alice_api.post(ADDRESS, {"code": 7}).status == 400
        assert alice_api.post(ADDRESS, {"code": "x", "plan": "pro"}).status == 400

    def test_nobody_signed_in_redeems_nothing(self, api: ApiClient) -> None:
        assert api.post(ADDRESS, {"code": "x"}).status == 401

    def test_an_account_tries_ten_codes_an_hour(self, sam: User, alice_api: ApiClient) -> None:
        tries = [alice_api.post(ADDRESS, {"code": f"WRONG-{number}"}).status for number in range(11)]
        assert tries == [409] * 10 + [429]
