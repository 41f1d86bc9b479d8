"""What every page of a signed-in person says about their account."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django import template

from accounts.forms_keys import IN_WORDS
from accounts.models import User
from accounts.services import notifications
from nexusvpn.api.scopes import Scope
from nexusvpn.languages import lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

register = template.Library()


@register.simple_tag
def unread_count(user: User) -> int:
    """How many notifications are new, up to 100."""
    return notifications.unread_count(user)


@register.filter
def scopes_in_words(scopes: Iterable[str]) -> list[StrOrPromise]:
    """What a key may do; one that was made before a scope was given up still names it."""
    words = {scope.value: words for scope, words in IN_WORDS.items()} | {Scope.READ.value: _("Read everything")}
    return [words.get(scope, scope) for scope in scopes]
