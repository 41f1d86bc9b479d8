"""The page of a thread: its files, what is new in it, closing, opening again, rating; and how much it costs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from accounts.models import User
from support.models import Attachment, AttachmentContent, Ticket
from tests.factories.support import make_attachment, make_message, make_ticket, make_tickets
from tests.queries import recorded_queries
from tests.support.files.pictures import picture

TEXT = "One more sentence for you."


def browser_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def browser(alice: User) -> Client:
    return browser_of(alice)


def upload(name: str = "screen.png", data: bytes | None = None) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, picture() if data is None else data, "application/x-whatever")


def text_of(answer: Any) -> str:
    text: str = answer.content.decode()
    return text


def support_queries(queries: list[str]) -> list[str]:
    """Those about tickets, not about who is signed in."""
    return [query for query in queries if '"support_' in query]


class TestFiles:
    def test_a_ticket_and_an_answer_bring_files_along(self, browser: Client, alice: User) -> None:
        sent = {"subject": "It fails", "priority": "low", "message": TEXT, "files": [upload(), upload("a.log", b"x\n")]}
        assert browser.post("/support", sent).status_code == 302
        ticket = Ticket.objects.get()
        answer = browser.post(f"/support/{ticket.pk}/reply", {"message": TEXT, "files": upload("b.txt", b"y")})
        assert answer.status_code == 302
        page = text_of(browser.get(f"/support/{ticket.pk}"))
        for name, words in (("screen.png", "PNG image, "), ("a.log", "log, 2\xa0B"), ("b.txt", "text, 1\xa0B")):
            file = Attachment.objects.get(name=name)
            assert f'href="/support/{ticket.pk}/attachments/{file.pk}" download>{name}</a>' in page
            assert words in page
        assert page.index("screen.png") < page.index("a.log") < page.index("b.txt")
        assert set(Attachment.objects.values_list("sender", flat=True)) == {alice.pk}

    def test_a_refused_file_is_named_with_its_reason_and_the_draft_is_kept(self, browser: Client) -> None:
        sent = {
            "subject": "It fails",
            "priority": "low",
            "message": TEXT,
            "files": [upload("evil.svg", b"<svg>"), upload()],
        }
        answer = browser.post("/support", sent)
        page = text_of(answer)
        assert answer.status_code == 400
        assert "“evil.svg”: It is a document of a kind that we do not take." in page
        assert "Choose again: evil.svg, screen.png." in page
        assert TEXT in page
        assert not Ticket.objects.exists()

    def test_another_mistake_says_too_that_files_must_be_chosen_again(self, browser: Client, ticket: Ticket) -> None:
        answer = browser.post(f"/support/{ticket.pk}/reply", {"message": "short", "files": upload()})
        assert answer.status_code == 400
        assert "Choose again: screen.png." in text_of(answer)
        assert "Choose again" not in text_of(browser.post(f"/support/{ticket.pk}/reply", {"message": "short"}))

    def test_without_room_the_draft_is_kept_and_it_is_said_when_to_come_back(
        self, browser: Client, ticket: Ticket, settings: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings.ATTACHMENTS_TOTAL_MB = 0
        answer = browser.post(f"/support/{ticket.pk}/reply", {"message": TEXT, "files": upload()})
        assert (answer.status_code, answer["Retry-After"]) == (503, "3600")
        assert "There is no room for files at the moment." in text_of(answer)
        assert TEXT in text_of(answer)
        assert ticket.messages.count() == 1
        assert not AttachmentContent.objects.exists()

    def test_over_ones_own_room_nothing_is_written(self, browser: Client, ticket: Ticket, settings: Any) -> None:
        settings.ATTACHMENTS_MB_PER_PERSON = 0
        answer = browser.post(f"/support/{ticket.pk}/reply", {"message": TEXT, "files": upload()})
        assert answer.status_code == 409
        assert "all the room that there is for one person" in text_of(answer)
        assert ticket.messages.count() == 1

    def test_messages_with_files_are_counted(self, browser: Client, ticket: Ticket) -> None:
        for _ in range(30):
            answer = browser.post(f"/support/{ticket.pk}/reply", {"message": "short", "files": upload("a.txt", b"x")})
            assert answer.status_code == 400
        for _ in range(30):
            sent = {"message": TEXT, "files": upload("a.svg", b"<svg>")}
            assert browser.post(f"/support/{ticket.pk}/reply", sent).status_code == 400
        refused = browser.post(f"/support/{ticket.pk}/reply", {"message": TEXT, "files": upload("a.txt", b"x")})
        assert refused.status_code == 429
        assert int(refused["Retry-After"]) > 0
        assert TEXT in text_of(refused)
        assert browser.post(f"/support/{ticket.pk}/reply", {"message": TEXT}).status_code == 302

    def test_what_was_removed_is_named_and_not_linked(self, browser: Client, ticket: Ticket) -> None:
        make_attachment(ticket.messages.get(), name="old.log", removed_at=timezone.now())
        page = text_of(browser.get(f"/support/{ticket.pk}"))
        assert "old.log" in page
        assert "log, removed" in page
        assert "/attachments/" not in page


class TestNews:
    def test_it_holds_only_what_came_after_the_last_known_message(
        self, browser: Client, ticket: Ticket, sam: User
    ) -> None:
        first = ticket.messages.get()
        answer = make_message(ticket, author=sam, by_staff=True, body="Restart it, please.")
        make_attachment(answer, name="how.pdf", kind="pdf")
        make_message(ticket, author=sam, by_staff=True, is_note=True, body="He never restarts it.")
        news = text_of(browser.get(f"/support/{ticket.pk}/news?after={first.pk}"))
        assert "Restart it, please." in news
        assert "how.pdf" in news
        assert first.body not in news
        assert "never restarts" not in news
        assert "Restart it" not in text_of(browser.get(f"/support/{ticket.pk}/news?after={answer.pk}"))

    def test_a_message_that_is_not_of_this_thread_gives_nothing(
        self, browser: Client, bob: User, ticket: Ticket
    ) -> None:
        theirs = make_ticket(bob).messages.get()
        for known in (theirs.pk, uuid4()):
            assert "<article" not in text_of(browser.get(f"/support/{ticket.pk}/news?after={known}"))
        assert browser.get(f"/support/{ticket.pk}/news?after=x").status_code == 400
        assert browser.get(f"/support/{ticket.pk}/news").status_code == 400

    def test_it_takes_two_queries_however_much_is_new(self, browser: Client, ticket: Ticket) -> None:
        first = ticket.messages.get()
        browser.get(f"/support/{ticket.pk}")
        for count in (0, 1, 20):
            for _ in range(count):
                make_attachment(make_message(ticket))
            with recorded_queries() as queries:
                browser.get(f"/support/{ticket.pk}/news?after={first.pk}")
            assert len(support_queries(queries)) == 2

    def test_where_the_ticket_stands_comes_along(self, browser: Client, ticket: Ticket) -> None:
        first = ticket.messages.get()
        before = text_of(browser.get(f"/support/{ticket.pk}/news?after={first.pk}"))
        assert 'data-version="open medium"' in before
        browser.post(f"/support/{ticket.pk}/close")
        after = text_of(browser.get(f"/support/{ticket.pk}/news?after={first.pk}"))
        assert 'data-version="closed medium"' in after
        assert "This ticket is closed. Write before" in after

    def test_strangers_hear_nothing(self, bob: User, ticket: Ticket) -> None:
        known = ticket.messages.get().pk
        assert browser_of(bob).get(f"/support/{ticket.pk}/news?after={known}").status_code == 404
        assert Client().get(f"/support/{ticket.pk}/news?after={known}").status_code == 302


class TestLongThreads:
    def test_the_latest_messages_come_first_to_hand_and_the_earlier_ones_in_pages(
        self, browser: Client, ticket: Ticket
    ) -> None:
        now = timezone.now()
        for number in range(149):
            make_message(ticket, body=f"Message <{number}>", created_at=now + timedelta(seconds=number))
        latest, first = (
            text_of(browser.get(f"/support/{ticket.pk}")),
            text_of(browser.get(f"/support/{ticket.pk}?page=1")),
        )
        assert latest.count("<article") == 100
        assert "Page 2 of 2" in latest
        assert latest.index("Message &lt;49&gt;") < latest.index("Message &lt;148&gt;")
        assert "data-thread-src" in latest
        assert "Message &lt;148&gt;" not in first
        assert "data-thread-src" not in first

    def test_a_thread_takes_two_queries(self, browser: Client, ticket: Ticket) -> None:
        browser.get(f"/support/{ticket.pk}")
        for count in (1, 30):
            for _ in range(count):
                make_attachment(make_message(ticket))
            with recorded_queries() as queries:
                browser.get(f"/support/{ticket.pk}")
            assert len(support_queries(queries)) == 2


class TestClosingAndOpening:
    def test_closing_asks_first(self, browser: Client, ticket: Ticket) -> None:
        asked = browser.get(f"/support/{ticket.pk}/close")
        assert "Close this ticket?" in text_of(asked)
        ticket.refresh_from_db()
        assert ticket.status == "open"
        browser.post(f"/support/{ticket.pk}/close")
        assert browser.get(f"/support/{ticket.pk}/close").status_code == 302

    def test_a_closed_one_says_until_when_an_answer_opens_it_again(self, browser: Client, alice: User) -> None:
        ticket = make_ticket(alice, status="closed")
        page = text_of(browser.get(f"/support/{ticket.pk}"))
        assert "This ticket is closed. Write before" in page
        assert "Send and open again" in page
        assert browser.post(f"/support/{ticket.pk}/reply", {"message": TEXT}).status_code == 302
        ticket.refresh_from_db()
        assert ticket.status == "open"

    def test_one_that_is_closed_for_long_takes_no_answer(self, browser: Client, alice: User) -> None:
        ticket = make_ticket(alice, status="closed", closed_at=timezone.now() - timedelta(days=20))
        page = text_of(browser.get(f"/support/{ticket.pk}"))
        assert "Write a new one" in page
        assert f"/support/{ticket.pk}/reply" not in page

    def test_one_that_was_merged_leads_to_where_it_goes_on(self, browser: Client, alice: User) -> None:
        target = make_ticket(alice)
        merged = make_ticket(alice, status="closed", merged_into=target)
        assert browser.get(f"/support/{merged.pk}")["Location"] == f"/support/{target.pk}"
        answer = browser.post(f"/support/{merged.pk}/reply", {"message": TEXT})
        assert answer["Location"] == f"/support/{target.pk}"


class TestRating:
    @pytest.fixture
    def answered(self, ticket: Ticket, sam: User) -> Ticket:
        browser_of(sam).post(f"/support/{ticket.pk}/reply", {"message": "Restart it, please."})
        return ticket

    def test_an_answer_can_be_rated_and_rated_again(self, browser: Client, answered: Ticket) -> None:
        page = text_of(browser.get(f"/support/{answered.pk}"))
        assert page.count('type="radio"') == 5
        answer = browser.post(f"/support/{answered.pk}/rate", {"rating": "2", "comment": "It was late."})
        assert answer.status_code == 302
        again = text_of(browser.get(f"/support/{answered.pk}"))
        assert "It was late." in again
        assert 'value="2" required id="id_rating_1" checked' in again
        browser.post(f"/support/{answered.pk}/rate", {"rating": "5"})
        answered.refresh_from_db()
        assert (answered.rating, answered.rating_comment) == (5, "")

    def test_before_there_is_an_answer_nothing_is_asked(self, browser: Client, ticket: Ticket) -> None:
        assert 'type="radio"' not in text_of(browser.get(f"/support/{ticket.pk}"))
        answer = browser.post(f"/support/{ticket.pk}/rate", {"rating": "5"})
        assert answer.status_code == 409
        assert "Rate our answer when you have one." in text_of(answer)

    @pytest.mark.parametrize("values", [{}, {"rating": "6"}, {"rating": "x"}, {"rating": "3", "comment": "c" * 1001}])
    def test_a_refused_rating_keeps_what_was_typed(
        self, browser: Client, answered: Ticket, values: dict[str, str]
    ) -> None:
        answer = browser.post(f"/support/{answered.pk}/rate", {"comment": "What I typed.", **values})
        assert answer.status_code == 400
        assert "What I typed." in text_of(answer) or "comment" in values
        answered.refresh_from_db()
        assert answered.rating is None

    def test_nobody_else_rates_it(self, bob: User, sam: User, answered: Ticket) -> None:
        for user in (bob, sam):
            assert browser_of(user).post(f"/support/{answered.pk}/rate", {"rating": "5"}).status_code == 404
        assert 'type="radio"' not in text_of(browser_of(sam).get(f"/support/{answered.pk}"))


class TestList:
    def test_it_is_filtered_by_state_and_keeps_the_filter_from_page_to_page(self, browser: Client, alice: User) -> None:
        make_tickets(alice, 21)
        make_ticket(alice, subject="Done with", status="closed")
        opened, closed = text_of(browser.get("/support?state=open")), text_of(browser.get("/support?state=closed"))
        assert "Done with" not in opened
        assert "21 of your tickets are open." in opened
        assert "?page=2&amp;limit=20&amp;state=open" in opened
        assert ("Done with" in closed, "Ticket 0" in closed) == (True, False)
        assert "None of your tickets is answered." in text_of(browser.get("/support?state=answered"))
        assert browser.get("/support?state=lost").status_code == 400

    def test_it_takes_one_query_with_1_and_with_20_tickets(self, browser: Client, alice: User) -> None:
        for count in (1, 19):
            make_tickets(alice, count)
            browser.get("/support")
            with recorded_queries() as queries:
                browser.get("/support")
            assert len(support_queries(queries)) == 1


class TestSuggestions:
    def test_articles_for_what_is_typed_are_a_part_of_the_page(self, browser: Client, help_article: str) -> None:
        found = text_of(browser.get("/support/suggestions?subject=router"))
        assert "1 help article may answer this:" in found
        assert f'href="{help_article}"' in found
        assert "<html" not in found

    @pytest.mark.parametrize("subject", ["", "ab", "zzzzzz", "%", "'; --", "a" * 5000, "<script>"])
    def test_nothing_found_is_nothing_shown(self, browser: Client, help_article: str, subject: str) -> None:
        answer = browser.get("/support/suggestions", {"subject": subject})
        assert answer.status_code == 200
        assert text_of(answer).strip() == ""

    def test_it_is_for_who_is_signed_in(self, db: None) -> None:
        assert Client().get("/support/suggestions?subject=router").status_code == 302


@pytest.fixture
def help_article(db: None) -> str:
    from support.models import Article, ArticleCategory
    from support.services.articles import search_vector

    category = ArticleCategory.objects.create(slug="devices-test", name="Devices")
    article = Article.objects.create(
        slug="router-test",
        category=category,
        title="Set up a router",
        body="Open its page.",
        state="published",
        published_at=timezone.now(),
    )
    Article.objects.filter(pk=article.pk).update(search=search_vector("en"))
    return "/help/router-test"
