"""What can be put into a role is called as the menu calls it."""

from __future__ import annotations

from html import unescape

import pytest
from django.test import Client


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ["Sign-ups to look at: see", "Audit log: add", "Tickets: change", "People: Can act as a customer"]),
        ("de", ["Personen: löschen", "Personen: Kann die Ansicht von Kundinnen und Kunden öffnen"]),
    ],
)
def test_permissions_are_named_by_the_list_that_they_are_for(staff: Client, language: str, words: list[str]) -> None:
    text = unescape(staff.get("/admin/auth/group/add/", headers={"Accept-Language": language}).text)
    for each in words:
        assert f">{each}</option>" in text
    assert " | " not in text.partition("<select")[2].partition("</select>")[0]
