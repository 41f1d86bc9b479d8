from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from support.models import Article, ArticleVote
from support.services.articles import most_helpful, search_articles, search_configuration, suggest, vote_on_article
from tests.factories.articles import make_article

pytestmark = pytest.mark.django_db


@pytest.fixture
def shelf() -> None:
    make_article("connection-problems", title="Connection problems", body="The handshake, the port and the firewall.")
    make_article("kill-switch", title="What the kill switch does", body="Without the tunnel nothing leaves.")
    make_article("refunds", title="Money back", body="When a payment is paid back.")
    make_article("secret", title="Connection of servers", state=Article.State.DRAFT)


@pytest.mark.usefixtures("shelf")
@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("connecting", "/help/connection-problems"),
        ("my phone cannot connect any more", "/help/connection-problems"),
        ("connectio", "/help/connection-problems"),
        ("firew", "/help/connection-problems"),
        ("payments", "/help/refunds"),
        ("KILL", "/help/kill-switch"),
    ],
)
def test_what_is_being_typed_finds_what_may_answer_it(typed: str, found: str) -> None:
    assert suggest(typed, "en")[0].path == found


@pytest.mark.usefixtures("shelf")
@pytest.mark.parametrize(
    "typed", ["", "  ", "'", "a & | ! ( :*", "the", "\x00", "zzzz", "') OR 1=1 --", "\ud800", "💥"]
)
def test_what_means_nothing_finds_nothing(typed: str) -> None:
    assert suggest(typed, "en") == []


@pytest.mark.usefixtures("shelf")
def test_drafts_are_not_suggested() -> None:
    assert [found.path for found in suggest("connection", "en")] == ["/help/connection-problems"]


def test_five_at_most_are_suggested_with_one_query() -> None:
    for number in range(8):
        make_article(f"tunnel-{number}", title=f"Tunnel {number}")
    suggest("warm", "en")
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert len(suggest("tunnel", "en")) == 5
    assert len(queries) == 1


@pytest.mark.usefixtures("shelf")
def test_a_search_wants_all_words_and_settles_for_any() -> None:
    assert [found.title for found in search_articles("kill switch", "en")] == ["What the kill switch does"]
    assert {found.title for found in search_articles("kill payment", "en")} == {
        "What the kill switch does",
        "Money back",
    }


@pytest.mark.usefixtures("shelf")
def test_german_is_found_by_german_stems_and_english_stands_in_for_what_is_not_translated() -> None:
    make_article("connection-problems", language="de", title="Verbindungsprobleme", body="Wenn Verbindungen abbrechen.")
    assert suggest("Verbindung", "de")[0].title == "Verbindungsprobleme"
    assert suggest("payment", "de")[0].title == "Money back"
    # Whoever reads German finds the German text alone, not the English one beside it.
    assert suggest("connection", "de") == []


def test_the_language_decides_the_configuration_and_an_unknown_one_compares_words() -> None:
    assert [search_configuration(language) for language in ("en", "de", "fr")] == ["english", "german", "simple"]


def test_one_person_has_one_vote_and_may_change_it(alice: User, bob: User) -> None:
    article, other = make_article(), make_article("other")
    for helped in (True, True, False):
        vote_on_article(user=alice, article=article, helped=helped)
    assert list(ArticleVote.objects.values_list("user", "helped")) == [(alice.pk, False)]
    assert most_helpful("en") == []
    vote_on_article(user=bob, article=other, helped=True)
    assert most_helpful("en") == [other]
