"""The admin's pages in a real browser: none of them needs more than the content security policy allows.

The pages are fetched first and then shown: while a browser is driven, Django has another connection and no test data.
"""

from __future__ import annotations

import mimetypes
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page, Route

from accounts.models import User
from tests.admin.addresses import action, change
from tests.admin.rows.billing import new_grant
from tests.admin.rows.vpn import new_device
from tests.browser.chromium import launched
from tests.factories.support import make_ticket
from tests.live.requirements import missing_for_browser, need
from vpn.services.stops import start_stop

pytestmark = pytest.mark.live
SITE = "http://localhost"


@dataclass(frozen=True)
class Fetched:
    headers: dict[str, str]
    body: bytes


def fetched(answer: Any) -> Fetched:
    assert answer.status_code == 200, answer.request["PATH_INFO"]
    return Fetched(dict(answer.headers), answer.content)


@pytest.fixture
def pages(staff: Client, alice: User, sam: User) -> dict[str, Fetched]:
    """Lists, forms and actions of every kind, by address, as a superuser gets them."""
    device, grant, ticket = new_device(), new_grant(), make_ticket(alice)
    server = device.peers.get().server
    stop = start_stop(by=sam, reason="A leak", location=server.location)
    addresses = [
        "/admin/",
        "/admin/jsi18n/",
        "/admin/settings/",
        "/admin/vpn/locationcost/add/",
        "/admin/accounts/user/",
        change(alice),
        action(alice, "suspend"),
        f"/admin/accounts/user/{alice.pk}/password/",
        "/admin/accounts/invitation/",
        "/admin/accounts/invitation/invite/",
        "/admin/accounts/session/",
        "/admin/auth/group/add/",
        "/admin/billing/plangrant/add/",
        change(grant),
        "/admin/vpn/server/",
        "/admin/vpn/server/add/",
        change(server),
        action(server, "drain"),
        action(server, "emergency-stop"),
        change(stop),
        reverse("admin:vpn_emergencystop_progress", args=[stop.pk]),
        "/admin/vpn/emergencystop/",
        "/admin/vpn/emergencystop/fleet/",
        change(device),
        "/admin/support/ticket/",
        change(ticket),
        f"/admin/vpn/location/{server.location_id}/delete/",
        "/admin/procrastinate/procrastinatejob/",
    ]
    found = {address: fetched(staff.get(address)) for address in addresses}
    command, reply = action(server, "issue-enrolment"), reverse("admin:support_ticket_reply", args=[ticket.pk])
    found[command] = fetched(staff.post(command))
    found[reply] = fetched(staff.post(reply, {"message": "too shrt"}))
    return found


@pytest.fixture
def page(pages: dict[str, Fetched]) -> Iterator[Page]:
    """A page of Chromium that gets what was fetched, and static files."""
    need(missing_for_browser())

    def answer(route: Route) -> None:
        address = route.request.url.removeprefix(SITE)
        file = finders.find(address.removeprefix("/static/")) if address.startswith("/static/") else None
        if file is not None:
            kind = mimetypes.guess_type(file)[0] or "application/octet-stream"
            route.fulfill(status=200, content_type=kind, body=Path(file).read_bytes())
        elif address in pages:
            route.fulfill(status=200, headers=pages[address].headers, body=pages[address].body)
        else:
            route.fulfill(status=404)

    with launched() as browser:
        page = browser.new_page()
        page.route("**/*", answer)
        yield page


def test_no_page_of_the_admin_breaks_the_policy(page: Page, pages: dict[str, Fetched]) -> None:
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    for address in pages:
        answer = page.goto(f"{SITE}{address}", wait_until="load")
        assert answer is not None
        assert "script-src" in answer.headers["content-security-policy"]
        assert not complaints, (address, complaints)
        for part in page.locator(".staff-panel, .staff-progress, .staff-notice").all():
            box = part.bounding_box()
            assert box is not None
            assert box["width"] > 200, (address, box)
            assert box["height"] > 16, (address, box)
    page.goto(f"{SITE}/admin/")
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<p style=\"color: red\">x</p>')")
    page.wait_for_timeout(200)
    # The negative control: what the policy forbids is complained about, and so would have been heard above.
    assert any("Content Security Policy" in text for text in complaints)


def test_a_page_with_our_script_has_the_words_that_it_says(pages: dict[str, Fetched]) -> None:
    scripted = [address for address, page in pages.items() if b"dist/app.js" in page.body]
    assert scripted
    for address in scripted:
        assert b"secondsAgo" in pages[address].body, address
