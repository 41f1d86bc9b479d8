"""The help pages: all articles, looking for one, reading it, and saying whether it helped."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import User
from accounts.people import signed_in
from support.languages import wanted_language
from support.markdown import render as rendered
from support.models import Article
from support.services.articles import (
    find_article,
    most_helpful,
    readable,
    search_articles,
    vote_of,
    vote_on_article,
    votes_for,
)

# Titles on one page; beyond that people search.
LISTED = 300


class VoteForm(forms.Form):
    helped = forms.TypedChoiceField(choices=[("yes", "Yes"), ("no", "No")], coerce=lambda answer: answer == "yes")


def _reader(request: HttpRequest) -> User | None:
    return signed_in(request) if request.user.is_authenticated else None


# Never cached: the pages say who is signed in. Programs that read articles have the API, with an ETag.
@never_cache
@require_safe
def help_index(request: HttpRequest) -> HttpResponse:
    """Every article by category, or those that a search found."""
    language, asked = wanted_language(), request.GET.get("q", "").strip()[:200]
    context: dict[str, Any] = {"asked": asked}
    if asked:
        context["found"] = search_articles(asked, language)
    else:
        articles = readable(language).select_related("category").defer("body", "search")
        context["articles"] = articles.order_by("category__position", "category__name", "title", "id")[:LISTED]
        context["most_helpful"] = most_helpful(language)
    return render(request, "support/help/index.html", context)


@never_cache
@require_safe
def help_article(request: HttpRequest, slug: str) -> HttpResponse:
    language, reader = wanted_language(), _reader(request)
    article = find_article(slug, language, reader)
    others = readable(language).filter(category_id=article.category_id).exclude(pk=article.pk).defer("body", "search")
    context: dict[str, Any] = {
        "article": article,
        "body": rendered(article.body),
        "is_draft": article.state == Article.State.DRAFT,
        "others": others.order_by("title", "id")[:8],
        "vote": None if reader is None else vote_of(reader, article),
    }
    if reader is not None and reader.acts_as_staff:
        context["votes"] = votes_for(article)
    return render(request, "support/help/article.html", context)


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def help_vote(request: HttpRequest, slug: str) -> HttpResponse:
    """GET is where somebody arrives who had to sign in on the way."""
    if request.method == "POST":
        user = signed_in(request)
        article = find_article(slug, wanted_language(), user)
        form = VoteForm(request.POST)
        if form.is_valid():
            vote_on_article(user=user, article=article, helped=form.cleaned_data["helped"])
            messages.success(request, _("Thank you for saying so."))
        else:
            messages.error(request, _("Choose yes or no."))
    return redirect("help-article", slug)
