"""What the law or a contract wants said: texts of the company that runs the service, written by its staff."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from support.models.articles import Article


class LegalPage(models.Model):
    """A legal text in Markdown, of which a safe part is used. Linked in the footer once it is published."""

    class Kind(models.TextChoices):
        TERMS = "terms", _("Terms of service")
        PRIVACY = "privacy", _("Privacy policy")
        REFUNDS = "refunds", _("Refunds and cancellation")
        IMPRINT = "imprint", _("Imprint")

    kind = models.CharField(max_length=8, choices=Kind.choices)
    language = models.CharField(max_length=2, choices=Article.Language.choices, default=Article.Language.EN)
    body = models.TextField(max_length=100_000, help_text=_("Markdown; HTML and images are shown as text."))
    # Empty: a draft, which staff alone see.
    published_at = models.DateTimeField(null=True, blank=True, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["kind", "language"]
        constraints = [
            # "This text in this language": its page.
            models.UniqueConstraint(fields=["kind", "language"], name="legal_page_once"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.get_language_display()})"
