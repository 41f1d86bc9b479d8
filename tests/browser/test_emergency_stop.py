"""Staff stop a server and watch, on the page that opens, until its node has let go of everybody."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.nodes import ask_now, nodes_confirm
from tests.browser.people import Person, new_person, sign_in
from tests.browser.watch import Watch
from tests.factories.vpn import new_key
from tests.live.stack import Stack

pytestmark = pytest.mark.live


@pytest.fixture
def staff_page(context: BrowserContext, watch: Watch, stack: Stack, fresh_counts: None) -> Page:
    member = new_person(stack)
    stack.sql("UPDATE accounts_user SET is_staff = true, is_superuser = true WHERE email = %s", member.email)
    opened = context.new_page()
    sign_in(opened, member.email)
    return opened


def test_a_stop_says_all_gone_when_the_node_has_confirmed_it_and_is_ended_the_same_way(
    staff_page: Page, watch: Watch, person: Person, stack: Stack
) -> None:
    person.add_device("Phone", new_key(), "demo-2")
    nodes_confirm(stack)
    server = stack.sql("SELECT id::text FROM vpn_server WHERE name = 'demo-2'")[0][0]
    try:
        staff_page.goto(f"/admin/vpn/server/{server}/change/")
        staff_page.get_by_role("link", name="Emergency stop", exact=True).click()
        staff_page.get_by_label("Reason").fill("A test of the stop")
        staff_page.get_by_role("button", name="Emergency stop").click()
        answer = staff_page.locator(".staff-answer")
        expect(answer).to_contain_text("not confirmed gone yet")
        nodes_confirm(stack)
        # By itself, within its two seconds.
        expect(answer).to_have_text("All gone", timeout=4000)

        staff_page.get_by_role("link", name="End the stop").click()
        staff_page.get_by_role("button", name="End the stop").click()
        expect(answer).to_contain_text("not confirmed back yet")
        nodes_confirm(stack)
        ask_now(staff_page)
        expect(answer).to_have_text("Everybody is back")
        watch.assert_quiet()
    finally:
        stack.sql("UPDATE vpn_emergencystop SET ended_at = now() WHERE ended_at IS NULL")
        stack.sql("UPDATE vpn_server SET stopped_at = NULL")
