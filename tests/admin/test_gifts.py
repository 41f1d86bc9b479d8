"""Staff make gift codes, download and revoke them."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent, User
from billing.models import GiftBatch, GiftCode, Plan
from billing.services.gifts import export_codes, make_batch, redeem
from tests.admin.addresses import action, change, page

pytestmark = pytest.mark.django_db


def new_batch(sam: User, count: int = 2) -> GiftBatch:
    return make_batch(by=sam, name="Fair", plan=Plan.objects.get(code="basic"), days=30, count=count)


def test_a_batch_is_made_by_its_form(staff: Client, sam: User) -> None:
    plan = Plan.objects.get(code="basic")
    sent = {"name": "Fair", "plan": plan.pk, "days": 30, "count": 12, "expires_at_0": "", "expires_at_1": ""}
    assert staff.post(reverse("admin:billing_giftbatch_add"), sent).status_code == 302
    batch = GiftBatch.objects.get()
    assert (batch.codes.count(), batch.created_by) == (12, sam)
    assert AuditEvent.objects.get(action="gift_codes_made").details == {"plan": "basic", "days": 30, "count": 12}


def test_a_form_that_is_sent_twice_makes_one_batch(staff: Client) -> None:
    sent = {"name": "Fair", "plan": Plan.objects.get(code="basic").pk, "days": 30, "count": 2}
    staff.post(reverse("admin:billing_giftbatch_add"), sent)
    assert "a moment ago" in staff.post(reverse("admin:billing_giftbatch_add"), sent, follow=True).text
    assert GiftCode.objects.count() == 2
    with time_machine.travel(timezone.now() + timedelta(minutes=2)):
        staff.post(reverse("admin:billing_giftbatch_add"), sent)
    assert GiftCode.objects.count() == 4


def test_what_the_service_refuses_is_said_at_the_field(staff: Client) -> None:
    plan = Plan.objects.get(code="basic")
    sent = {
        "name": "Fair",
        "plan": plan.pk,
        "days": 30,
        "count": 1,
        "expires_at_0": "2020-01-01",
        "expires_at_1": "00:00",
    }
    answer = staff.post(reverse("admin:billing_giftbatch_add"), sent)
    assert answer.status_code == 200
    assert "Choose a time that is still to come." in answer.content.decode()
    assert not GiftBatch.objects.exists()


def test_the_codes_are_downloaded_as_a_file_that_nobody_caches(staff: Client, sam: User) -> None:
    batch = new_batch(sam)
    codes = export_codes(batch, by=sam)
    assert codes[0] not in staff.get(change(batch)).content.decode()
    answer = staff.post(action(batch, "download"))
    assert (answer["Content-Type"], answer["Content-Disposition"][:10]) == ("text/csv", "attachment")
    assert "no-store" in answer["Cache-Control"]
    assert answer.content.decode().splitlines() == ["code", *codes]


def test_a_batch_is_revoked_and_its_list_says_how_many_are_left(staff: Client, sam: User, alice: User) -> None:
    batch = new_batch(sam, 3)
    redeem(user=alice, code=export_codes(batch, by=sam)[0])
    assert (
        'class="field-still_open">2</td>' in staff.get(reverse("admin:billing_giftbatch_changelist")).content.decode()
    )
    staff.post(action(batch, "revoke"))
    assert (
        'class="field-still_open">0</td>' in staff.get(reverse("admin:billing_giftbatch_changelist")).content.decode()
    )
    assert GiftCode.objects.filter(revoked_at=None).get().redeemed_by == alice


def test_one_code_is_revoked_alone(staff: Client, sam: User) -> None:
    first, second = new_batch(sam).codes.order_by("pk")
    staff.post(action(first, "revoke"))
    assert list(GiftCode.objects.filter(revoked_at=None)) == [second]


def test_a_code_is_known_by_its_batch_and_its_end_and_told_to_nobody(staff: Client, sam: User, alice: User) -> None:
    batch = new_batch(sam)
    secret = export_codes(batch, by=sam)[0]
    end = secret[-4:]
    code = batch.codes.get(tail=end)
    redeem(user=alice, code=secret)
    opened = page(staff, change(code))
    assert f"<h2>Code …{end} of batch Fair</h2>" in opened
    found = page(staff, f"{reverse('admin:billing_giftcode_changelist')}?q={end.lower()}")
    assert f">Code …{end} of batch Fair</a>" in found
    history = page(staff, reverse("admin:billing_giftcode_history", args=[code.pk]))
    assert f"Code …{end} of batch Fair" in history
    for text in (opened, found, history):
        assert secret[:-5] not in text
    assert str(code.pk) not in found.replace(change(code), "")


def test_a_code_that_was_made_before_its_end_was_kept_is_known_by_its_batch(staff: Client, sam: User) -> None:
    code = new_batch(sam, 1).codes.get()
    GiftCode.objects.update(tail="")
    assert "<h2>Code of batch Fair</h2>" in page(staff, change(code))
