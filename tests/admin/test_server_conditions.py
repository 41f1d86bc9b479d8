"""What a server is, is one word with its reason, the same on its list, on its page, among its filters and beside a customer's question."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.admin.addresses import change, page
from tests.admin.rows.vpn import new_server
from vpn.models import NodeStatus, Server

pytestmark = pytest.mark.django_db
LIST = reverse("admin:vpn_server_changelist")
SILENT = {"last_report_at": timedelta(hours=3)}


def server_that_is(state: str, node: dict[str, Any] | None = None, **fields: Any) -> Server:
    """A server whose node is heard, unless said otherwise; moments are said by how long ago they were."""
    server = new_server()
    Server.objects.filter(pk=server.pk).update(state=state, **_at(fields))
    if node is not None:
        NodeStatus.objects.filter(pk=server.pk).update(**_at(node))
    server.refresh_from_db()
    return server


def _at(values: dict[str, Any]) -> dict[str, Any]:
    now = timezone.now()
    return {name: now - value if isinstance(value, timedelta) else value for name, value in values.items()}


def said_in(text: str, after: str) -> str:
    """The words of the first cell or field of that name."""
    cell = re.split(r"</td>|</div>", text.split(after, 1)[1], maxsplit=1)[0]
    return re.sub(r"<[^>]*>", "", cell).strip()


@pytest.mark.parametrize(
    ("state", "node", "fields", "said"),
    [
        ("online", None, {}, "Online"),
        ("online", SILENT, {}, "Offline: node silent"),
        ("online", {"last_report_at": None}, {}, "Offline: node silent"),
        ("online", {"lost_at": timedelta(seconds=5)}, {}, "Offline: node silent"),
        ("online", {"in_sync": False}, {}, "Online: interface differs"),
        ("online", {**SILENT, "in_sync": False}, {}, "Offline: node silent"),
        ("offline", SILENT, {}, "Offline: node silent"),
        ("offline", None, {}, "Offline: node has not taken its present configuration yet"),
        ("draining", None, {}, "Draining"),
        ("draining", SILENT, {}, "Draining: node silent"),
        ("enrolling", {"last_report_at": None}, {"public_key": None}, "Enrolling: no node yet"),
        ("enrolling", {"last_report_at": None}, {}, "Enrolling: waiting for its node&#x27;s first report"),
        ("decommissioned", SILENT, {}, "Decommissioned"),
        ("decommissioned", SILENT, {"stopped_at": timedelta(hours=1)}, "Decommissioned"),
        ("online", None, {"stopped_at": timedelta(hours=1)}, "Emergency stop"),
        ("online", SILENT, {"stopped_at": timedelta(hours=1)}, "Emergency stop: node silent"),
        ("draining", None, {"stopped_at": timedelta(hours=1)}, "Emergency stop: draining"),
    ],
)
def test_a_servers_condition_is_one_word_with_its_reason(
    staff: Client, state: str, node: dict[str, Any] | None, fields: dict[str, Any], said: str
) -> None:
    server = server_that_is(state, node, **fields)
    assert said_in(page(staff, LIST), 'class="field-condition">') == said
    form = page(staff, change(server)).split("field-condition")[1]
    assert said_in(form, 'class="readonly">') == said
    # Nothing else of the page's first part says what it is.
    for other in {"Online", "Offline"} - {said.split(":", maxsplit=1)[0]}:
        assert f">{other}" not in form.split("</fieldset>")[0]


def test_a_list_is_narrowed_by_what_it_says(staff: Client) -> None:
    servers = {
        "online": [server_that_is("online")],
        "offline": [server_that_is("online", SILENT), server_that_is("offline", SILENT)],
        "draining": [server_that_is("draining")],
        "stopped": [server_that_is("online", stopped_at=timedelta(hours=1))],
        "enrolling": [server_that_is("enrolling", {"last_report_at": None}, public_key=None)],
        "decommissioned": [server_that_is("decommissioned", SILENT)],
    }
    for condition, expected in servers.items():
        shown = staff.get(LIST, {"condition": condition}).context["cl"].result_list
        assert {row.pk for row in shown} == {row.pk for row in expected}, condition


def test_a_locations_servers_are_online_if_their_nodes_are_heard(staff: Client) -> None:
    server_that_is("online", SILENT)
    assert ">0 of 1<" in page(staff, reverse("admin:vpn_location_changelist"))


def test_it_is_said_in_german(staff: Client) -> None:
    staff.cookies[settings.LANGUAGE_COOKIE_NAME] = "de"
    server_that_is("offline")
    assert "Offline: Knoten hat seine jetzige Konfiguration noch nicht übernommen" in page(staff, LIST)
