"""Every page, wide and narrow, light and dark, in both languages: nothing blocked, nothing broken, nothing wider than the screen,
nothing that axe-core objects to, nothing asked of anybody else.

`make screenshots` runs these tests too and keeps what they saw (`SCREENSHOTS`, a folder, and `SCREENSHOT_LANGUAGE`).
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from functools import partial
from hashlib import sha256
from uuid import uuid4

import pytest
from playwright.sync_api import BrowserContext

from tests.browser.conftest import NARROW, WIDE
from tests.browser.page_checks import LONG, check, check_access, check_staff
from tests.browser.people import Person, new_person, send_password, sign_in
from tests.browser.watch import Watch
from tests.factories.vpn import new_key
from tests.live.stack import Stack
from vpn.views.guides import SYSTEMS

pytestmark = pytest.mark.live

PAGES_OF_LINKS = [("/verify-email", "verify"), ("/password/reset", "reset"), ("/email-change", "change_new")]


@pytest.fixture
def language(request: pytest.FixtureRequest) -> str:
    """German where it is wide and dark, or narrow and light: every two of size, scheme and language are seen together."""
    shown = getattr(request.node, "callspec", None)
    values = shown.params if shown else {}
    is_german = (values.get("viewport", WIDE) == WIDE) == (values.get("scheme", "light") == "dark")
    return os.environ.get("SCREENSHOT_LANGUAGE") or ("de" if is_german else "en")


@pytest.fixture
def open_context(open_context: Callable[..., BrowserContext], language: str) -> Callable[..., BrowserContext]:
    """Contexts of a browser that asks for the language."""
    return partial(open_context, locale={"de": "de-DE", "en": "en-GB"}[language])


@pytest.fixture
def speaker(stack: Stack, fresh_counts: None, language: str) -> Callable[..., Person]:
    """Makes people whose account is in the language."""
    return partial(new_person, stack, language=language)


@pytest.fixture
def person(speaker: Callable[..., Person]) -> Person:
    return speaker(plan="pro")


def answered_ticket(stack: Stack, person: Person) -> str:
    """With a rating to give and files of which one was removed; its id."""
    answer = stack.api("POST", "tickets", {"subject": LONG, "message": LONG}, person.token)
    stack.sql(
        "UPDATE support_ticket SET status = 'answered', first_answered_at = now(), device_name = %s WHERE id = %s",
        LONG,
        answer.data["id"],
    )
    stack.sql(
        "INSERT INTO support_attachment (id, message_id, name, kind, size, sha256, created_at, removed_at)"
        " SELECT gen_random_uuid(), id, %s || n, 'log', 4242, '', now(), CASE n WHEN 1 THEN now() END"
        " FROM support_ticketmessage, generate_series(1, 2) n WHERE ticket_id = %s",
        LONG,
        answer.data["id"],
    )
    return str(answer.data["id"])


SIZES = pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "narrow"])
SCHEMES = pytest.mark.parametrize("scheme", ["light", "dark"])


@SIZES
@SCHEMES
def test_pages_of_a_stranger(
    open_context: Callable[..., BrowserContext], stack: Stack, viewport: dict[str, int], scheme: str
) -> None:
    context = open_context(viewport=viewport, color_scheme=scheme)
    watch = Watch(context)
    watch.expected = {400, 404}
    page = context.new_page()
    paths = [
        "/",
        "/?interval=year&currency=JPY",
        "/signup",
        "/signup/sent",
        "/login",
        "/status",
        "/verify-email/resend",
        "/password/forgot",
    ]
    stack.manage("load_articles")
    paths += ["/help", "/help?q=tunnel", "/help?q=zebra", "/help/connection-problems", "/help/set-up"]
    paths += [f"/help/set-up/{system.slug}" for system in SYSTEMS]
    stack.sql(
        "INSERT INTO support_legalpage (kind, language, body, published_at, updated_at)"
        " VALUES ('terms', 'en', %s, now(), now()) ON CONFLICT DO NOTHING",
        f"## {LONG}\n\n| a | {LONG} |\n| - | - |\n| {LONG} | b |",
    )
    for path in [*paths, "/privacy/what-we-store", "/account/restore", "/legal/terms"]:
        check(page, path)
    # Of a link that was never mailed.
    for path in ("/verify-email/", "/password/reset/", "/email-change/"):
        check(page, path + "x" * 43, 400)
    check(page, "/unsubscribe/" + "x" * 45, 404)
    watch.assert_quiet()


@SIZES
@SCHEMES
def test_pages_of_a_customer(
    open_context: Callable[..., BrowserContext], stack: Stack, person: Person, viewport: dict[str, int], scheme: str
) -> None:
    context = open_context(viewport=viewport, color_scheme=scheme, user_agent="Agent/" + "9" * 190)
    watch = Watch(context)
    watch.expected = {404}
    page = context.new_page()
    sign_in(page, person.email)
    stack.sql("UPDATE accounts_user SET full_name = %s WHERE email = %s", LONG, person.email)
    devices = [person.add_device(name, new_key()) for name in (LONG, "Ада", "Phone")]
    stack.sql(
        "INSERT INTO vpn_usagerecord (user_id, device_id, record_date, bytes_up, bytes_down) "
        "SELECT user_id, id, (now() AT TIME ZONE 'UTC')::date, 123456789012, 987654321098 FROM vpn_vpnconfig WHERE id = %s",
        devices[0],
    )
    paths = [
        "/dashboard",
        "/dashboard?days=7",
        "/dashboard?days=90",
        "/welcome/device",
        "/welcome/configuration?system=ios&name=" + LONG,
        "/devices",
        "/devices?limit=1&page=2",
        "/devices/new",
        "/locations",
        "/locations?q=nowhere",
        "/locations?show=available&sort=load",
        "/settings",
        "/settings/security",
        "/settings/security/confirm",
        "/settings/security/authenticator",
        "/settings/security/authenticator/remove",
        "/settings/security/recovery-codes",
        "/settings/security/passkeys/new",
        "/settings/sessions",
        "/settings/notifications",
        "/notifications",
        "/announcements",
    ]
    paths += [f"/welcome/connect?device={devices[0]}&system=openwrt", f"/welcome/connect?device={devices[0]}&since=1"]
    paths += [f"/devices/{devices[0]}", f"/devices/{devices[0]}/revoke", f"/devices/{devices[0]}/rotate-key"]
    paths += [f"/devices/{devices[0]}/config", f"/devices/{devices[1]}/config?kill_switch=on&exclude_private=on"]
    paths += ["/settings/privacy", "/settings/privacy/delete"]
    paths += ["/speed-test", "/referrals", "/support", "/support?state=closed", "/"]
    ticket = answered_ticket(stack, person)
    paths += [f"/support/{ticket}", f"/support/{ticket}/close"]
    paths += ["/settings/password", "/settings/email", "/verify-email/resend"]
    stack.manage("load_articles")
    paths += ["/help", "/help/kill-switch", *(f"/help/set-up/{system.slug}?device={devices[0]}" for system in SYSTEMS)]
    for path in paths:
        check(page, path)
    [(passkey,)] = stack.sql(
        "INSERT INTO accounts_passkey (id, user_id, name, credential_id, credential, sign_count, created_at) "
        "SELECT gen_random_uuid(), id, %s, decode(md5(email), 'hex'), '', 0, now() FROM accounts_user WHERE email = %s "
        "RETURNING id",
        LONG[:60],
        person.email,
    )
    for path in ("", f"/passkeys/{passkey}", f"/passkeys/{passkey}/remove", "/confirm"):
        check(page, f"/settings/security{path}")
    [(key,)] = stack.sql(
        "INSERT INTO accounts_apikey (id, user_id, name, prefix, key_hash, scopes, created_at) "
        "SELECT gen_random_uuid(), id, %s, 'nvk_123456', md5(email), '[\"read\"]', now() FROM accounts_user WHERE email = %s "
        "RETURNING id",
        LONG[:60],
        person.email,
    )
    for path in ("", f"/{key}/revoke"):
        check(page, f"/settings/api-keys{path}")
    check(page, "/devices/00000000-0000-0000-0000-000000000000", 404)
    stack.api("DELETE", f"devices/{devices[0]}", token=person.token)
    for path in (f"/devices/{devices[0]}", "/devices", "/dashboard"):
        check(page, path)
    watch.assert_quiet()


@SIZES
@SCHEMES
def test_pages_of_somebody_who_pays(
    open_context: Callable[..., BrowserContext], stack: Stack, person: Person, viewport: dict[str, int], scheme: str
) -> None:
    context = open_context(viewport=viewport, color_scheme=scheme)
    watch = Watch(context)
    page = context.new_page()
    sign_in(page, person.email)
    for path in (
        "/billing",
        "/billing/plans",
        "/billing/plans?plan=pro&interval=year&currency=JPY",
        "/billing/cancelled",
    ):
        check(page, path)
    customer = f"cus_{uuid4().hex}"
    stack.sql(
        "INSERT INTO billing_stripecustomer (stripe_id, user_id, created_at, currency, balance_minor, card_brand, card_last4,"
        " card_exp_month, card_exp_year) SELECT %s, id, now(), 'USD', -250, 'mastercard', '4242', 12, 2034"
        " FROM accounts_user WHERE email = %s",
        customer,
        person.email,
    )
    stack.sql(
        "INSERT INTO billing_subscription (stripe_id, customer_id, user_id, price_id, status, started_at, current_period_start,"
        " current_period_end, cancel_at_period_end, pause_behavior, schedule_id, paid_until, withheld, is_surplus, synced_at)"
        " SELECT %s, c.stripe_id, c.user_id, p.id, 'active', now(), now(), now() + interval '30 days', false, '', '',"
        " now() + interval '30 days', '', false, now() FROM billing_stripecustomer c, billing_planprice p JOIN billing_plan b"
        " ON b.id = p.plan_id WHERE c.stripe_id = %s AND b.code = 'basic' AND p.interval = 'month' AND p.currency = 'USD'",
        f"sub_{customer}",
        customer,
    )
    stack.sql(
        "INSERT INTO billing_invoice (stripe_id, user_id, subscription_id, price_id, number, status, currency, total_minor, tax_minor,"
        " amount_paid_minor, amount_due_minor, created_at, attempt_count, hosted_url, pdf_url, synced_at, promotion_codes)"
        " SELECT %s || n, user_id, stripe_id, price_id, %s || n, (ARRAY['open', 'paid', 'void', 'uncollectible'])[n], 'JPY', 123456789, 0,"
        " 0, 123456789, now(), 1, 'https://invoice.stripe.com/i', 'https://invoice.stripe.com/p', now(), '{}'"
        " FROM billing_subscription, generate_series(1, 4) n WHERE stripe_id = %s",
        customer,
        f"{LONG[:60]}-",
        f"sub_{customer}",
    )
    paths = ["/billing", "/billing?limit=1&page=2", "/billing/plans", "/billing/cancel", "/billing/pause", "/dashboard"]
    for path in paths:
        check(page, path)
    changes = ["cancel_at_period_end = true", "pause_behavior = 'void'", "status = 'past_due', unpaid_since = now()"]
    changes += [
        "status = 'unpaid', unpaid_since = now() - interval '60 days'",
        "withheld = 'disputed'",
        "price_id = NULL",
    ]
    for change in changes:
        stack.sql(f"UPDATE billing_subscription SET {change} WHERE stripe_id = %s", f"sub_{customer}")
        check(page, "/billing")
        check(page, "/dashboard")
    watch.assert_quiet()


@SIZES
def test_pages_that_say_no(
    open_context: Callable[..., BrowserContext], stack: Stack, person: Person, viewport: dict[str, int]
) -> None:
    context = open_context(viewport=viewport)
    watch = Watch(context)
    watch.expected = {403, 429}
    page = context.new_page()
    sign_in(page, person.email)
    # A form that did not come from this site, and somebody who asks too often.
    context.route("**/devices/new", lambda route: route.continue_(method="POST"), times=1)
    check(page, "/devices/new", 403)
    # A count belongs to a minute, which may end just then.
    for _ in range(2):
        page.goto("/dashboard")
        stack.sql("UPDATE nexusvpn_counter SET count = 1000000")
    check(page, "/dashboard", 429)
    watch.assert_quiet()


@SIZES
@SCHEMES
def test_pages_of_staff(
    open_context: Callable[..., BrowserContext],
    stack: Stack,
    speaker: Callable[..., Person],
    viewport: dict[str, int],
    scheme: str,
) -> None:
    context = open_context(viewport=viewport, color_scheme=scheme)
    watch = Watch(context)
    person, member = speaker(plan="pro"), speaker()
    person.add_device("Phone", new_key())
    ticket = answered_ticket(stack, person)
    stack.sql("UPDATE accounts_user SET is_staff = true, is_superuser = true WHERE email = %s", member.email)
    [(customer,)] = stack.sql("SELECT id FROM accounts_user WHERE email = %s", person.email)
    page = context.new_page()
    sign_in(page, member.email)
    paths = ["/admin/", "/admin/accounts/user/", f"/admin/accounts/user/{customer}/change/"]
    paths += ["/admin/support/ticket/?view=all", f"/admin/support/ticket/{ticket}/change/"]
    for path in paths:
        check_staff(page, path)
        check_access(page, path)
    for path in ("/admin/vpn/server/", "/admin/billing/ledgerentry/reports/", "/admin/settings/"):
        check_staff(page, path)
    watch.assert_quiet()


@SIZES
@SCHEMES
def test_pages_of_mailed_links(
    open_context: Callable[..., BrowserContext], stack: Stack, person: Person, viewport: dict[str, int], scheme: str
) -> None:
    context = open_context(viewport=viewport, color_scheme=scheme)
    watch = Watch(context)
    page = context.new_page()
    for path, purpose in PAGES_OF_LINKS:
        token = uuid4().hex * 2
        stack.sql(
            "INSERT INTO accounts_emailtoken (user_id, purpose, token_hash, email, created_at, expires_at)"
            " SELECT id, %s, %s, email, now(), now() + interval '1 hour' FROM accounts_user WHERE email = %s",
            purpose,
            sha256(token.encode()).hexdigest(),
            person.email,
        )
        check(page, f"{path}/{token}")
    sign_in(page, person.email)
    check(page, "/settings/email")
    watch.assert_quiet()


@SIZES
@SCHEMES
def test_the_page_between_password_and_dashboard(
    open_context: Callable[..., BrowserContext], stack: Stack, person: Person, viewport: dict[str, int], scheme: str
) -> None:
    context = open_context(viewport=viewport, color_scheme=scheme)
    watch = Watch(context)
    stack.sql(
        "INSERT INTO accounts_totpseed (user_id, seed, created_at, confirmed_at, last_step) "
        "SELECT id, '', now(), now(), 0 FROM accounts_user WHERE email = %s",
        person.email,
    )
    page = context.new_page()
    page.goto("/login")
    send_password(page, person.email)
    page.wait_for_url(re.compile("/login/code$"))
    check(page, "/login/code")
    watch.assert_quiet()


@SIZES
def test_pages_of_somebody_new(
    open_context: Callable[..., BrowserContext], speaker: Callable[..., Person], viewport: dict[str, int]
) -> None:
    context = open_context(viewport=viewport)
    watch = Watch(context)
    page = context.new_page()
    newcomer = speaker()
    sign_in(page, newcomer.email)
    for path in ("/dashboard", "/devices"):
        check(page, path)
    newcomer.add_device("Phone", new_key())
    check(page, "/devices/new")
    watch.assert_quiet()


def test_the_keyboard_alone_reaches_the_content_and_signs_in(
    open_context: Callable[..., BrowserContext], person: Person
) -> None:
    page = open_context(locale="en-GB").new_page()
    page.goto("/login")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type(person.email)
    page.keyboard.press("Tab")
    page.keyboard.type("correct horse battery staple")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/dashboard"))
