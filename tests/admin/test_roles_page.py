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


def test_the_boxes_to_choose_from_have_a_frame_and_no_sign_beside_it(staff: Client) -> None:
    """Django's script puts them where the frame is; without one they are beside the form."""
    text = staff.get("/admin/auth/group/add/").text
    assert text.count('class="related-widget-wrapper"') == 1
    assert "related-widget-wrapper-link" not in text
