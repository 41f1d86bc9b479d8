"""Announcements by mail: to each who is meant and wants them, once; and the way out of them."""

from __future__ import annotations

import os
import signal
from datetime import timedelta
from typing import Any, NoReturn

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.models import AuditEvent, Mail, Notification, User
from accounts.services.notifications import Kind, choose_mail, wants_mail
from accounts.services.outbox import deliver
from billing.models import Plan, PlanGrant
from support.services import announcement_mails
from support.services.announcement_mails import mail_announcements
from support.services.announcements import end_announcement
from support.tokens import Purpose, token_for
from tests.factories.accounts import make_user
from tests.factories.announcements import make_announcement
from tests.mails import waiting_mails
from tests.smtp import smtp_sink

pytestmark = pytest.mark.django_db(transaction=True)


def people(count: int) -> list[User]:
    return [make_user(f"person{number}@example.com") for number in range(count)]


def mailed() -> list[str]:
    return sorted(mail.to for mail in waiting_mails("announcement"))


def test_each_is_told_once_by_mail_and_in_their_list(alice: User, bob: User) -> None:
    announcement = make_announcement(has_mail=True, body="From **two** on, see [status](/status).")
    assert mail_announcements() == 2
    assert mail_announcements() == 0
    announcement.refresh_from_db()
    assert announcement.mailed_at is not None
    first, _ = waiting_mails("announcement")
    assert first.subject == "Work at night"
    assert "From **two** on" in first.text
    assert "<strong>two</strong>" in first.html
    assert 'href="http://127.0.0.1:8000/status"' in first.html
    assert mailed() == [alice.email, bob.email]
    notes = Notification.objects.values_list("kind", "title", "link")
    assert list(notes) == [("news", "Work at night", "/announcements")] * 2


def test_who_wants_no_news_or_has_not_verified_reads_it_here_alone(alice: User, bob: User, charlie: User) -> None:
    choose_mail(user=alice, kind=Kind.NEWS, wanted=False)
    User.objects.filter(pk=bob.pk).update(email_verified_at=None)
    make_announcement(has_mail=True)
    mail_announcements()
    assert mailed() == [charlie.email]
    assert Notification.objects.count() == 3


def test_where_nobody_has_to_confirm_an_address_all_are_mailed(alice: User, settings: Settings) -> None:
    settings.EMAIL_VERIFICATION = False
    User.objects.filter(pk=alice.pk).update(email_verified_at=None)
    make_announcement(has_mail=True)
    mail_announcements()
    assert mailed() == [alice.email]


@pytest.mark.parametrize(
    "fields",
    [
        {"has_mail": False},
        {"is_published": False},
        {"starts_at": timezone.now() + timedelta(days=999)},
        {"ends_at": timezone.now() - timedelta(seconds=1)},
    ],
)
def test_others_are_not_mailed(alice: User, fields: dict[str, Any]) -> None:
    make_announcement(**{"has_mail": True, **fields})
    assert mail_announcements() == 0
    assert mailed() == []


def test_an_audience_alone_is_mailed(alice: User, bob: User) -> None:
    PlanGrant.objects.create(user=bob, plan=Plan.objects.get(code="pro"), reason="A gift")
    make_announcement(has_mail=True, audience={"plan": ["pro"]})
    mail_announcements()
    assert mailed() == [bob.email]


def test_one_that_is_ended_half_way_is_mailed_to_nobody_more(sam: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(announcement_mails, "BATCH", 2)
    monkeypatch.setattr(announcement_mails, "BATCHES_AT_ONCE", 1)
    people(5)
    announcement = make_announcement(has_mail=True)
    assert mail_announcements() == 2
    end_announcement(announcement_id=announcement.pk, staff=sam)
    assert mail_announcements() == 0
    assert len(mailed()) == 2


def mail_and_die(number: int) -> bool:
    """Mail in a process that gets a SIGKILL before its n-th statement; whether it came so far."""
    child = os.fork()
    if child == 0:
        _mail_in_child(number)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    assert code in (0, -signal.SIGKILL)
    return code == -signal.SIGKILL


def _mail_in_child(number: int) -> NoReturn:
    """Never returns: the child is a copy of the test's process. The parent's connection is forgotten, not closed."""
    seen = 0

    def count(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal seen
        seen += 1
        if seen == number:
            os.kill(os.getpid(), signal.SIGKILL)
        return execute(sql, params, many, context)

    try:
        connection.connection = None
        with connection.execute_wrapper(count):
            mail_announcements()
        os._exit(0)
    finally:
        os._exit(1)


def test_killed_at_any_statement_nobody_is_told_twice_and_nobody_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(announcement_mails, "BATCH", 3)
    everybody = {user.email for user in people(7)}
    announcement = make_announcement(has_mail=True)
    number, kills = 1, 0
    while mail_and_die(number):
        kills += 1
        # A statement further each time, and all of the way once it is through.
        number = number + 1 if number < 12 else number + 5
    announcement.refresh_from_db()
    assert announcement.mailed_at is not None
    assert kills > 10
    assert mailed() == sorted(everybody)
    assert Notification.objects.count() == len(everybody)


class TestTheWayOut:
    def link_of(self, user: User) -> str:
        return f"/unsubscribe/{token_for(Purpose.NO_NEWS, user.pk)}"

    def test_a_mail_program_offers_it_and_its_post_needs_no_sign_in(self, alice: User, settings: Any) -> None:
        make_announcement(has_mail=True)
        mail_announcements()
        with smtp_sink() as sink:
            settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
            settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", sink.port
            assert deliver(Mail.objects.get(kind="announcement").pk)
        (sent,) = sink.received
        assert sent["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        link = "".join(str(sent["List-Unsubscribe"]).split()).strip("<>")
        assert link == settings.SITE_URL + self.link_of(alice)
        program = Client(enforce_csrf_checks=True)
        answer = program.post(self.link_of(alice), {"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200
        assert not wants_mail(alice, Kind.NEWS)
        assert wants_mail(alice, Kind.BILLING)

    def test_following_the_link_only_asks(self, alice: User) -> None:
        page = Client().get(self.link_of(alice))
        assert "No more news by mail?" in page.content.decode()
        assert alice.email not in page.content.decode()
        assert wants_mail(alice, Kind.NEWS)

    def test_twice_is_once(self, alice: User) -> None:
        for _ in range(2):
            assert "No more news by mail" in Client().post(self.link_of(alice)).content.decode()
        assert AuditEvent.objects.filter(action="mail_choice_changed").count() == 1

    def test_a_mail_provider_may_take_many_off_at_once(self, alice: User) -> None:
        """They post from a few addresses; a limit would keep people on the list who left it."""
        answers = {Client().post(self.link_of(alice)).status_code for _ in range(105)}
        assert answers == {200}

    def test_any_other_link_leads_nowhere(self, alice: User, bob: User) -> None:
        good = token_for(Purpose.NO_NEWS, alice.pk)
        other = token_for(Purpose.ANSWER, alice.pk)
        User.objects.filter(pk=bob.pk).update(is_active=False, erased_at=timezone.now())
        for token in ("x", good[:-2] + "aa", other, token_for(Purpose.NO_NEWS, bob.pk)):
            for ask in (Client().get, Client().post):
                assert ask(f"/unsubscribe/{token}").status_code == 404
        assert wants_mail(alice, Kind.NEWS)
