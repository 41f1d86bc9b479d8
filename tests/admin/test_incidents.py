"""Staff tell the public about trouble: what was said stays, and the end is an action of its own."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from html import unescape
from typing import Any

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from tests.admin.addresses import TOO_LATE, action, allow, change, shown
from tests.factories.vpn import make_location
from vpn.models import Incident, IncidentUpdate

ADD = reverse("admin:vpn_incident_add")


def form(*texts: str, existing: int = 0, **changes: Any) -> dict[str, Any]:
    started_at = changes.pop("started_at", timezone.now())
    values = {
        "title": "A cable was cut",
        "impact": "down",
        "started_at_0": f"{started_at:%Y-%m-%d}",
        "started_at_1": f"{started_at:%H:%M:%S}",
        "updates-TOTAL_FORMS": existing + len(texts),
        "updates-INITIAL_FORMS": existing,
        **changes,
    }
    return values | {f"updates-{existing + number}-text": text for number, text in enumerate(texts)}


def make_incident(**fields: Any) -> Incident:
    return Incident.objects.create(**{"title": "A cable was cut", "impact": "down", **fields})


def post(browser: Client, address: str, data: dict[str, Any], status: int = 302) -> str:
    answer = browser.post(address, data)
    assert answer.status_code == status, answer.text
    return answer.text


def test_an_incident_is_written_with_its_first_message(staff: Client) -> None:
    location = make_location()
    post(staff, ADD, form("We are looking at it.", locations=[location.pk]))
    incident = Incident.objects.get()
    assert list(incident.locations.all()) == [location]
    assert incident.resolved_at is None
    assert incident.updates.get().text == "We are looking at it."


def test_a_message_is_added_and_what_was_said_stays(staff: Client) -> None:
    incident = make_incident()
    said = IncidentUpdate.objects.create(incident=incident, text="We are looking at it.")
    page = staff.get(change(incident)).text
    assert "We are looking at it." in page
    hostile = {"updates-0-id": said.pk, "updates-0-incident": incident.pk, "updates-0-text": "Nothing happened."}
    more: dict[str, Any] = {**hostile, "updates-1-incident": incident.pk, **shown(staff, change(incident))}
    post(staff, change(incident), form("It is mended.", existing=1, **more))
    assert list(incident.updates.values_list("text", flat=True)) == ["We are looking at it.", "It is mended."]


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "Add another incident update"), ("de", "Meldung zu einer Störung hinzufügen")],
)
def test_the_link_to_a_further_message_is_written_like_a_sentence(staff: Client, language: str, said: str) -> None:
    page = staff.get(ADD, headers={"Accept-Language": language}).text
    offered = re.search(r'data-inline-formset="([^"]*)"', page)
    assert offered
    assert json.loads(unescape(offered[1]))["options"]["addText"].endswith(said)


def test_a_form_that_is_sent_twice_tells_of_one_incident(staff: Client) -> None:
    here, there = make_location("ams"), make_location("fra")
    sent = form("We are looking at it.", locations=[here.pk])
    post(staff, ADD, sent)
    assert "This incident was told already." in staff.post(ADD, sent, follow=True).text
    assert (Incident.objects.count(), IncidentUpdate.objects.count()) == (1, 1)
    others: list[dict[str, Any]] = [
        {"locations": [there.pk]},
        {"locations": []},
        {"impact": "degraded"},
        {"title": "Another"},
    ]
    for other in others:
        post(staff, ADD, sent | other)
    assert Incident.objects.count() == 5


def test_a_message_that_is_sent_twice_is_said_once(staff: Client) -> None:
    incident = make_incident()
    sent = form("It is mended.", started_at=incident.started_at, **{"updates-0-incident": incident.pk})
    post(staff, change(incident), sent)
    assert "a moment ago" in staff.post(change(incident), sent, follow=True).text
    assert incident.updates.count() == 1
    with time_machine.travel(timezone.now() + timedelta(minutes=2)):
        post(staff, change(incident), sent)
    assert incident.updates.count() == 2


def test_what_was_just_said_takes_nothing_else_of_the_form_with_it(staff: Client) -> None:
    incident = make_incident()
    sent = form("We are on it.", started_at=incident.started_at, **{"updates-0-incident": incident.pk})
    post(staff, change(incident), sent | shown(staff, change(incident)))
    told = LogEntry.objects.count()
    more = {
        "impact": "degraded",
        "updates-TOTAL_FORMS": 2,
        "updates-1-text": "It is mended.",
        "updates-1-incident": incident.pk,
    }
    answer = staff.post(change(incident), sent | more | shown(staff, change(incident)), follow=True)
    assert "a moment ago" in answer.text
    incident.refresh_from_db()
    assert incident.impact == "degraded"
    assert sorted(incident.updates.values_list("text", flat=True)) == ["It is mended.", "We are on it."]
    entry = LogEntry.objects.latest("pk")
    assert LogEntry.objects.count() == told + 1
    assert entry.get_change_message().count("Added") == 1


def test_an_empty_message_is_none(staff: Client) -> None:
    post(staff, ADD, form(""))
    assert not IncidentUpdate.objects.exists()


def test_resolving_asks_first_and_is_written_down(staff: Client) -> None:
    incident = make_incident()
    assert "trouble is over" in staff.get(action(incident, "resolve")).text
    incident.refresh_from_db()
    assert incident.resolved_at is None
    post(staff, action(incident, "resolve"), {})
    incident.refresh_from_db()
    assert isinstance(incident.resolved_at, datetime)
    assert LogEntry.objects.get().get_change_message() == "Resolve"
    assert action(incident, "resolve") not in staff.get(change(incident)).text


def test_it_is_resolved_once_and_not_before_it_began(staff: Client) -> None:
    ended = timezone.now() - timedelta(hours=1)
    over = make_incident(started_at=ended, resolved_at=ended)
    planned = make_incident(started_at=timezone.now() + timedelta(hours=1))
    for incident, words in ((over, TOO_LATE), (planned, "has not begun yet")):
        assert words in staff.post(action(incident, "resolve"), follow=True).text
    over.refresh_from_db()
    assert over.resolved_at == ended


def test_only_what_the_public_has_not_seen_can_be_deleted(staff: Client) -> None:
    seen, planned = make_incident(), make_incident(started_at=timezone.now() + timedelta(hours=1))
    for incident, status in ((seen, 403), (planned, 302)):
        post(staff, reverse("admin:vpn_incident_delete", args=[incident.pk]), {"post": "yes"}, status)
    assert list(Incident.objects.all()) == [seen]


@pytest.mark.parametrize(("permissions", "status"), [(["view_incident"], 403), (["change_incident"], 302)])
def test_who_may_only_look_can_say_nothing(
    helper: User, helper_browser: Client, permissions: list[str], status: int
) -> None:
    incident = make_incident()
    allow(helper, *permissions)
    more: dict[str, Any] = {"updates-0-incident": incident.pk, **shown(helper_browser, change(incident))}
    post(helper_browser, change(incident), form("Mine.", **more), status)
    post(helper_browser, action(incident, "resolve"), {}, status)
    assert IncidentUpdate.objects.exists() is (status == 302)
