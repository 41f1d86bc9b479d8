"""The articles that come with the product: files of `support/articles`, put into the knowledge base once and kept up to date there.

A file is `<slug>.<language>.md`: lines of `name: value`, a line `---`, and the text, in which `{NAME}` stands for a setting's value.
What staff have edited is theirs and is never written over; what they took back stays a draft. `start: yes` puts an article among the
questions of the start page once, a new one or one that was loaded without it; from then on staff say whether it is there.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_noop

from support.models import Article, ArticleCategory
from support.services.article_editing import index_article

START = "\nstart: yes"
FOLDER = Path(__file__).resolve().parent.parent / "articles"
CATEGORIES = {
    "connection": gettext_noop("Connection"),
    "devices": gettext_noop("Devices"),
    "plans": gettext_noop("Plans and payments"),
    "account": gettext_noop("Your account"),
    "support": gettext_noop("Support"),
}


@dataclass(frozen=True, slots=True)
class Shipped:
    """One file."""

    slug: str
    language: str
    category: str
    title: str
    body: str
    on_start_page: bool

    @property
    def fingerprint(self) -> str:
        return _fingerprint(self.title, self.body, self.on_start_page)


def shipped_articles() -> Iterator[Shipped]:
    for path in sorted(FOLDER.glob("*.md")):
        slug, language, _ = path.name.split(".")
        head, body = path.read_text(encoding="utf-8").split("---\n", 1)
        values = dict(line.split(": ", 1) for line in head.splitlines())
        body = _with_settings(body.strip())
        yield Shipped(slug, language, values["category"], values["title"], body, values.get("start") == "yes")


def _with_settings(text: str) -> str:
    return re.sub(r"\{([A-Z_]+)\}", lambda name: str(getattr(settings, name[1])), text)


def _fingerprint(title: str, body: str, on_start_page: bool) -> str:
    """With the wish for the start page in it, a row tells whether that was in the file which it was loaded from."""
    return hashlib.sha256(f"{title}\n{body}{START if on_start_page else ''}".encode()).hexdigest()


def load_articles() -> int:
    """Bring the knowledge base up to date; returns how many articles were written. May be repeated at any time."""
    # One transaction: two that load at once meet at the unique keys, and the second finds nothing to do.
    with transaction.atomic(durable=True):
        categories = {}
        for position, (slug, name) in enumerate(CATEGORIES.items(), start=1):
            values = {"name": name, "position": position * 10}
            categories[slug], _ = ArticleCategory.objects.get_or_create(slug=slug, defaults=values)
        return sum(_load(shipped, categories[shipped.category]) for shipped in shipped_articles())


def _load(shipped: Shipped, category: ArticleCategory) -> bool:
    values: dict[str, Any] = {"title": shipped.title, "body": shipped.body, "shipped_hash": shipped.fingerprint}
    published = {"state": Article.State.PUBLISHED, "published_at": timezone.now()}
    found, is_new = Article.objects.get_or_create(
        slug=shipped.slug,
        language=shipped.language,
        defaults={**values, **published, "category": category, "on_start_page": shipped.on_start_page},
    )
    if not is_new:
        unmarked, marked = (_fingerprint(found.title, found.body, start) for start in (False, True))
        is_theirs = found.shipped_hash not in (unmarked, marked)
        if is_theirs or found.shipped_hash == shipped.fingerprint:
            return False
        if shipped.on_start_page and found.shipped_hash == unmarked:
            values["on_start_page"] = True
        # Conditional: staff may be editing it in this moment.
        if not Article.objects.filter(pk=found.pk, title=found.title, body=found.body).update(**values):
            return False
    index_article(found)
    return True
