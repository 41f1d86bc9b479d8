"""What our texts bring to pages of others: banners, links to legal texts, questions."""

from __future__ import annotations

from typing import Any

from django import template

from accounts.models import User
from support.languages import wanted_language
from support.markdown import render as rendered
from support.services import announcements, legal
from support.services.announcements import Shown
from support.services.articles import start_page_questions
from support.services.legal import LegalLink

register = template.Library()


@register.simple_tag
def banners_for(user: User) -> list[Shown]:
    """Announcements that the person has not put away."""
    return announcements.banners_for(user)


@register.simple_tag
def legal_links() -> list[LegalLink]:
    """Of the legal texts that are published."""
    return legal.legal_links()


@register.simple_tag
def questions() -> list[dict[str, Any]]:
    """What is asked before anybody has an account, each with its answer as HTML."""
    found = start_page_questions(wanted_language())
    return [
        {"title": article.title, "answer": rendered(article.body), "language": article.language} for article in found
    ]
