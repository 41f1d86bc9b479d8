"""Bringing a friend in a real browser: the link copied, shared, scanned and followed, and by a campaign's link besides."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.people import PASSWORD, Person, read_qr, sign_in
from tests.browser.watch import Watch
from tests.live.stack import Stack

pytestmark = pytest.mark.live
# Chromium without a window says that it is a program, and is not counted.
AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
SHARED = "navigator.share = (data) => { window.shared = data; return Promise.resolve(); }"


def link_of(page: Page) -> str:
    page.goto("/referrals")
    return page.locator("#referral-link").inner_text()


def test_the_link_is_copied_shared_and_scanned(context: BrowserContext, watch: Watch, person: Person) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    context.add_init_script(SHARED)
    page = context.new_page()
    sign_in(page, person.email)
    link = link_of(page)
    assert read_qr(page.locator("[data-qr] svg")) == link
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == link
    page.get_by_role("button", name="Copy text").click()
    expect(page.get_by_role("button", name="Copied").last).to_be_visible()
    text = page.evaluate("navigator.clipboard.readText()")
    page.get_by_role("button", name="Share", exact=True).click()
    shared = page.evaluate("window.shared")
    assert (f"{shared['text']} {shared['url']}", shared["url"]) == (text, link)
    watch.assert_quiet()


def test_without_a_way_to_share_and_without_scripts_the_link_is_there(
    open_context: Callable[..., BrowserContext], person: Person
) -> None:
    context = open_context(java_script_enabled=False)
    page = context.new_page()
    sign_in(page, person.email)
    assert "/r/" in link_of(page)
    for name in ("Share", "Copy link", "Copy text"):
        expect(page.get_by_role("button", name=name)).to_have_count(0)


def test_a_friend_follows_link_and_campaign_and_appears_masked(
    open_context: Callable[..., BrowserContext], stack: Stack, person: Person
) -> None:
    slug = f"fair-{uuid4().hex[:8]}"
    stack.sql(
        "INSERT INTO referrals_campaign (id, slug, name, note, is_open, created_at)"
        " VALUES (gen_random_uuid(), %s, 'A fair', '', true, now())",
        slug,
    )
    mine = open_context().new_page()
    sign_in(mine, person.email)
    link = link_of(mine)

    friends = open_context(user_agent=AGENT)
    watch, page = Watch(friends), friends.new_page()
    page.goto(f"/?c={slug}")
    page.reload()
    page.goto(link)
    expect(page.get_by_text("you and whoever invited you each get")).to_be_visible()
    page.get_by_label("E-mail address").fill(f"friend-{slug}@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Create account").click()
    page.wait_for_url("**/signup/sent")
    watch.assert_quiet()

    mine.reload()
    expect(mine.get_by_role("row", name="f•••@e•••.org")).to_contain_text("First payment awaited")
    ((visits, signups),) = stack.sql(
        "SELECT (SELECT sum(visits) FROM referrals_campaignday d WHERE d.campaign_id = c.id),"
        " (SELECT count(*) FROM referrals_campaignsignup s WHERE s.campaign_id = c.id)"
        " FROM referrals_campaign c WHERE slug = %s",
        slug,
    )
    assert (visits, signups) == (1, 1)
