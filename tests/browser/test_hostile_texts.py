"""More than 200 payloads of cross-site scripting wherever people may write, seen by customer and staff in a real browser.

They are shown as text: nothing of them runs, opens, is reported by the content policy or asks another origin for anything.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from urllib.parse import quote

import pytest
from playwright.sync_api import BrowserContext, Dialog, expect

from tests.browser.hostile_rows import ALL, PAYLOADS, cut, texts_of
from tests.browser.people import Person, new_person, sign_in
from tests.browser.watch import Watch
from tests.live.stack import Stack

pytestmark = pytest.mark.live

TRAP = "window.ran = []; window.xss = () => { window.ran.push(document.location.href); };"
# Whatever no page of ours has, wherever it came from.
FOREIGN = """() => [...document.querySelectorAll("*")].flatMap((e) => [
  ...[...e.attributes].filter((a) => /^on|^srcdoc$/i.test(a.name)
    || (/^(href|src|action|formaction|data|xlink:href)$/i.test(a.name) && /^\\s*(javascript|data|vbscript):/i.test(a.value)))
    .map((a) => `${e.tagName} ${a.name}=${a.value}`),
  ...(e.matches("iframe, object, embed, applet, base, math, marquee, video, audio, xmp, meta[http-equiv], mglyph, listing")
    ? [e.tagName] : []),
])"""
TEXT = """() => [document.documentElement.textContent,
  ...[...document.querySelectorAll("input, textarea")].map((e) => e.value)].join(" ")"""
# Of Markdown: what may come of it, and no more.
IN_PROSE = """() => [...document.querySelectorAll(".prose *")].map((e) =>
  [e.localName, ...[...e.attributes].map((a) => a.name)].join(" "))"""
ALLOWED_IN_PROSE = {"p", "a href", "a href rel", "code", "pre", "h2", "blockquote", "ul", "ol", "li", "strong", "em"}
ALLOWED_IN_PROSE |= {"table", "thead", "tbody", "tr", "th", "td", "br", "hr"}


def _note(dialog: Dialog, seen: list[str]) -> None:
    seen.append(dialog.message)
    dialog.dismiss()


class Witness:
    """Sees everything that a payload could do in a context."""

    def __init__(self, context: BrowserContext, stack: Stack) -> None:
        self.stack = stack
        self.watch = Watch(context)
        self.dialogs: list[str] = []
        self.page = context.new_page()
        self.page.add_init_script(TRAP)
        self.page.on("dialog", lambda dialog: _note(dialog, self.dialogs))

    def see(self, path: str) -> str:
        """The page's text, once it is certain that nothing of it ran."""
        self.stack.sql("TRUNCATE nexusvpn_counter")
        answer = self.page.goto(path)
        assert answer is not None
        assert answer.status == 200, path
        return self.look()

    def look(self) -> str:
        self.page.wait_for_load_state()
        path = self.page.url
        assert self.page.evaluate(FOREIGN) == [], path
        assert self.page.evaluate("window.ran") == [], path
        assert self.page.evaluate("window.policyViolations") == [], path
        return texts_of([self.page.evaluate(TEXT)])[0]

    def assert_nothing_happened(self) -> None:
        assert self.dialogs == []
        elsewhere = [each.url for each in self.watch.requests if not each.url.startswith(f"{self.stack.url}/")]
        assert elsewhere == []
        self.watch.assert_quiet()


@pytest.fixture(scope="module")
def rows(stack: Stack) -> Iterator[dict[str, str]]:
    victim = new_person(stack, plan="pro")
    code = f"from tests.browser.hostile_rows import seed; print(seed({victim.email!r}))"
    made = json.loads(stack.manage("shell", "-v", "0", "-c", code).splitlines()[-1])
    yield {**made, "email": victim.email}
    stack.sql("DELETE FROM support_announcement")


@pytest.fixture
def customer(open_context: Callable[..., BrowserContext], stack: Stack, rows: dict[str, str]) -> Witness:
    witness = Witness(open_context(), stack)
    sign_in(witness.page, rows["email"])
    return witness


@pytest.fixture
def member(open_context: Callable[..., BrowserContext], stack: Stack, rows: dict[str, str]) -> Witness:
    staff: Person = new_person(stack)
    stack.sql("UPDATE accounts_user SET is_staff = true, is_superuser = true WHERE email = %s", staff.email)
    witness = Witness(open_context(), stack)
    sign_in(witness.page, staff.email)
    return witness


def assert_shown(witness: Witness, names: list[str], *paths: str) -> None:
    """Each of the texts is on one of these pages as it was written."""
    shown = " ".join(witness.see(path) for path in paths)
    assert [name for name in texts_of(names) if name not in shown] == []


def test_the_payloads_run_where_they_are_not_text(open_context: Callable[..., BrowserContext], stack: Stack) -> None:
    assert len(PAYLOADS) >= 200
    context = open_context()
    context.route("**/*", lambda route: route.abort())
    page = context.new_page()
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: _note(dialog, dialogs))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.add_init_script(TRAP)
    page.goto("about:blank")
    harmful = 0
    for payload in PAYLOADS:
        before = len(dialogs) + len(asked)
        page.evaluate(
            "(html) => { window.ran = []; document.open(); document.write(html); document.close(); }", payload
        )
        page.wait_for_timeout(20)
        harmful += bool(page.evaluate("(window.ran ?? []).length")) or len(dialogs) + len(asked) > before
    assert harmful > 80


def test_a_customer_sees_their_tickets_as_they_were_written(
    customer: Witness, rows: dict[str, str], stack: Stack
) -> None:
    lists = [f"/support?limit=100&page={page}" for page in (1, 2, 3)]
    assert_shown(customer, PAYLOADS, *lists)
    thread = f"/support/{rows['thread']}"
    pages = [f"{thread}?limit=100&page={page}" for page in (1, 2, 3)]
    assert_shown(customer, [*PAYLOADS, *(text[:100] for text in PAYLOADS)], *pages)
    assert_shown(customer, [ALL], f"/support/{rows['closed']}")
    customer.assert_nothing_happened()


def test_what_is_written_meanwhile_comes_into_the_open_thread_as_text(
    customer: Witness, rows: dict[str, str], stack: Stack
) -> None:
    customer.see(f"/support/{rows['listed']}")
    count = customer.page.locator(".message").count()
    code = f"from tests.browser.hostile_rows import later_message; later_message({rows['listed']!r})"
    stack.manage("shell", "-v", "0", "-c", code)
    expect(customer.page.locator(".message")).to_have_count(count + 1, timeout=20_000)
    assert texts_of([ALL])[0] in customer.look()
    customer.assert_nothing_happened()


def test_a_customer_sees_their_devices_as_they_were_named(customer: Witness, rows: dict[str, str]) -> None:
    names = cut(64)
    assert_shown(customer, names, *(f"/devices?limit=100&page={page}" for page in (1, 2, 3)))
    for path in ("/dashboard", "/devices/keep", "/settings", "/help/set-up/linux", "/support"):
        customer.see(path)
    for path in ("", "/config", "/rotate-key", "/revoke"):
        assert_shown(customer, names[:1], f"/devices/{rows['device']}{path}")
    customer.assert_nothing_happened()


def test_articles_announcements_and_suggestions_are_text(customer: Witness, rows: dict[str, str]) -> None:
    assert_shown(customer, [text[:160] for text in PAYLOADS], "/help")
    customer.see("/help?q=zebra")
    for payload in PAYLOADS[::20]:
        assert_shown(customer, [payload], f"/help?q={quote(payload)}")
    customer.see("/announcements")
    assert set(customer.page.evaluate(IN_PROSE)) <= ALLOWED_IN_PROSE
    customer.see("/help/hostile")
    assert set(customer.page.evaluate(IN_PROSE)) <= ALLOWED_IN_PROSE
    addresses = customer.page.evaluate("[...document.querySelectorAll('.prose a')].map((e) => e.getAttribute('href'))")
    assert [href for href in addresses if href and not href.startswith(("/help", "https://", "http://"))] == []
    for number in range(0, len(PAYLOADS), 25):
        assert_shown(customer, [PAYLOADS[number][:160]], f"/help/p-{number}")
    customer.see("/support")
    customer.page.get_by_label("Subject").press_sequentially("zebra onerror", delay=5)
    customer.page.wait_for_timeout(1500)
    customer.look()
    customer.assert_nothing_happened()


def test_staff_see_the_same_as_text(member: Witness, rows: dict[str, str]) -> None:
    desk = "/admin/support"
    inbox = [f"{desk}/ticket/?view=all&p={page}" for page in range(1, 6)]
    assert_shown(member, PAYLOADS[:200], *inbox)
    assert_shown(member, [*PAYLOADS[-50:], *cut(40)], f"{desk}/ticket/{rows['thread']}/change/")
    assert_shown(member, [ALL], f"{desk}/ticket/{rows['closed']}/change/")
    page = member.page
    member.see(f"{desk}/ticket/{rows['listed']}/change/")
    page.get_by_role("button", name="Insert").click()
    expect(page.get_by_label("Message")).to_have_value(re.compile(re.escape(PAYLOADS[10])))
    member.look()
    member.assert_nothing_happened()


def test_staff_see_lists_and_forms_as_text(member: Witness, rows: dict[str, str]) -> None:
    desk = "/admin/support"
    assert_shown(member, [text[:120] for text in PAYLOADS], *(f"{desk}/cannedreply/?p={page}" for page in range(1, 6)))
    assert_shown(member, cut(40), *(f"{desk}/tag/?p={page}" for page in range(1, 6)))
    for path in ("attachment", "article", "articlecategory", "announcement", "ticketmessage"):
        member.see(f"{desk}/{path}/")
    assert_shown(member, [ALL], f"{desk}/article/{rows['article']}/change/")
    member.see(f"/admin/vpn/vpnconfig/{rows['device']}/change/")
    member.see("/admin/vpn/vpnconfig/")
    member.see(f"/admin/accounts/user/?q={rows['email']}")
    member.page.locator("#result_list a", has_text=rows["email"]).first.click()
    member.page.wait_for_url("**/change/**")
    member.look()
    member.assert_nothing_happened()
