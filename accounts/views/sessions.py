"""Where a person is signed in and how they signed in."""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from uuid import UUID

from django.contrib import auth, messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.geography import place_of
from accounts.models import LoginHistory, Session, User
from accounts.people import signed_in
from accounts.services.sessions import end_other_sessions, end_session
from nexusvpn.errors import NotFound
from nexusvpn.forms_only import forms_only

# The newest ones; the API has all of them, page by page.
SESSIONS_SHOWN = 50
SIGN_INS_SHOWN = 20


def _current_session(request: HttpRequest) -> UUID | None:
    return getattr(request.session, "row_id", None)


def _sessions(request: HttpRequest, user: User) -> list[dict[str, Any]]:
    current = _current_session(request)
    return [
        {
            "id": session.id,
            "kind": session.get_kind_display(),
            "user_agent": session.user_agent,
            "ip": session.ip_address,
            "place": place_of(session.ip_address),
            "created_at": session.created_at,
            "last_seen_at": session.last_seen_at,
            "is_current": session.id == current,
        }
        for session in Session.objects.live().filter(user=user).defer("data")[:SESSIONS_SHOWN]
    ]


def _history(user: User) -> list[dict[str, Any]]:
    entries = LoginHistory.objects.filter(user=user)[:SIGN_INS_SHOWN]
    return [
        {
            "timestamp": each.timestamp,
            "outcome": each.outcome,
            "ip": each.ip_address,
            "place": place_of(each.ip_address),
            "user_agent": each.user_agent,
        }
        for each in entries
    ]


@never_cache
@login_required
@forms_only
def others_end(request: HttpRequest) -> HttpResponse:
    """Every session but the one that asks, at once."""
    current = _current_session(request)
    if current is None:
        raise NotFound
    ended = end_other_sessions(user=signed_in(request), kept=current)
    said = ngettext("%(count)s other session ended.", "%(count)s other sessions ended.", ended)
    messages.success(request, said % {"count": ended})
    return redirect("settings-sessions")


@never_cache
@login_required
@require_safe
def sessions(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    context = {"sessions": _sessions(request, user), "history": _history(user)}
    return render(request, "accounts/settings/sessions.html", context)


@never_cache
@login_required
@forms_only
def session_end(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One that has ended already, as at a second click, leads where it led at the first."""
    is_current = pk == _current_session(request)
    with suppress(NotFound):
        end_session(user=signed_in(request), session_id=pk)
        if not is_current:
            messages.success(request, _("The session is ended."))
    if is_current:
        auth.logout(request)
        return redirect("login")
    return redirect("settings-sessions")
