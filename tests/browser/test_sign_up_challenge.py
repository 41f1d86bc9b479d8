"""Where sign-ups cost work, the browser does it while somebody types."""

from __future__ import annotations

import os
from collections.abc import Iterator
from uuid import uuid4

import pytest
from playwright.sync_api import Browser

from tests.browser.people import PASSWORD
from tests.browser.watch import Watch
from tests.live.requirements import missing_for_browser, need
from tests.live.stack import Stack

pytestmark = pytest.mark.live


@pytest.fixture
def asking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    need(missing_for_browser())
    settings = {"SIGNUP_CHALLENGE": "accounts.challenges.ProofOfWork"}
    made = Stack(os.environ["DATABASE_URL"], tmp_path_factory.mktemp("stack"), settings=settings)
    try:
        made.start()
        yield made
    finally:
        made.stop()


def test_the_browser_solves_it_and_the_person_notices_little(asking: Stack, browser: Browser) -> None:
    context = browser.new_context(base_url=asking.url)
    watch, page, email = Watch(context), context.new_page(), f"{uuid4().hex[:10]}@example.com"
    page.set_default_timeout(60_000)
    page.goto("/signup")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Create account").click()
    page.wait_for_url("**/signup/sent")
    assert asking.sql("SELECT count(*) FROM accounts_user WHERE email = %s", email) == [(1,)]
    watch.assert_quiet()
    context.close()
