"""The observers see what they are there to see: without this, a silent one would prove nothing."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext

from tests.browser.watch import Watch
from vpn.wireguard.keys import generate_key_pair

pytestmark = pytest.mark.live

LEAKS = {
    "address": "(key) => fetch('/?k=' + encodeURIComponent(key))",
    "header": "(key) => fetch('/', {headers: {'X-Note': 'a' + btoa(key)}})",
    "form": "(key) => {const f = new FormData(); f.set('a', key); return fetch('/', {method: 'POST', body: f})}",
    "beacon": "(key) => {navigator.sendBeacon('/', key); return new Promise((done) => setTimeout(done, 300))}",
    "bytes": "(key) => fetch('/', {method: 'POST', body: Uint8Array.from(atob(key), (c) => c.charCodeAt(0))})",
}


@pytest.mark.parametrize("way", LEAKS)
def test_a_key_that_leaves_the_browser_is_seen(context: BrowserContext, watch: Watch, way: str) -> None:
    private_key = generate_key_pair().private_key
    page = context.new_page()
    page.goto("/")
    watch.assert_never_sent(private_key)
    page.evaluate(f"(key) => ({LEAKS[way]})(key).then(() => 0)", private_key)
    with pytest.raises(AssertionError, match="left the browser"):
        watch.assert_never_sent(private_key)


@pytest.mark.parametrize(
    "keep", ["localStorage.setItem('k', key)", "sessionStorage.setItem('k', btoa(key))", "document.cookie = 'k=' + key"]
)
def test_a_key_that_is_kept_is_seen(context: BrowserContext, watch: Watch, keep: str) -> None:
    private_key = generate_key_pair().private_key
    page = context.new_page()
    page.goto("/")
    watch.assert_nothing_stored(page, private_key)
    page.evaluate(f"(key) => {{ {keep} }}", private_key)
    with pytest.raises(AssertionError):
        watch.assert_nothing_stored(page, private_key)


@pytest.mark.parametrize(
    "fault",
    [
        "document.body.insertAdjacentHTML('beforeend', '<p style=\"color: red\">x</p>')",
        "document.head.append(Object.assign(document.createElement('script'), {textContent: 'window.injected = 1'}))",
        "document.body.append(Object.assign(new Image(), {src: 'http://192.0.2.1/x.png'}))",
        "console.error('something')",
        "setTimeout(() => { throw new Error('something') })",
    ],
)
def test_a_violation_of_the_policy_and_an_error_are_seen(context: BrowserContext, watch: Watch, fault: str) -> None:
    page = context.new_page()
    page.goto("/")
    watch.assert_quiet()
    page.evaluate(f"() => {{ {fault} }}")
    page.wait_for_timeout(200)
    assert page.evaluate("window.injected") is None
    with pytest.raises(AssertionError):
        watch.assert_quiet()
