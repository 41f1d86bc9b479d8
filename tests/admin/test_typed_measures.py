"""Amounts of data are typed in GB and working times in hours, and kept exactly in bytes and minutes."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.forms import IntegerField
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEvent, User
from billing.models import Plan
from support.models import ServiceLevel
from tests.admin.addresses import allow, change, page, save

pytestmark = pytest.mark.django_db
LEAST, MOST = 1, 2**63 - 1


def plan_with(quota: int | None) -> Plan:
    Plan.objects.filter(code="pro").update(quota_bytes=quota)
    return Plan.objects.get(code="pro")


def plan_form(quota: str) -> dict[str, str]:
    names = ("name", "description", "rank", "device_limit", "trial_days")
    plan = Plan.objects.get(code="pro")
    return {**{name: str(getattr(plan, name)) for name in names}, "is_offered": "on", "quota_bytes": quota}


def shown_quota(staff: Client, plan: Plan) -> str:
    form = staff.get(change(plan)).context["adminform"].form
    shown: str = form["quota_bytes"].as_widget().partition('value="')[2].partition('"')[0]
    return shown


def level_of(answer: int) -> ServiceLevel:
    return ServiceLevel.objects.create(plan="pro", priority="low", answer_minutes=answer, resolution_minutes=90_000)


def level_form(answer: str) -> dict[str, str]:
    return {"plan": "pro", "priority": "low", "answer_minutes": answer, "resolution_minutes": "1500:00"}


@pytest.fixture(autouse=True)
def _no_promise_to_pro(db: None) -> None:
    ServiceLevel.objects.filter(plan="pro").delete()


def test_no_form_of_staff_asks_for_bytes_or_minutes(staff: Client) -> None:
    asked = []
    for model in admin.site._registry:
        answer = staff.get(reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_add"))
        form = answer.context["adminform"].form if answer.status_code == 200 else None
        for name, field in form.fields.items() if form else ():
            if name.endswith(("_bytes", "_minutes")) and isinstance(field, IntegerField) and not field.localize:
                asked.append(f"{model.__name__}.{name}")
    assert asked == []


@pytest.mark.parametrize(
    ("kept", "english", "german"),
    [
        (10_000_000_000, "10", "10"),
        (1_500_000_000_000, "1500", "1500"),
        (1_500_000_000, "1.5", "1,5"),
        (1_024_000_000, "1.0240", "1,0240"),
        (125_000_000, "0.1250", "0,1250"),
        (1_234_567_891, "1.234567891", "1,234567891"),
        (LEAST, "0.000000001", "0,000000001"),
        (MOST, "9223372036.854775807", "9223372036,854775807"),
        (None, "", ""),
    ],
)
def test_a_quota_is_shown_in_gb_and_saved_unchanged(staff: Client, kept: int | None, english: str, german: str) -> None:
    plan = plan_with(kept)
    for language, expected in (("en", english), ("de", german)):
        staff.defaults["HTTP_ACCEPT_LANGUAGE"] = language
        assert shown_quota(staff, plan) == expected
        assert save(staff, change(plan), plan_form(expected)).status_code == 302
        plan.refresh_from_db()
        assert plan.quota_bytes == kept
    told = AuditEvent.objects.filter(target_type="billing.plan").values_list("details", flat=True)
    assert "quota" not in str(list(told))


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("12", 12_000_000_000), ("0.5", 500_000_000), ("1e3", 1_000_000_000_000), (" 7 ", 7_000_000_000), ("", None)],
)
def test_a_quota_is_typed_in_gb(staff: Client, typed: str, kept: int | None) -> None:
    plan = plan_with(99)
    assert save(staff, change(plan), plan_form(typed)).status_code == 302
    plan.refresh_from_db()
    assert plan.quota_bytes == kept


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("a lot", "Enter a number."),
        ("10 GB", "Enter a number."),
        ("1,500", "Enter a number."),
        ("NaN", "Enter a number."),
        ("0", "Choose more than 0 and at most 9,223,372,036 GB."),
        ("-1", "Choose more than 0 and at most 9,223,372,036 GB."),
        ("9223372036.854775808", "Choose more than 0 and at most 9,223,372,036 GB."),
        ("1e999999", "Choose more than 0 and at most 9,223,372,036 GB."),
        ("1.0000000005", "There is nothing smaller than a byte: write nine decimal places at most."),
        (
            "1.00000000000000000000000000000005",
            "There is nothing smaller than a byte: write nine decimal places at most.",
        ),
        ("1e-999999", "There is nothing smaller than a byte: write nine decimal places at most."),
        ("1.500", "This may also mean a thousand times as much"),
        ("1.024", "This may also mean a thousand times as much"),
        (" 12.345 ", "This may also mean a thousand times as much"),
    ],
)
def test_a_quota_that_cannot_be_is_refused_with_what_was_typed(staff: Client, typed: str, said: str) -> None:
    plan = plan_with(99)
    answer = save(staff, change(plan), plan_form(typed))
    form = answer.context["adminform"].form
    assert list(form.errors) == ["quota_bytes"]
    assert said in form.errors["quota_bytes"][0]
    assert f'value="{typed}"' in answer.text
    assert plan_with(99).quota_bytes == 99


@pytest.mark.parametrize("typed", ["1.024", "1,024", "1.500", "1,500"])
def test_a_quota_with_three_decimal_places_is_doubtful_in_german_too(staff: Client, typed: str) -> None:
    staff.defaults["HTTP_ACCEPT_LANGUAGE"] = "de"
    answer = save(staff, change(plan_with(99)), plan_form(typed))
    assert list(answer.context["adminform"].form.errors) == ["quota_bytes"]
    assert "Das kann auch tausendmal so viel heißen" in answer.text
    assert plan_with(99).quota_bytes == 99


@pytest.mark.parametrize(
    ("language", "typed", "kept", "shown"),
    [
        ("en", "4", 240, "4:00"),
        ("en", "0:30", 30, "0:30"),
        ("en", "0.5", 30, "0:30"),
        ("de", "0,5", 30, "0:30"),
        ("de", "1:07", 67, "1:07"),
        ("en", "1500:00", 90_000, "1500:00"),
    ],
)
def test_a_promise_is_typed_in_hours(staff: Client, language: str, typed: str, kept: int, shown: str) -> None:
    level = level_of(1)
    staff.defaults["HTTP_ACCEPT_LANGUAGE"] = language
    assert save(staff, change(level), level_form(typed)).status_code == 302
    level.refresh_from_db()
    assert level.answer_minutes == kept
    assert f'name="answer_minutes" value="{shown}"' in page(staff, change(level))
    changes = AuditEvent.objects.filter(target_type="support.servicelevel").exclude(details={})
    assert changes.count() == 1
    assert save(staff, change(level), level_form(shown)).status_code == 302
    assert changes.count() == 1


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("soon", "Write hours, or hours and minutes, for example 4 or 0:30."),
        ("-1", "Write hours, or hours and minutes, for example 4 or 0:30."),
        ("1:60", "Write hours, or hours and minutes, for example 4 or 0:30."),
        ("0.01", "Write hours, or hours and minutes, for example 4 or 0:30."),
        ("1.500", "Write hours, or hours and minutes, for example 4 or 0:30."),
        ("", "This field is required."),
        ("0:00", "Promise at least a minute."),
        ("99999999", "Choose at most 35,791,394 hours."),
    ],
)
def test_a_promise_that_cannot_be_read_is_refused_with_what_was_typed(staff: Client, typed: str, said: str) -> None:
    level = level_of(60)
    answer = save(staff, change(level), level_form(typed))
    assert answer.context["adminform"].form.errors == {"answer_minutes": [said]}
    assert f'name="answer_minutes" value="{typed}"' in answer.text or not typed


def test_who_may_only_look_sees_both_in_words(helper: User, helper_browser: Client) -> None:
    allow(helper, "view_plan", "view_servicelevel")
    seen = page(helper_browser, change(plan_with(1_500_000_000)))
    assert "Quota a month:" in seen
    assert "1.5\u00a0GB" in seen
    assert "1500000000" not in seen
    assert "Unlimited" in page(helper_browser, change(plan_with(None)))
    seen = page(helper_browser, change(level_of(240)))
    assert "4 working hours" in seen
    assert "240" not in seen
