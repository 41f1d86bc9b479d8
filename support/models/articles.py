"""The knowledge base."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


class ArticleCategory(models.Model):
    slug = models.SlugField(max_length=60, db_index=False)
    name = models.CharField(max_length=80)
    position = models.PositiveSmallIntegerField(default=0)

    @property
    def title(self) -> str:
        """Its name in the reader's language, where it is one that came with the product."""
        return gettext(self.name)

    class Meta:
        ordering = ["position", "name"]
        verbose_name_plural = _("article categories")
        constraints = [models.UniqueConstraint(fields=["slug"], name="article_category_slug_unique")]

    def __str__(self) -> str:
        return self.name


class Article(models.Model):
    """A help text in Markdown, of which a safe part is used (`support.markdown`). Drafts are seen by staff alone."""

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        PUBLISHED = "published", _("Published")

    class Language(models.TextChoices):
        EN = "en", _("English")
        DE = "de", _("German")

    slug = models.SlugField(max_length=80, db_index=False)
    language = models.CharField(max_length=2, choices=Language.choices, default=Language.EN)
    category = models.ForeignKey(ArticleCategory, on_delete=models.PROTECT, related_name="articles")
    title = models.CharField(max_length=160)
    body = models.TextField(max_length=40_000, help_text=_("Markdown; HTML and images are shown as text."))
    state = models.CharField(max_length=9, choices=State.choices, default=State.DRAFT)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now)
    published_at = models.DateTimeField(null=True, blank=True)
    on_start_page = models.BooleanField(
        _("on the start page"),
        default=False,
        db_default=False,
        help_text=_("Among the questions there, once published."),
    )
    # Of the text that came with the product (`load_articles`), as long as nobody else wrote it; empty: staff's own.
    shipped_hash = models.CharField(max_length=64, blank=True, editable=False)
    # Title before body, by the words of its language; written with the row.
    search = SearchVectorField(null=True, editable=False)

    class Meta:
        ordering = ["title", "id"]
        constraints = [
            models.UniqueConstraint(fields=["slug", "language"], name="article_slug_unique"),
            models.CheckConstraint(
                condition=models.Q(state="draft") | models.Q(published_at__isnull=False),
                name="article_published_has_time",
            ),
        ]
        indexes = [
            # Search, and what is suggested while somebody types a subject.
            GinIndex(fields=["search"], name="article_search_idx"),
            # The questions of the start page.
            models.Index(fields=["language"], condition=models.Q(on_start_page=True), name="article_start_page_idx"),
        ]

    def __str__(self) -> str:
        return self.title


class ArticleVote(models.Model):
    """Whether an article helped somebody; one vote a person, which they may change."""

    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="votes", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False)
    helped = models.BooleanField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["article", "user"], name="article_vote_once")]
        indexes = [
            # A person's votes: export, erasure.
            models.Index(fields=["user"], name="article_vote_user_idx"),
        ]

    def __str__(self) -> str:
        answer = gettext("Yes") if self.helped else gettext("No")
        return f"{self.article}: {answer}"
