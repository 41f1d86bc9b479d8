"""The knowledge base: staff write here, look at it as customers will, and show it or take it back by actions."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminTextareaWidget
from django.core.exceptions import PermissionDenied
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache

from accounts.people import signed_in
from nexusvpn.admin_actions import ActionsAdmin, Outcome, object_action
from nexusvpn.admin_base import ReadOnlyAdmin, StaffModelAdmin
from nexusvpn.forms_only import forms_only
from nexusvpn.languages import lazy as _
from support.markdown import render as rendered
from support.models import Article, ArticleCategory, ArticleVote
from support.services.article_editing import index_article, publish_article, unpublish_article

# Addresses of the set-up guides and of what is suggested.
RESERVED_SLUGS = {"set-up", "suggested"}
FOUND_BY = {"title", "body", "language"}


class ArticleForm(forms.ModelForm):
    class Meta:
        model = Article
        fields = ("title", "slug", "language", "category", "on_start_page", "body")
        widgets = {"body": AdminTextareaWidget({"rows": 30})}

    def clean_slug(self) -> str:
        slug: str = self.cleaned_data["slug"]
        if slug in RESERVED_SLUGS:
            raise forms.ValidationError(gettext("Another page has this address."))
        return slug


@admin.register(Article)
class ArticleAdmin(ActionsAdmin):
    form = ArticleForm
    typed_by_help = ("body",)
    change_form_template = "admin/support/article/change_form.html"
    fields = ("title", "slug", "language", "category", "on_start_page", "body", "state", "published_at", "updated_at")
    list_display = ("title", "category", "state", "helpful", "updated_at")
    list_select_related = ("category",)
    list_filter = ("state", "language", "on_start_page", "category")
    search_fields = ("title", "body", "slug")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Article]:
        rows: QuerySet[Article] = super().get_queryset(request).defer("search")
        votes = ArticleVote.objects.filter(article=OuterRef("pk")).order_by().values("article")
        said, helped = (found.annotate(n=Count("pk")).values("n") for found in (votes, votes.filter(helped=True)))
        return rows.annotate(_said=Coalesce(Subquery(said), 0), _helped=Coalesce(Subquery(helped), 0))

    @admin.display(description=_("helpful"), ordering="_helped")
    def helpful(self, article: Any) -> str:
        return (
            gettext("%(helped)s of %(said)s") % {"helped": article._helped, "said": article._said}
            if article._said
            else "–"
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Article | None = None) -> tuple[str, ...]:
        # Others link to an article by its address.
        kept = ("slug", "language") if obj else ()
        return (*kept, "state", "published_at", "updated_at")

    def has_delete_permission(self, request: HttpRequest, obj: Article | None = None) -> bool:
        """Of drafts that staff wrote. What came with the product would come again; what is shown is taken back first."""
        own_draft = obj is not None and obj.state == Article.State.DRAFT and not obj.shipped_hash
        return own_draft and super().has_delete_permission(request, obj)

    def view_on_site(self, obj: Article) -> str | None:
        return reverse("help-article", args=[obj.slug]) if obj.state == Article.State.PUBLISHED else None

    def save_model(self, request: HttpRequest, obj: Article, form: Any, change: bool) -> None:
        before = form.initial.get("body", "")
        super().save_model(request, obj, form, change)
        if not change or FOUND_BY & set(form.changed_data):
            index_article(obj)
        details = getattr(obj, "audit_details", {})
        if "body" in details:
            # The log says that it changed and by how much: it is no archive of texts.
            details["body"] = [f"{len(text)} characters" for text in (before, obj.body)]

    @object_action(
        _("Publish"),
        _("Everybody can read and find the article from now on."),
        applies=lambda article: article.state == Article.State.DRAFT,
    )
    def publish(self, request: HttpRequest, article: Article) -> Outcome:
        publish_article(article_id=article.pk, staff=signed_in(request))
        return gettext("The article is published.")

    @object_action(
        _("Take back"),
        _(
            "The article becomes a draft, which staff alone can read. Links to it lead nowhere meanwhile; its votes stay."
        ),
        applies=lambda article: article.state == Article.State.PUBLISHED,
    )
    def unpublish(self, request: HttpRequest, article: Article) -> Outcome:
        unpublish_article(article_id=article.pk, staff=signed_in(request))
        return gettext("The article is a draft again.")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(never_cache(forms_only(self.preview)))
        return [path("preview/", view, name="support_article_preview"), *super().get_urls()]

    def preview(self, request: HttpRequest) -> HttpResponse:
        """The text of the form as customers would see it; nothing is saved."""
        if not (self.has_add_permission(request) or self.has_change_permission(request)):
            raise PermissionDenied
        title, body = (request.POST.get(name, "") for name in ("title", "body"))
        return render(request, "support/help/preview.html", {"title": title, "body": rendered(body)})


@admin.register(ArticleCategory)
class ArticleCategoryAdmin(StaffModelAdmin):
    instead_of_deleting = _("Give its articles another category first.")
    list_display = ("name", "slug", "position", "articles_count")
    search_fields = ("name", "slug")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ArticleCategory]:
        rows: QuerySet[ArticleCategory] = super().get_queryset(request)
        return rows.annotate(_articles=Count("articles"))

    @admin.display(description=_("articles"), ordering="_articles")
    def articles_count(self, category: Any) -> int:
        return int(category._articles)


@admin.register(ArticleVote)
class ArticleVoteAdmin(ReadOnlyAdmin):
    list_display = ("created_at", "article", "user", "helped")
    list_select_related = ("article", "user")
    list_filter = ("helped",)
    search_fields = ("article__title", "user__email")
    ordering = ("-created_at", "-id")
