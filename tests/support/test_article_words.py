"""The product's articles name what there is: words of our pages, and ways in that exist."""

from __future__ import annotations

import re
from pathlib import Path

from django.utils.translation import gettext

from nexusvpn.languages import speaking
from support.services.shipped_articles import shipped_articles

ROOT = Path(__file__).resolve().parents[2]
# Words of other people's programs, and what a person would write.
NOT_OURS = {
    "Block untunneled traffic (kill-switch)",
    "Always-on VPN",
    "Block connections without VPN",
    "On-Demand",
    "Phone, Android 16",
    "Log",
    "View log",
}


def words_of_pages() -> str:
    pages = [path for path in (ROOT / "templates").rglob("*.html") if not {"guides", "help"} & set(path.parts)]
    words = (ROOT / "vpn/config_form.py", ROOT / "nexusvpn/templatetags/nexusvpn_ui.py")
    return "".join(path.read_text(encoding="utf-8") for path in (*pages, *words))


def test_what_an_article_puts_in_quotes_stands_on_a_page() -> None:
    pages = words_of_pages()
    quoted = {name for article in shipped_articles() for name in re.findall("“([^”]+)”", article.body)}
    assert {name for name in quoted - NOT_OURS if name not in pages} == set()


def test_a_german_article_calls_what_is_on_a_page_as_the_german_page_does() -> None:
    texts = {(article.slug, article.language): article.body for article in shipped_articles()}
    wrong = []
    for (slug, language), original in texts.items():
        quoted = re.findall("“([^”]+)”", original) if language == "en" else []
        labels = re.findall(r"\*\*([^*]+):\*\*", original) if slug == "device-states" and language == "en" else []
        with speaking("de"):
            wanted = [f"„{gettext(name)}“" for name in quoted if gettext(name) != name]
            wanted += [f"**{gettext(name)}:**" for name in labels if gettext(name) != name]
        wrong += [(slug, name) for name in wanted if name not in texts[slug, "de"]]
    assert wrong == []


def test_nobody_is_sent_to_a_mailbox_that_takes_no_mail() -> None:
    texts = [article.body for article in shipped_articles()] + [words_of_pages()]
    assert [text for text in texts if "from the address of your account" in text] == []
