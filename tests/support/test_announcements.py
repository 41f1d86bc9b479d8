"""Announcements: who sees them and until when, and what staff do with them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.models import AuditEvent, User
from accounts.services.erasure import erase_account
from billing.models import Plan, PlanGrant
from nexusvpn.errors import NotFound
from support.errors import AnnouncementOver, NotADraft
from support.models import Announcement, AnnouncementSeen
from support.services.announcements import (
    banners_for,
    end_announcement,
    forget_banners,
    forget_old_announcements,
    publish_announcement,
    put_away,
)
from tests.admin.addresses import action, change, save
from tests.admin.conftest import browser_with_factor
from tests.factories.announcements import make_announcement
from tests.queries import recorded_queries

pytestmark = pytest.mark.django_db(transaction=True)
PRO = {"plan": ["pro"]}


@pytest.fixture(autouse=True)
def _look_at_once() -> None:
    forget_banners()


@pytest.fixture
def browser(alice: User) -> Client:
    client = Client()
    client.force_login(alice)
    return client


def give_pro(user: User) -> None:
    PlanGrant.objects.create(user=user, plan=Plan.objects.get(code="pro"), reason="A gift")


def titles(user: User) -> list[str]:
    return [shown.title for shown in banners_for(user)]


class TestBanners:
    def test_a_page_shows_what_is_announced_as_markdown_until_it_is_put_away(
        self, browser: Client, alice: User, bob: User
    ) -> None:
        announcement = make_announcement(body="From **two** on. <img src=x onerror=alert(1)>")
        page = browser.get("/support").content.decode()
        assert "Work at night" in page
        assert "<strong>two</strong>" in page
        assert "<img src=x" not in page
        back = browser.post(f"/announcements/{announcement.pk}/put-away", {"next": "/support?page=1"})
        assert (back.status_code, back["Location"]) == (302, "/support?page=1")
        assert "Work at night" not in browser.get("/support").content.decode()
        assert titles(bob) == ["Work at night"]
        browser.post(f"/announcements/{announcement.pk}/put-away")
        assert AnnouncementSeen.objects.count() == 1

    def test_putting_away_leads_to_no_other_site(self, browser: Client) -> None:
        announcement = make_announcement()
        for target in ("https://example.com/", "//example.com", "javascript:alert(1)", ""):
            back = browser.post(f"/announcements/{announcement.pk}/put-away", {"next": target})
            assert back["Location"] == "/announcements"

    def test_from_above_a_refused_form_it_leads_to_where_the_form_stands(self, browser: Client) -> None:
        announcement = make_announcement()
        back = browser.post(f"/announcements/{announcement.pk}/put-away", {"next": "/locations/1/favourite"})
        assert back["Location"] == "/locations"

    @pytest.mark.parametrize(
        "fields",
        [
            {"is_published": False},
            {"has_banner": False},
            {"starts_at": timezone.now() + timedelta(days=999)},
            {"ends_at": timezone.now() - timedelta(seconds=1)},
            {"audience": PRO},
            {"audience": {"gone": ["x"]}},
        ],
    )
    def test_others_are_not_shown(self, alice: User, fields: dict[str, Any]) -> None:
        make_announcement(**fields)
        assert titles(alice) == []

    def test_an_audience_sees_its_own(self, alice: User, bob: User) -> None:
        give_pro(bob)
        make_announcement(audience=PRO)
        assert (titles(alice), titles(bob)) == ([], ["Work at night"])

    def test_two_at_once_the_newest_first(self, alice: User) -> None:
        now = timezone.now()
        for number in range(4):
            make_announcement(f"Number {number}", starts_at=now - timedelta(hours=number + 1))
        assert titles(alice) == ["Number 0", "Number 1"]

    def test_beginning_and_end_are_kept_to_the_moment_while_the_memory_lasts(self, alice: User) -> None:
        now = timezone.now()
        make_announcement("Soon", starts_at=now + timedelta(seconds=5), ends_at=now + timedelta(seconds=9))
        assert titles(alice) == []
        for after, expected in ((6, ["Soon"]), (10, [])):
            with time_machine.travel(now + timedelta(seconds=after), tick=False):
                assert titles(alice) == expected

    def test_nothing_to_show_costs_no_query_and_many_things_one(self, browser: Client, alice: User) -> None:
        banners_for(alice)
        with recorded_queries() as none:
            assert banners_for(alice) == []
        assert none == []
        for number in range(5):
            make_announcement(f"Number {number}", audience={"plan": ["free"], "location": ["1"]} if number else {})
        forget_banners()
        banners_for(alice)
        with recorded_queries() as some:
            assert titles(alice) == ["Number 0"]
        assert len(some) == 1

    def test_what_a_person_is_not_meant_by_cannot_be_put_away(self, alice: User) -> None:
        for announcement in (make_announcement(is_published=False), make_announcement(audience=PRO)):
            with pytest.raises(NotFound):
                put_away(announcement_id=announcement.pk, user=alice)


class TestThePage:
    def test_it_says_so_where_nothing_was_announced(self, browser: Client) -> None:
        answer = browser.get("/announcements")
        assert (answer.status_code, "<article" in answer.content.decode()) == (200, False)

    def test_it_shows_present_and_past_ones_that_the_person_is_meant_by(self, browser: Client, bob: User) -> None:
        make_announcement("Past", ends_at=timezone.now() - timedelta(minutes=1))
        make_announcement("Present", has_banner=False)
        make_announcement("Of others", audience=PRO)
        make_announcement("A draft", is_published=False)
        make_announcement("To come", starts_at=timezone.now() + timedelta(days=1))
        page = browser.get("/announcements").content.decode()
        for shown in ("Past", "Present", "Over"):
            assert shown in page
        for hidden in ("Of others", "A draft", "To come"):
            assert hidden not in page

    def test_it_costs_the_same_with_1_and_with_50(self, browser: Client) -> None:
        make_announcement(has_banner=False)
        browser.get("/announcements")
        with recorded_queries() as few:
            browser.get("/announcements")
        for number in range(49):
            make_announcement(f"Number {number}", has_banner=False, audience={"plan": ["free"]} if number % 2 else {})
        with recorded_queries() as many:
            page = browser.get("/announcements?limit=100").content.decode()
        assert page.count("<article") == 50
        # The session and its person, what is new, the audiences, the page.
        assert len(few) == len(many) == 5

    def test_nobody_is_sent_to_sign_in(self) -> None:
        assert Client().get("/announcements")["Location"] == "/login?next=/announcements"


class TestStaff:
    def test_who_publishes_and_ends_is_noted_and_neither_happens_twice(self, alice: User, sam: User) -> None:
        draft = make_announcement(is_published=False)
        publish_announcement(announcement_id=draft.pk, staff=sam)
        assert titles(alice) == ["Work at night"]
        with pytest.raises(NotADraft):
            publish_announcement(announcement_id=draft.pk, staff=sam)
        end_announcement(announcement_id=draft.pk, staff=sam)
        assert titles(alice) == []
        with pytest.raises(AnnouncementOver):
            end_announcement(announcement_id=draft.pk, staff=sam)
        acts = AuditEvent.objects.filter(target_id=str(draft.pk)).order_by("pk")
        assert [(act.action, act.actor_id) for act in acts] == [
            ("announcement_published", sam.pk),
            ("announcement_ended", sam.pk),
        ]

    def test_what_is_ended_before_it_began_is_a_draft_again(self, sam: User) -> None:
        announcement = make_announcement(starts_at=timezone.now() + timedelta(days=1))
        end_announcement(announcement_id=announcement.pk, staff=sam)
        announcement.refresh_from_db()
        assert (announcement.is_published, announcement.ends_at) == (False, None)

    def test_the_admin_writes_looks_publishes_and_ends(self, sam: User, alice: User, bob: User) -> None:
        give_pro(bob)
        staff = browser_with_factor(sam)
        now = timezone.now()
        form = {
            "title": "Pro news",
            "body": "More **speed**. <script>alert(1)</script>",
            "level": "info",
            "has_banner": "on",
            "starts_at_0": now.date(),
            "starts_at_1": "00:00",
            "audience_plan": ["pro"],
        }
        assert staff.post("/admin/support/announcement/add/", form).status_code == 302
        row = Announcement.objects.get()
        assert (row.audience, row.is_published) == (PRO, False)
        page = staff.get(change(row)).content.decode()
        assert "<strong>speed</strong>" in page
        assert "<script>alert" not in page
        assert "Plan: Pro" in page
        question = staff.get(action(row, "publish")).content.decode()
        assert "It would go to 1 person now" in question
        assert f"from {now:%-d\xa0%b\xa0%Y}, 00:00\xa0UTC on" in question
        assert titles(bob) == []
        staff.post(action(row, "publish"))
        assert (titles(alice), titles(bob)) == ([], ["Pro news"])
        save(staff, change(row), {**form, "title": "Other news", "audience_plan": []})
        row.refresh_from_db()
        assert (row.title, row.audience) == ("Pro news", PRO)
        staff.post(action(row, "end"))
        assert titles(bob) == []

    def test_a_drafts_audience_can_be_changed_and_the_audit_log_says_so(self, sam: User) -> None:
        row = make_announcement(is_published=False, audience=PRO)
        staff = browser_with_factor(sam)
        form = {
            "title": row.title,
            "body": row.body,
            "level": "info",
            "starts_at_0": "2026-01-01",
            "starts_at_1": "00:00",
        }
        assert save(staff, change(row), {**form, "audience_plan": ["basic", "free"]}).status_code == 302
        row.refresh_from_db()
        assert row.audience == {"plan": ["basic", "free"]}
        assert "basic" in str(AuditEvent.objects.get(action="staff_changed").details)

    def test_an_end_before_the_beginning_is_refused(self, sam: User) -> None:
        row = make_announcement(is_published=False)
        form = {
            "title": row.title,
            "body": row.body,
            "level": "info",
            "starts_at_0": "2026-01-01",
            "starts_at_1": "00:00",
        }
        answer = save(browser_with_factor(sam), change(row), {**form, "ends_at_0": "2025-01-01", "ends_at_1": "00:00"})
        assert answer.status_code == 200
        row.refresh_from_db()
        assert row.ends_at is None


def test_what_ended_long_ago_is_forgotten_with_who_put_it_away(alice: User, settings: Settings) -> None:
    ended = timezone.now() - timedelta(days=settings.ANNOUNCEMENTS_KEPT_DAYS, minutes=1)
    old = make_announcement(starts_at=ended - timedelta(days=1), ends_at=ended)
    kept = make_announcement(starts_at=ended - timedelta(days=1))
    for announcement in (old, kept):
        put_away(announcement_id=announcement.pk, user=alice)
    assert forget_old_announcements() == 1
    assert Announcement.objects.get() == kept
    assert AnnouncementSeen.objects.get().announcement == kept


def test_an_erased_persons_choices_are_gone(alice: User) -> None:
    put_away(announcement_id=make_announcement().pk, user=alice)
    User.objects.filter(pk=alice.pk).update(is_active=False, deletion_due_at=timezone.now())
    assert erase_account(alice.pk)
    assert not AnnouncementSeen.objects.exists()
