"""Telling people: a line in their list, and a mail unless they want none of that kind."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction
from django.utils import translation

from accounts.models import MailChoice, Notification, User
from accounts.services.notifications import (
    choose_mail,
    mail_choices,
    mark_all_read,
    mark_read,
    notify,
    unread_count,
    wants_mail,
)
from nexusvpn.errors import Conflict, NotFound
from tests.mails import waiting_mails

pytestmark = pytest.mark.django_db
Kind = Notification.Kind


def tell(user: User, kind: Notification.Kind = Kind.USAGE, mail: str = "welcome") -> Notification:
    notify(user, kind, "80 % of your data is used", "It resets on 1 December.", link="/dashboard", mail=mail)
    return Notification.objects.filter(user=user).latest("created_at")


def test_a_line_and_a_mail(alice: User) -> None:
    line = tell(alice)
    assert (line.title, line.link, line.read_at) == ("80 % of your data is used", "/dashboard", None)
    (mail,) = waiting_mails("welcome")
    assert mail.to == alice.email
    assert mail.row.user == alice


def test_without_a_mails_name_there_is_none(alice: User) -> None:
    tell(alice, mail="")
    assert waiting_mails() == []


def test_who_wants_no_mail_of_a_kind_still_gets_the_line(alice: User, bob: User) -> None:
    choose_mail(user=alice, kind=Kind.USAGE, wanted=False)
    tell(alice)
    assert waiting_mails() == []
    assert unread_count(alice) == 1
    tell(alice, Kind.BILLING)
    tell(bob)
    assert [mail.to for mail in waiting_mails()] == [alice.email, bob.email]


def test_a_choice_can_be_taken_back(alice: User) -> None:
    choose_mail(user=alice, kind=Kind.NEWS, wanted=False)
    choose_mail(user=alice, kind=Kind.NEWS, wanted=True)
    assert wants_mail(alice, Kind.NEWS)
    assert MailChoice.objects.count() == 1


def test_mails_about_security_cannot_be_switched_off(alice: User) -> None:
    with pytest.raises(Conflict) as refused:
        choose_mail(user=alice, kind=Kind.SECURITY, wanted=False)
    assert refused.value.code == "security_mail_required"
    with pytest.raises(IntegrityError), transaction.atomic():
        MailChoice.objects.create(user=alice, kind=Kind.SECURITY, wanted=False)
    assert wants_mail(alice, Kind.SECURITY)


def test_every_kind_is_listed_with_its_choice(alice: User) -> None:
    choose_mail(user=alice, kind=Kind.NEWS, wanted=False)
    choices = mail_choices(alice)
    assert list(choices) == list(Kind)
    assert [kind for kind, wanted in choices.items() if not wanted] == [Kind.NEWS]


def test_reading_one_and_reading_all(alice: User, bob: User) -> None:
    first = tell(alice)
    tell(alice)
    tell(bob)
    mark_read(user=alice, notification_id=first.pk)
    read_at = Notification.objects.get(pk=first.pk).read_at
    mark_read(user=alice, notification_id=first.pk)
    assert Notification.objects.get(pk=first.pk).read_at == read_at
    assert unread_count(alice) == 1
    assert mark_all_read(user=alice) == 1
    assert (unread_count(alice), unread_count(bob)) == (0, 1)


def test_anothers_is_not_there(alice: User, bob: User) -> None:
    line = tell(alice)
    with pytest.raises(NotFound):
        mark_read(user=bob, notification_id=line.pk)
    assert unread_count(alice) == 1


def test_beyond_a_hundred_nobody_counts(alice: User) -> None:
    Notification.objects.bulk_create(Notification(user=alice, kind="news", title="News") for _ in range(120))
    assert unread_count(alice) == 100


def test_what_is_rolled_back_tells_nobody(alice: User) -> None:
    with transaction.atomic():
        tell(alice)
        transaction.set_rollback(True)
    assert unread_count(alice) == 0
    assert waiting_mails() == []


def test_a_person_is_told_in_their_language_whoever_causes_it(alice: User, bob: User) -> None:
    """A lazy text and a function are said in the language of whom they are for, not of the request that caused them."""
    alice.language = "de"
    for person in (alice, bob):
        with translation.override("en"):
            notify(
                person,
                Kind.SECURITY,
                translation.gettext_lazy("Your data is ready"),
                lambda: translation.gettext("Download it until %(day)s.") % {"day": "1."},
            )
    german, english = (Notification.objects.get(user=person) for person in (alice, bob))
    assert (german.title, german.text) == ("Deine Daten liegen bereit", "Lade sie bis 1. herunter.")
    assert (english.title, english.text) == ("Your data is ready", "Download it until 1..")


def test_a_text_is_cut_to_its_room_in_whichever_language(alice: User) -> None:
    notify(alice, Kind.NEWS, lambda: "t" * 200, lambda: "x" * 900)
    line = Notification.objects.get(user=alice)
    assert (len(line.title), len(line.text)) == (120, 500)
