"""A page that was opened before somebody changed its row: nothing of what was done meanwhile is taken back unseen."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db import models
from django.test import Client
from django.utils.translation import override

from accounts.models import AuditEvent, RegistrationPolicy, User
from accounts.roles import BILLING, OWNER, SUPPORT, sync_roles
from billing.models import Plan
from nexusvpn.admin_stale import StaleFormsAdmin
from referrals.models import ReferralProgramme, RewardAmount
from support.models import Announcement, ServiceLevel
from tests.admin.addresses import change
from tests.admin.conftest import browser_with_factor
from tests.admin.rows import MAKERS
from tests.factories.accounts import make_user
from tests.queries import recorded_queries
from vpn.models import Incident, LocationCost, Server

pytestmark = pytest.mark.django_db
SAID = "This was changed after you had opened the page."


def of_role(name: str, email: str) -> User:
    sync_roles()
    user = make_user(email, is_staff=True)
    user.groups.set([Group.objects.get(name=name)])
    return user


def as_sent(page: Any) -> dict[str, Any]:
    """What a browser sends of a row's page on which nothing was typed."""
    form = page.context["adminform"].form
    sent: dict[str, Any] = {name: page.context.get(name, "") for name in ("shown", "shown_in")}
    for bound in form:
        # A choice of other rows is in a frame of Django's.
        widget = getattr(bound.field.widget, "widget", bound.field.widget)
        value = widget.format_value(bound.value()) if hasattr(widget, "format_value") else bound.value()
        if hasattr(widget, "decompress"):
            parts = widget.decompress(bound.value())
            sent |= {f"{bound.html_name}_{n}": part for n, part in enumerate(parts) if part is not None}
        elif isinstance(bound.value(), bool):
            sent |= {bound.html_name: "on"} if bound.value() else {}
        elif value is not None:
            sent[bound.html_name] = value
    return sent


def test_a_role_that_was_taken_away_meanwhile_is_not_given_back() -> None:
    owner = browser_with_factor(of_role(OWNER, "owner@example.com"))
    colleague = of_role(BILLING, "colleague@example.com")
    sent = as_sent(owner.get(change(colleague)))
    colleague.groups.clear()
    assert owner.post(change(colleague), {**sent, "full_name": "New Name"}).status_code == 302
    colleague.refresh_from_db()
    assert (list(colleague.groups.all()), colleague.full_name) == ([], "New Name")
    assert not AuditEvent.objects.filter(action="rights_changed").exists()


def test_a_page_that_is_refused_shows_what_nobody_typed_over_as_it_is_now() -> None:
    owner = browser_with_factor(of_role(OWNER, "owner@example.com"))
    colleague = of_role(BILLING, "colleague@example.com")
    sent = as_sent(owner.get(change(colleague)))
    colleague.groups.clear()
    User.objects.filter(pk=colleague.pk).update(full_name="Their Name")
    refused = owner.post(change(colleague), {**sent, "full_name": "New Name"})
    assert refused.status_code == 409
    assert SAID in refused.text
    assert "Now: Their Name" in refused.text
    assert 'value="New Name"' in refused.text
    again = as_sent(refused)
    assert not again.get("groups")
    assert owner.post(change(colleague), again).status_code == 302
    colleague.refresh_from_db()
    assert (list(colleague.groups.all()), colleague.full_name) == ([], "New Name")
    assert not AuditEvent.objects.filter(action="rights_changed").exists()


def test_saving_again_is_meant() -> None:
    owner = browser_with_factor(of_role(OWNER, "owner@example.com"))
    colleague = of_role(BILLING, "colleague@example.com")
    sent = as_sent(owner.get(change(colleague)))
    colleague.groups.clear()
    sent["groups"] = [Group.objects.get(name=name).pk for name in (BILLING, SUPPORT)]
    refused = owner.post(change(colleague), sent)
    assert refused.status_code == 409
    assert "Now: nothing" in refused.text
    again = {**sent, "shown": refused.context["shown"]}
    assert owner.post(change(colleague), again).status_code == 302
    assert sorted(group.name for group in colleague.groups.all()) == sorted([BILLING, SUPPORT])


def test_a_name_that_its_owner_has_changed_meanwhile_stays(alice: User) -> None:
    helper = browser_with_factor(of_role(SUPPORT, "helper@example.com"))
    sent = as_sent(helper.get(change(alice)))
    User.objects.filter(pk=alice.pk).update(full_name="Alice Liddell")
    assert helper.post(change(alice), sent).status_code == 302
    alice.refresh_from_db()
    assert alice.full_name == "Alice Liddell"
    answer = helper.post(change(alice), {**sent, "full_name": "Alice Smith"})
    assert answer.status_code == 409
    assert "Now: Alice Liddell" in answer.text
    alice.refresh_from_db()
    assert alice.full_name == "Alice Liddell"


# What a colleague changes, what is typed over it, and what is said of it.
ROWS: list[tuple[type[models.Model], dict[str, Any], dict[str, Any], str]] = [
    (Server, {"capacity": 9}, {"capacity": "8"}, "Now: 9"),
    (RegistrationPolicy, {"mode": "invited"}, {"mode": "closed"}, "Now: "),
    (Plan, {"quota_bytes": 123}, {"quota_bytes": "7"}, "Now: "),
    (RewardAmount, {"referrer_minor": 1234}, {"referrer_minor": "7.77"}, "Now: 12.34"),
    (LocationCost, {"amount_minor": 4321}, {"amount_minor": "7.77"}, "Now: "),
    (Incident, {"title": "Solved"}, {"title": "Nearly solved"}, "Now: Solved"),
    (Announcement, {"audience": {"plan": ["basic"]}}, {"audience_plan": ["pro"]}, "Now: Basic"),
    (Announcement, {"starts_at": datetime(2030, 1, 1, tzinfo=UTC)}, {"starts_at_0": "2031-01-01"}, "Now: "),
    (Announcement, {"body": "Theirs.\n\nAll of it."}, {"body": "Mine"}, "Now: Theirs."),
]


@pytest.mark.parametrize(("model", "theirs", "typed", "said"), ROWS, ids=[row[0].__name__ for row in ROWS])
def test_a_value_of_which_the_page_shows_a_former_one_stays(
    staff: Client, model: type[models.Model], theirs: dict[str, Any], typed: dict[str, Any], said: str
) -> None:
    row = MAKERS[model]()
    formset = {"updates-TOTAL_FORMS": "0", "updates-INITIAL_FORMS": "0"} if model is Incident else {}
    sent = {**as_sent(staff.get(change(row))), **formset}
    model._base_manager.filter(pk=row.pk).update(**theirs)
    before = model._base_manager.values().get(pk=row.pk)
    assert staff.post(change(row), sent).status_code == 302
    assert model._base_manager.values().get(pk=row.pk) == before
    answer = staff.post(change(row), {**sent, **typed})
    assert answer.status_code == 409
    assert said in answer.text
    assert model._base_manager.values().get(pk=row.pk) == before


def test_a_box_that_was_ticked_meanwhile_stays_as_it_is(staff: Client) -> None:
    """Of two answers whoever types another than was shown can only type what holds now."""
    programme = MAKERS[ReferralProgramme]()
    ReferralProgramme.objects.update(is_open=True)
    sent = as_sent(staff.get(change(programme)))
    ReferralProgramme.objects.update(is_open=False)
    assert staff.post(change(programme), sent).status_code == 302
    assert not ReferralProgramme.objects.get().is_open


def test_what_is_linked_to_a_row_is_noticed_too(staff: Client) -> None:
    group = Group.objects.create(name="Night shift")
    page = staff.get(change(group))
    theirs = list(page.context["adminform"].form.fields["permissions"].queryset[:2])
    group.permissions.set(theirs)
    sent = as_sent(page)
    assert staff.post(change(group), sent).status_code == 302
    assert set(group.permissions.all()) == set(theirs)
    assert staff.post(change(group), {**sent, "permissions": [theirs[0].pk]}).status_code == 409
    assert set(group.permissions.all()) == set(theirs)


def test_who_has_seen_nothing_writes_over_nothing(staff: Client, alice: User) -> None:
    answer = staff.post(change(alice), {"email": alice.email, "full_name": "Somebody"})
    assert answer.status_code == 409
    alice.refresh_from_db()
    assert alice.full_name != "Somebody"


@pytest.mark.parametrize("shown", ["nonsense", ":", "full_name:", "full_name:0 full_name", "\x00"])
def test_what_was_shown_may_be_anything(staff: Client, alice: User, shown: str) -> None:
    sent = {"email": alice.email, "full_name": "Somebody", "shown": shown}
    assert staff.post(change(alice), sent).status_code in (400, 409)


def test_a_form_that_comes_twice_changes_nothing_the_second_time(staff: Client, alice: User) -> None:
    sent = {**as_sent(staff.get(change(alice))), "full_name": "Alice Liddell"}
    assert [staff.post(change(alice), sent).status_code for _ in range(2)] == [302, 302]
    told = AuditEvent.objects.filter(action="staff_changed").values_list("details", flat=True)
    assert [each for each in told if each] == [{"full_name": ["…", "…"]}]


def test_a_change_of_what_the_form_does_not_show_is_none(staff: Client) -> None:
    server = MAKERS[Server]()
    sent = as_sent(staff.get(change(server)))
    Server.objects.filter(pk=server.pk).update(revision=41)
    assert staff.post(change(server), {**sent, "capacity": "9"}).status_code == 302
    server.refresh_from_db()
    assert (server.capacity, server.revision) == (9, 41)


def test_a_form_that_is_refused_for_another_reason_too_says_both(staff: Client) -> None:
    server = MAKERS[Server]()
    sent = as_sent(staff.get(change(server)))
    Server.objects.filter(pk=server.pk).update(capacity=9)
    answer = staff.post(change(server), {**sent, "capacity": "8", "mtu": "1"})
    assert answer.status_code == 409
    assert set(answer.context["adminform"].form.errors) == {"__all__", "capacity", "mtu"}


def test_the_row_is_held_while_its_form_is_saved(staff: Client) -> None:
    server = MAKERS[Server]()
    sent = as_sent(staff.get(change(server)))
    with recorded_queries() as statements:
        assert staff.post(change(server), {**sent, "capacity": "9"}).status_code == 302
    of_server = [each for each in statements if 'FROM "vpn_server"' in each]
    assert "FOR NO KEY UPDATE" in of_server[0]


def test_every_page_of_a_row_is_guarded() -> None:
    assert [model for model, own in admin.site._registry.items() if not isinstance(own, StaleFormsAdmin)] == []


def test_what_holds_now_is_said_as_the_form_would_show_it(staff: Client) -> None:
    ServiceLevel.objects.filter(plan="pro", priority="low").delete()
    level = ServiceLevel.objects.create(plan="pro", priority="low", answer_minutes=240, resolution_minutes=480)
    sent = as_sent(staff.get(change(level)))
    ServiceLevel.objects.filter(pk=level.pk).update(answer_minutes=90)
    refused = staff.post(change(level), {**sent, "answer_minutes": "3"})
    assert refused.status_code == 409
    assert "Now: 1:30" in refused.text


def test_a_port_that_cannot_be_changed_any_more_is_not_said_to_be(staff: Client) -> None:
    server = MAKERS[Server]()
    sent = as_sent(staff.get(change(server)))
    assert "port" in sent
    Server.objects.filter(pk=server.pk).update(next_host=9)
    refused = staff.post(change(server), {**sent, "port": "443", "capacity": "9"})
    assert refused.status_code == 409
    assert "This cannot be changed any more: Port. You had written: 443" in refused.text
    assert Server.objects.filter(pk=server.pk, port=server.port, capacity=server.capacity).exists()
    assert staff.post(change(server), {**as_sent(refused), "port": "443"}).status_code == 302
    assert Server.objects.filter(pk=server.pk, port=server.port, capacity=9).exists()


def test_fields_that_are_none_any_more_and_were_not_typed_into_are_in_nobodys_way(staff: Client) -> None:
    server = MAKERS[Server]()
    sent = as_sent(staff.get(change(server)))
    Server.objects.filter(pk=server.pk).update(next_host=9)
    assert staff.post(change(server), {**sent, "capacity": "9"}).status_code == 302
    assert Server.objects.filter(pk=server.pk, capacity=9).exists()


def test_a_text_that_was_published_meanwhile_is_given_back_to_who_wrote_it(staff: Client) -> None:
    announcement = MAKERS[Announcement]()
    sent = as_sent(staff.get(change(announcement)))
    Announcement.objects.filter(pk=announcement.pk).update(is_published=True)
    assert staff.post(change(announcement), sent).status_code == 302
    typed = {
        "body": "Another <b>text</b>",
        "audience_plan": ["pro"],
        "has_banner": "" if announcement.has_banner else "on",
    }
    refused = staff.post(change(announcement), {**sent, **typed})
    assert refused.status_code == 409
    errors = refused.context["adminform"].form.non_field_errors()
    assert sorted(errors) == [
        "This cannot be changed any more: Banner.",
        "This cannot be changed any more: Body. You had written: Another <b>text</b>",
        "This cannot be changed any more: Only by plan.",
    ]
    assert "Another &lt;b&gt;text&lt;/b&gt;" in refused.text
    assert Announcement.objects.get(pk=announcement.pk).body == announcement.body


def reward_amount_in(staff: Client, language: str) -> tuple[RewardAmount, dict[str, Any]]:
    amount = RewardAmount.objects.create(currency="CHF", referrer_minor=123450, friend_minor=250, minimum_minor=0)
    page = staff.get(change(amount), headers={"Accept-Language": language})
    with override(language):
        return amount, as_sent(page)


@pytest.mark.parametrize(
    ("opened", "saved", "typed"), [("en", "de", "7.77"), ("de", "en", "7,77"), ("en", "de", "7777.70")]
)
def test_what_is_typed_is_taken_as_the_page_was_shown_though_its_language_was_switched(
    staff: Client, opened: str, saved: str, typed: str
) -> None:
    amount, sent = reward_amount_in(staff, opened)
    answer = staff.post(change(amount), {**sent, "friend_minor": typed}, headers={"Accept-Language": saved})
    assert answer.status_code == 302
    amount.refresh_from_db()
    assert (amount.referrer_minor, amount.friend_minor) == (123450, round(float(typed.replace(",", ".")) * 100))


def test_a_colleagues_change_is_noticed_in_another_language_too(staff: Client) -> None:
    amount, sent = reward_amount_in(staff, "en")
    RewardAmount.objects.filter(pk=amount.pk).update(friend_minor=300)
    in_german = {"Accept-Language": "de"}
    assert staff.post(change(amount), sent, headers=in_german).status_code == 302
    refused = staff.post(change(amount), {**sent, "friend_minor": "7.77"}, headers=in_german)
    assert refused.status_code == 409
    assert "3,00" in refused.text
    assert staff.post(change(amount), as_sent(refused), headers=in_german).status_code == 302
    amount.refresh_from_db()
    assert (amount.referrer_minor, amount.friend_minor) == (123450, 777)


@pytest.mark.parametrize("language", ["", "xx", "\x00", "../de"])
def test_a_language_that_nobody_speaks_is_the_present_one(staff: Client, language: str) -> None:
    amount, sent = reward_amount_in(staff, "en")
    answer = staff.post(change(amount), {**sent, "shown_in": language, "friend_minor": "7.77"})
    assert answer.status_code in (302, 400)
