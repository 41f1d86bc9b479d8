"""Django makes one catalogue of all apps' own: of a text that two of them have, the first app's translation is shown everywhere."""

from __future__ import annotations

from babel.messages.pofile import read_po

from nexusvpn.local.places import CHECKOUT
from nexusvpn.names import APPS


def test_no_text_of_one_meaning_has_two_translations() -> None:
    found: dict[tuple[object, ...], dict[str, object]] = {}
    for app in APPS:
        with (CHECKOUT / app / "locale/de/LC_MESSAGES/django.po").open("rb") as file:
            for message in read_po(file):
                if message.id:
                    found.setdefault((message.context, message.id), {})[app] = message.string
    assert len(found) > 1000
    assert [(key, by_app) for key, by_app in found.items() if len({str(text) for text in by_app.values()}) > 1] == []


def test_an_incident_is_called_by_one_word_on_the_status_page_and_in_the_admin() -> None:
    with (CHECKOUT / "vpn/locale/de/LC_MESSAGES/django.po").open("rb") as file:
        said = {str(message.id): str(message.string) for message in read_po(file) if message.id}
    of_incidents = {english: german for english, german in said.items() if "incident" in english.lower()}
    assert len(of_incidents) > 10
    assert {english: german for english, german in of_incidents.items() if "Störung" not in german} == {}
    assert said["The incident is resolved."] == "Die Störung ist behoben."
