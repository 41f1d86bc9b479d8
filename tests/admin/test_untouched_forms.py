"""What a browser sends of a row's page on which nothing was typed is what the page says that it has shown."""

from __future__ import annotations

import re
from collections import defaultdict
from html.parser import HTMLParser

import pytest
from django.db import models
from django.test import Client

from nexusvpn.admin_stale import digest
from tests.admin.addresses import change
from tests.admin.rows import MAKERS
from tests.factories.announcements import make_announcement

pytestmark = pytest.mark.django_db


class Browser(HTMLParser):
    """Reads what the controls of a page hold, as HTML says that they are sent."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: dict[str, list[str]] = defaultdict(list)
        self._select, self._has_many, self._options = "", False, list[tuple[str, bool]]()
        self._textarea: str | None = None
        self._text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name, value = given.get("name") or "", given.get("value")
        if tag == "input" and name and (given.get("type") not in ("checkbox", "radio") or "checked" in given):
            self.sent[name].append("on" if value is None and given.get("type") == "checkbox" else value or "")
        elif tag == "select":
            self._select, self._has_many, self._options = name, "multiple" in given, []
        elif tag == "option":
            self._options.append((value or "", "selected" in given))
        elif tag == "textarea":
            self._textarea, self._text = name, ""

    def handle_data(self, data: str) -> None:
        if self._textarea is not None:
            self._text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "select" and self._select:
            chosen = [value for value, is_selected in self._options if is_selected]
            first = [] if self._has_many else [value for value, _ in self._options[:1]]
            self.sent[self._select] += chosen or first
        elif tag == "textarea" and self._textarea is not None:
            # The line break behind the tag is none of the text, and browsers send the others as two characters.
            self.sent[self._textarea].append(self._text.removeprefix("\n").replace("\n", "\r\n"))
            self._textarea = None


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("model", MAKERS, ids=[model.__name__ for model in MAKERS])
def test_a_browser_sends_untouched_fields_as_they_were_shown(
    staff: Client, model: type[models.Model], language: str
) -> None:
    page = staff.get(change(MAKERS[model]()), headers={"Accept-Language": language})
    browser = Browser()
    browser.feed(page.text)
    # Of a row that nobody changes nothing is taken, whatever is sent.
    if not page.context.get("has_change_permission"):
        return
    for part in page.context["shown"].split():
        name, shown = part.split(":")
        inputs = [key for key in browser.sent if re.fullmatch(rf"{name}(_[0-9]+)?", key)]
        sent = {key: [value for value in browser.sent[key] if value] for key in inputs}
        assert digest(sent) == shown, (name, sent)


def test_a_draft_for_what_is_gone_is_for_nobody_after_another_change_of_it_too(staff: Client) -> None:
    draft = make_announcement(is_published=False, audience={"location": ["999999"]})
    browser = Browser()
    browser.feed(staff.get(change(draft)).text)
    sent = {name: values for name, values in browser.sent.items() if not name.startswith("_")}
    assert staff.post(change(draft), {**sent, "title": "Other news"}).status_code == 302
    draft.refresh_from_db()
    assert (draft.title, draft.audience) == ("Other news", {"location": ["999999"]})
    assert staff.post(change(draft), {**sent, "title": "Other news", "audience_location": []}).status_code == 302
    draft.refresh_from_db()
    assert draft.audience == {}
