"""The end of acting as a customer, at the wish of who acts."""

from __future__ import annotations

from typing import cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache

from accounts.models import User
from accounts.people import signed_in
from accounts.services.acting import end_acting
from accounts.session_store import SessionStore
from nexusvpn.forms_only import forms_only


@never_cache
@login_required
@forms_only
def acting_end(request: HttpRequest) -> HttpResponse:
    """Back to the customer's page in the admin; who acts as nobody any more goes to the start of their own."""
    staff: User | None = getattr(request, "acting_staff", None)
    if staff is None:
        return redirect("admin:index" if signed_in(request).is_staff else "dashboard")
    customer = signed_in(request)
    session = cast(SessionStore, request.session)
    # What another window has begun meanwhile is not what was looked at here.
    end_acting(session_id=session.row_id, staff=staff, why="asked", only=session.acting)
    return redirect("admin:accounts_user_change", customer.pk)
