from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import User
from support.models import Article, ArticleVote
from tests.admin.conftest import browser_with_factor
from tests.factories.articles import make_article
from tests.queries import recorded_queries

pytestmark = pytest.mark.django_db


def browser_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_anybody_reads_the_articles_by_category() -> None:
    make_article(title="What the kill switch does", body="# First\n\nIt **stops** the rest.")
    overview = Client().get("/help").text
    assert '<a href="/help/kill-switch">What the kill switch does</a>' in overview
    assert "<h2>Connection</h2>" in overview
    assert 'href="/help/set-up/linux"' in overview
    page = Client().get("/help/kill-switch").text
    assert "<h2>First</h2>\n<p>It <strong>stops</strong> the rest.</p>" in page
    assert page.count("<h1>") == 1


def test_the_overview_costs_the_same_with_1_and_with_20_articles() -> None:
    make_article("first")
    with recorded_queries() as few:
        Client().get("/help")
    for number in range(20):
        make_article(f"article-{number}")
    with recorded_queries() as many:
        Client().get("/help")
    assert len(few) == len(many) == 2


def test_a_search_shows_what_it_found_or_says_that_there_is_nothing() -> None:
    make_article(title="What the kill switch does")
    found = Client().get("/help?q=switches").text
    assert "1 article about “switches”" in found
    assert 'href="/help/kill-switch"' in found
    assert "Nothing about “&lt;b&gt;zebra”" in Client().get("/help", {"q": "<b>zebra"}).text


def test_the_readers_language_is_chosen_where_there_is_one_and_said_in_the_page() -> None:
    make_article(title="What the kill switch does")
    make_article(language="de", title="Was der Notschalter tut")
    for header, title, language in (("de-CH,de;q=0.9", "Was der Notschalter tut", "de"), ("fr", "What the kill", "en")):
        page = Client().get("/help/kill-switch", headers={"Accept-Language": header}).text
        assert title in page
        assert f'<article class="prose reading" lang="{language}">' in page


@pytest.mark.parametrize("path", ["/help/draft", "/help/nothing", "/help/draft/vote"])
def test_what_is_not_published_is_not_found(path: str, alice: User) -> None:
    make_article("draft", state=Article.State.DRAFT)
    assert browser_of(alice).get(path, follow=True).status_code == 404


def test_staff_read_drafts_with_a_banner_and_learn_how_many_it_helped(sam: User, alice: User) -> None:
    draft = make_article("draft", state=Article.State.DRAFT)
    assert "This is a draft. Only staff can read it." in browser_with_factor(sam).get("/help/draft").text
    Article.objects.filter(pk=draft.pk).update(state="published", published_at=draft.created_at)
    ArticleVote.objects.create(article=draft, user=alice, helped=True)
    assert "1 of 1 said that it helped" in browser_with_factor(sam).get("/help/draft").text
    assert "said that it helped" not in browser_of(alice).get("/help/draft").text


def test_staff_without_the_permission_see_no_draft(db: None, bob: User) -> None:
    make_article("draft", state=Article.State.DRAFT)
    User.objects.filter(pk=bob.pk).update(is_staff=True)
    assert browser_with_factor(bob).get("/help/draft").status_code == 404


def test_a_person_votes_once_and_may_change_it(alice: User) -> None:
    article = make_article()
    browser = browser_of(alice)
    voted = browser.post("/help/kill-switch/vote", {"helped": "yes"})
    assert (voted.status_code, voted["Location"]) == (302, "/help/kill-switch")
    assert "You said yes." in browser.get("/help/kill-switch").text
    browser.post("/help/kill-switch/vote", {"helped": "no"})
    assert list(ArticleVote.objects.values_list("article", "user", "helped")) == [(article.pk, alice.pk, False)]
    assert "Choose yes or no." in browser.post("/help/kill-switch/vote", {"helped": "perhaps"}, follow=True).text


def test_who_is_not_signed_in_is_asked_to_before_voting() -> None:
    make_article()
    answer = Client().post("/help/kill-switch/vote", {"helped": "yes"})
    assert answer["Location"].startswith("/login?next=")
    assert not ArticleVote.objects.exists()


def test_most_helpful_are_those_that_more_people_found_helpful_than_not(alice: User, bob: User) -> None:
    good, bad = make_article("good"), make_article("bad")
    assert "Most helpful" not in Client().get("/help").text
    ArticleVote.objects.create(article=good, user=alice, helped=True)
    ArticleVote.objects.create(article=bad, user=alice, helped=True)
    ArticleVote.objects.create(article=bad, user=bob, helped=False)
    overview = Client().get("/help").text
    assert "Most helpful" in overview
    assert overview.count('href="/help/good"') == 2
    assert overview.count('href="/help/bad"') == 1


def test_the_start_page_answers_the_questions_that_staff_put_there(client: Client) -> None:
    make_article("kill-switch", title="What if it breaks?", body="It **stops** the rest.", on_start_page=True)
    make_article("kill-switch", language="de", title="Was, wenn es abbricht?", body="Es stoppt.", on_start_page=True)
    make_article("other", title="Not asked there")
    make_article("draft", title="Not finished", state="draft", on_start_page=True)
    page = client.get("/").text
    assert "<summary>What if it breaks?</summary>" in page
    assert "It <strong>stops</strong> the rest." in page
    assert "Not asked there" not in page
    assert "Not finished" not in page
    assert "Was, wenn es abbricht?" in client.get("/", headers={"accept-language": "de"}).text


def test_without_questions_the_start_page_has_no_place_for_them(client: Client) -> None:
    assert 'id="questions"' not in client.get("/").text
