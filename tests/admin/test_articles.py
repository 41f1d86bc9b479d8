"""Staff write, look at, publish and take back help articles in the admin."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from accounts.models import AuditEvent, User
from support.models import Article, ArticleCategory, ArticleVote
from support.services.articles import suggest
from tests.admin.addresses import save
from tests.factories.articles import make_article

pytestmark = pytest.mark.django_db
LIST = "/admin/support/article/"


@pytest.fixture
def category(db: None) -> ArticleCategory:
    return ArticleCategory.objects.create(slug="connection", name="Connection")


def values(category: ArticleCategory, **changed: str) -> dict[str, Any]:
    written = {"title": "Zebra crossing", "slug": "zebra", "language": "en", "body": "About *zebras*."}
    return {**written, "category": category.pk, **changed}


@pytest.mark.django_db(transaction=True)
def test_an_article_is_written_as_a_draft_published_edited_and_taken_back(staff: Client) -> None:
    category = ArticleCategory.objects.create(slug="connection", name="Connection")
    staff.post(f"{LIST}add/", values(category))
    article = Article.objects.get()
    assert (article.state, suggest("zebra", "en")) == ("draft", [])
    page = f"{LIST}{article.pk}/"
    assert "Everybody can read" in staff.get(f"{page}do/publish/").text
    staff.post(f"{page}do/publish/")
    assert suggest("zebra", "en")[0].path == "/help/zebra"
    save(staff, f"{page}change/", values(category, body="About giraffes and their long necks."))
    assert suggest("giraffe", "en")
    article.refresh_from_db()
    assert article.body.startswith("About giraffes")
    changed = AuditEvent.objects.filter(action="staff_changed").latest("at")
    assert changed.details == {"body": ["15 characters", "36 characters"]}
    staff.post(f"{page}do/unpublish/")
    assert suggest("giraffe", "en") == []
    acts = AuditEvent.objects.filter(action__startswith="article_").order_by("at").values_list("action", flat=True)
    assert list(acts) == ["article_published", "article_unpublished"]


def test_a_preview_shows_the_text_of_the_form_and_saves_nothing(staff: Client, category: ArticleCategory) -> None:
    page = staff.post(f"{LIST}preview/", {"title": "<b>Zebra", "body": "About *zebras*. <script>alert(1)</script>"})
    assert "<em>zebras</em>" in page.text
    assert "&lt;b&gt;Zebra" in page.text
    assert "<script>alert" not in page.text
    assert not Article.objects.exists()
    assert "formaction" in staff.get(f"{LIST}add/").text


def test_a_preview_needs_the_permission_to_write(helper: User, helper_browser: Client) -> None:
    helper.user_permissions.set(Permission.objects.filter(codename="view_article"))
    assert helper_browser.post(f"{LIST}preview/", {"title": "a", "body": "b"}).status_code == 403


def test_addresses_of_other_pages_are_refused(staff: Client, category: ArticleCategory) -> None:
    assert "Another page has this address." in staff.post(f"{LIST}add/", values(category, slug="set-up")).text


def test_only_a_draft_that_staff_wrote_can_be_deleted(staff: Client) -> None:
    shown, shipped = make_article("shown"), make_article("shipped", state="draft", shipped_hash="a" * 64)
    own = make_article("own", state="draft")
    codes = [staff.post(f"{LIST}{each.pk}/delete/", {"post": "yes"}).status_code for each in (shown, shipped, own)]
    assert codes == [403, 403, 302]
    assert set(Article.objects.values_list("slug", flat=True)) == {"shown", "shipped"}


def test_the_list_says_how_many_it_helped(staff: Client, alice: User, bob: User) -> None:
    article = make_article()
    make_article("other")
    ArticleVote.objects.create(article=article, user=alice, helped=True)
    ArticleVote.objects.create(article=article, user=bob, helped=False)
    assert "1 of 2" in staff.get(LIST).text


def test_what_is_on_the_site_is_shown_there_and_a_draft_is_not(staff: Client) -> None:
    for article in (make_article("shown"), make_article("draft", state="draft")):
        offered = f'href="/help/{article.slug}"' in staff.get(f"{LIST}{article.pk}/change/").text
        assert offered is (article.slug == "shown")
