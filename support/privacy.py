"""What support holds about people: in words, and for their export."""

from __future__ import annotations

from typing import Any

from django.db.models import F

from accounts.models import User
from accounts.privacy import StoredKind, register_section, register_stored, rows_of
from nexusvpn.languages import lazy as _
from support.models import ArticleVote, Ticket, TicketMessage
from support.stored_files import register_files
from support.stored_news import register_news

_TICKET = (
    *("id", "subject", "category", "priority", "status", "device_name", "created_at", "updated_at", "closed_at"),
    *("rating", "rating_comment", "rated_at", "merged_into"),
)


def _tickets(user: User) -> list[dict[str, Any]]:
    """Every thread as its owner sees it: our staff answer without their names, and their notes are not in it."""
    tickets = rows_of(Ticket.objects.filter(user=user).order_by("created_at", "pk"), *_TICKET)
    messages: dict[Any, list[dict[str, Any]]] = {ticket["id"]: [] for ticket in tickets}
    written = TicketMessage.objects.without_notes().filter(ticket__user=user).order_by("created_at", "pk")
    for ticket_id, by_staff, at, body in written.values_list("ticket_id", "by_staff", "created_at", "body"):
        if ticket_id in messages:
            messages[ticket_id].append({"by": "support" if by_staff else "you", "at": at, "text": body})
    return [{**ticket, "messages": messages[ticket["id"]]} for ticket in tickets]


def register() -> None:
    register_files()
    register_news()
    register_section("tickets", _("Your questions to us and our answers."), _tickets)
    register_section(
        "article_votes",
        _("Help articles that you said helped you, or did not."),
        lambda user: rows_of(
            ArticleVote.objects.filter(user=user).order_by("pk"),
            "helped",
            "created_at",
            article_title=F("article__title"),
        ),
    )
    _register_tickets()
    _register_desk()
    _register_articles()


def _register_tickets() -> None:
    register_stored(
        StoredKind(
            "support.Ticket",
            _("Your questions to us, of which device they are, how soon we answered, and how you rated it."),
            _("To answer them, in time."),
            _("As long as you have the account."),
            section="tickets",
        ),
        StoredKind(
            "support.TicketMessage",
            _("What you and we wrote, and what our staff note for each other."),
            _("To answer your questions."),
            _("As long as you have the account."),
            section="tickets",
        ),
        StoredKind(
            "support.IdempotencyKey",
            _("What your program called a message."),
            _("So that a message that is sent twice is written once."),
            _("A day."),
            not_exported=_("It repeats nothing of what you wrote, and is gone after a day."),
        ),
    )


def _register_desk() -> None:
    register_stored(
        StoredKind(
            "support.Tag",
            _("Words by which staff find questions again."),
            _("To see what many ask."),
            _("While there are any; which question has which goes with the question."),
            about_people=False,
        ),
        StoredKind(
            "support.ServiceLevel",
            _("How soon we mean to answer."),
            _("To answer in time."),
            _("While it holds."),
            about_people=False,
        ),
        StoredKind(
            "support.CannedReply",
            _("Prepared answers."),
            _("To answer sooner."),
            _("While they are true."),
            about_people=False,
        ),
    )


def _register_articles() -> None:
    register_stored(
        StoredKind(
            "support.ArticleVote",
            _("Whether a help article helped you, if you said so."),
            _("To make the articles better."),
            _("As long as you have the account."),
            section="article_votes",
        ),
        StoredKind(
            "support.LegalPage",
            _("Our terms and other legal texts."),
            _("To tell you what holds between us."),
            _("While they hold."),
            about_people=False,
        ),
        StoredKind(
            "support.Article", _("Help articles."), _("To help you."), _("While they are true."), about_people=False
        ),
        StoredKind(
            "support.ArticleCategory",
            _("What help articles are about."),
            _("To find them."),
            _("While there are any."),
            about_people=False,
        ),
    )
