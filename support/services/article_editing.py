"""The knowledge base as staff write it: into the index with every text, shown to everybody and taken back."""

from __future__ import annotations

from django.db import transaction
from django.db.models.functions import Coalesce, Now
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from nexusvpn.audit import record_act
from nexusvpn.errors import Conflict
from support.models import Article
from support.services.articles import search_vector


def index_article(article: Article) -> None:
    """Make a text that was just written findable by its words, in the transaction that wrote it."""
    values = {"search": search_vector(article.language), "updated_at": timezone.now()}
    Article.objects.filter(pk=article.pk).update(**values)


def publish_article(*, article_id: int, staff: User) -> None:
    """Show it to everybody. Raises Conflict if it is shown already."""
    # Of two at once the second finds nothing to do: the update is conditional, and one act is audited.
    with transaction.atomic(durable=True):
        values = {"state": Article.State.PUBLISHED, "published_at": Coalesce("published_at", Now())}
        _change_state(article_id, Article.State.DRAFT, values)
        record_act("article_published", actor=staff, target=Article(pk=article_id))


def unpublish_article(*, article_id: int, staff: User) -> None:
    """Make it a draft again, which staff alone can read. Raises Conflict if it is one."""
    # As above.
    with transaction.atomic(durable=True):
        _change_state(article_id, Article.State.PUBLISHED, {"state": Article.State.DRAFT})
        record_act("article_unpublished", actor=staff, target=Article(pk=article_id))


def _change_state(article_id: int, before: str, values: dict[str, object]) -> None:
    if not Article.objects.filter(pk=article_id, state=before).update(**values):
        raise Conflict(_("Somebody else was quicker: it is so already."))
