"""Plans given and revoked, devices removed; and what every action asks for."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent, User
from billing.entitlements import entitlement_for
from billing.models import Plan, PlanGrant
from tests.admin.addresses import TOO_LATE, action, allow, change, refuse_who_may_only_see
from tests.admin.rows.billing import new_grant
from tests.admin.rows.vpn import new_device, new_server


def test_a_granted_plan_names_who_gave_it_and_holds_until_revoked(staff: Client, alice: User, sam: User) -> None:
    pro = Plan.objects.get(code="pro")
    form = {"user": alice.pk, "plan": pro.pk, "reason": "Outage on Monday", "valid_until_0": "", "valid_until_1": ""}
    assert staff.post(reverse("admin:billing_plangrant_add"), form).status_code == 302
    grant = PlanGrant.objects.get()
    assert (grant.user, grant.granted_by, grant.valid_until) == (alice, sam, None)
    assert entitlement_for(alice).plan_code == "pro"
    listed = staff.get(reverse("admin:accounts_user_changelist"), {"q": alice.email}).content.decode()
    assert 'class="field-plan_name">Pro</td>' in listed
    staff.post(action(grant, "revoke"))
    assert entitlement_for(alice).plan_code == "free"
    assert TOO_LATE in staff.post(action(grant, "revoke"), follow=True).content.decode()


def test_a_form_that_is_sent_twice_gives_once(staff: Client, alice: User) -> None:
    pro = Plan.objects.get(code="pro")
    form = {"user": alice.pk, "plan": pro.pk, "reason": "Outage", "valid_until_0": "", "valid_until_1": ""}
    staff.post(reverse("admin:billing_plangrant_add"), form)
    assert "given this plan already" in staff.post(reverse("admin:billing_plangrant_add"), form, follow=True).text
    answer = staff.post(action(alice, "give-plan"), {"plan": pro.pk, "reason": "Outage"}, follow=True)
    assert "given this plan already" in answer.text
    grant = PlanGrant.objects.get()
    assert list(AuditEvent.objects.values_list("action", flat=True)) == ["plan_granted"]
    staff.post(action(grant, "revoke"))
    staff.post(action(alice, "give-plan"), {"plan": pro.pk, "reason": "Outage"})
    assert PlanGrant.objects.filter(revoked_at=None).count() == 1


def test_nobody_but_a_superuser_gives_themselves_a_plan(
    staff: Client, sam: User, helper: User, helper_browser: Client
) -> None:
    allow(helper, "view_user", "change_user", "view_plangrant", "add_plangrant", "change_plangrant")
    form = {"plan": Plan.objects.get(code="pro").pk, "reason": "For me", "valid_until_0": "", "valid_until_1": ""}
    address, told = reverse("admin:billing_plangrant_add"), "You cannot give yourself a plan."
    assert told in helper_browser.post(action(helper, "give-plan"), form, follow=True).text
    refused = helper_browser.post(address, {**form, "user": helper.pk})
    assert refused.status_code == 200
    assert list(refused.context["adminform"].form.errors) == ["user"]
    assert told in refused.text
    assert 'value="For me"' in refused.text
    assert not PlanGrant.objects.exists()
    staff.post(action(sam, "give-plan"), form)
    assert PlanGrant.objects.get().user == sam


def test_what_everybody_has_is_given_to_nobody(staff: Client, alice: User) -> None:
    free = Plan.objects.get(code="free").pk
    form = {"user": alice.pk, "plan": free, "reason": "Outage", "valid_until_0": "", "valid_until_1": ""}
    answers = [staff.post(at, form) for at in (reverse("admin:billing_plangrant_add"), action(alice, "give-plan"))]
    assert [answer.status_code for answer in answers] == [200, 400]
    assert not PlanGrant.objects.exists()


def test_an_erased_account_is_given_nothing(staff: Client, alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(is_active=False, erased_at=timezone.now())
    form = {"plan": Plan.objects.get(code="pro").pk, "reason": "Alice asked for it"}
    assert TOO_LATE in staff.post(action(alice, "give-plan"), form, follow=True).text
    assert not PlanGrant.objects.exists()


@pytest.mark.parametrize(
    ("values", "field"),
    [({"valid_until_0": "2001-01-01", "valid_until_1": "00:00"}, "valid_until"), ({"reason": "   "}, "reason")],
)
def test_a_grant_that_makes_no_sense_is_refused_at_its_field(
    staff: Client, alice: User, values: dict[str, str], field: str
) -> None:
    form = {"user": alice.pk, "plan": Plan.objects.get(code="pro").pk, "reason": "Outage", **values}
    answer = staff.post(reverse("admin:billing_plangrant_add"), form)
    assert answer.status_code == 200
    assert list(answer.context["adminform"].form.errors) == [field]
    assert not PlanGrant.objects.exists()


def test_a_grant_that_is_over_has_nothing_to_revoke(staff: Client) -> None:
    grant = new_grant()
    assert action(grant, "revoke") in staff.get(change(grant)).text
    PlanGrant.objects.update(valid_until=timezone.now())
    assert action(grant, "revoke") not in staff.get(change(grant)).text
    assert TOO_LATE in staff.post(action(grant, "revoke")).text
    grant.refresh_from_db()
    assert grant.revoked_at is None


def test_a_grant_is_never_edited(staff: Client) -> None:
    grant = new_grant()
    assert staff.post(change(grant), {"reason": "Another"}).status_code == 403


def test_a_plans_code_stays(staff: Client) -> None:
    page = staff.get(change(Plan.objects.get(code="free"))).content.decode()
    assert 'name="code"' not in page
    assert 'name="name"' in page


def test_a_device_is_removed_by_the_service(staff: Client) -> None:
    device = new_device()
    staff.post(action(device, "remove"))
    device.refresh_from_db()
    assert device.revoked_at is not None
    assert not device.peers.get().wanted
    assert device.assignments.get().released_at is not None


@pytest.mark.parametrize(
    ("make", "slug"),
    [(new_server, "drain"), (new_server, "issue-enrolment"), (new_device, "remove"), (new_grant, "revoke")],
)
def test_viewing_is_not_enough_to_act(helper: User, helper_browser: Client, make: Any, slug: str) -> None:
    row = make()
    refuse_who_may_only_see(helper, helper_browser, row, slug)
    allow(helper, f"view_{row._meta.model_name}", f"change_{row._meta.model_name}")
    assert action(row, slug) in helper_browser.get(change(row)).content.decode()
    assert helper_browser.post(action(row, slug)).status_code in (200, 302)


def test_an_action_that_does_not_exist_is_not_found(staff: Client) -> None:
    assert staff.post(action(new_server(), "explode")).status_code == 404


def test_a_post_without_its_token_is_refused(sam: User) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(sam)
    server = new_server()
    assert browser.post(action(server, "drain")).status_code == 403
    server.refresh_from_db()
    assert server.state == "online"
