"""What staff prepare: service levels that hold for new tickets, and tags that go from every ticket at once."""

from __future__ import annotations

import re

from django.test import Client
from django.urls import reverse

from accounts.models import AuditEvent, User
from billing.models import Plan
from support.models import ServiceLevel, Tag
from tests.admin.addresses import allow, change, save
from tests.factories.support import make_ticket
from tests.queries import recorded_queries


def test_a_service_level_is_changed_for_new_tickets_and_audited(staff: Client) -> None:
    level = ServiceLevel.objects.create(plan="basic", priority="high", answer_minutes=240, resolution_minutes=480)
    assert "opened from now on" in staff.get(change(level)).content.decode()
    sent = {"plan": "basic", "priority": "high", "answer_minutes": "2:00", "resolution_minutes": "8"}
    page = staff.get(save(staff, change(level), sent)["Location"]).content.decode()
    assert "those that are there keep what they were promised" in page
    assert "2 working hours" in page
    act = AuditEvent.objects.get(action="staff_changed", target_id=str(level.pk))
    assert act.details == {"answer_minutes": ["240", "120"]}


def test_a_promise_that_cannot_be_kept_is_refused_at_its_field(staff: Client) -> None:
    address = reverse("admin:support_servicelevel_add")
    sent = {"plan": "basic", "priority": "high", "answer_minutes": "2", "resolution_minutes": "1"}
    assert "not resolved before it is answered" in staff.post(address, sent).content.decode()
    assert "at least a minute" in staff.post(address, {**sent, "answer_minutes": "0"}).content.decode()
    assert "Select a valid choice" in staff.post(address, {**sent, "plan": "no-such-plan"}).content.decode()
    assert not ServiceLevel.objects.filter(plan="basic").exists()


def test_a_tag_goes_from_every_ticket_and_none_of_them_is_read_for_it(staff: Client, alice: User) -> None:
    tag = Tag.objects.create(name="speed")
    for n in range(5):
        make_ticket(alice, subject=f"Number {n}").tags.add(tag)
    address = reverse("admin:support_tag_delete", args=[tag.pk])
    with recorded_queries() as statements:
        page = staff.get(address).content.decode()
    assert "speed, from every ticket that has it" in page
    assert not any('FROM "support_ticket_tags"' in each for each in statements)
    assert staff.post(address, {"post": "yes"}).status_code == 302
    assert not Tag.objects.exists()


def test_who_may_only_view_changes_no_promise(helper: User, helper_browser: Client) -> None:
    allow(helper, "view_servicelevel", "view_tag")
    level = ServiceLevel.objects.create(plan="basic", priority="high", answer_minutes=240, resolution_minutes=480)
    assert helper_browser.post(change(level), {"answer_minutes": "1"}).status_code == 403
    tag = Tag.objects.create(name="speed")
    assert helper_browser.post(reverse("admin:support_tag_delete", args=[tag.pk]), {"post": "yes"}).status_code == 403


def test_service_levels_are_listed_by_urgency_and_then_by_what_is_promised_first(staff: Client) -> None:
    ServiceLevel.objects.all().delete()
    for plan, priority, answer in (("", "low", 960), ("", "high", 240), ("", "medium", 480), ("pro", "high", 60)):
        ServiceLevel.objects.create(plan=plan, priority=priority, answer_minutes=answer, resolution_minutes=960)
    address = reverse("admin:support_servicelevel_changelist")

    def listed(query: str = "") -> list[tuple[str, str]]:
        return [(row.priority, row.plan) for row in staff.get(address + query).context["cl"].result_list]

    expected = [("high", "pro"), ("high", ""), ("medium", ""), ("low", "")]
    assert listed() == expected
    assert [priority for priority, _plan in listed("?o=1")] == ["low", "medium", "high", "high"]
    assert listed("?q=pro") == [("high", "pro")]


def test_a_service_level_is_called_by_its_plans_name_and_by_its_code_when_that_is_gone(staff: Client) -> None:
    ServiceLevel.objects.all().delete()
    Plan.objects.filter(code="pro").update(name="Professional")
    times = {"priority": "high", "answer_minutes": 240, "resolution_minutes": 480}
    pro, _gone, others = (ServiceLevel.objects.create(plan=plan, **times) for plan in ("pro", "gone", ""))
    with recorded_queries() as statements:
        listed = staff.get(reverse("admin:support_servicelevel_changelist")).text
    assert set(re.findall(r"servicelevel/\d+/change/[^>]*>([^<]+)<", listed)) == {
        "Professional",
        "gone",
        "All other plans",
    }
    assert len([each for each in statements if '"billing_plan"' in each]) == 1
    assert "<h2>Professional, High</h2>" in staff.get(change(pro)).text
    assert "<h2>All others, High</h2>" in staff.get(change(others)).text
    assert str(ServiceLevel.objects.get(plan="pro")) == "Professional, High"
