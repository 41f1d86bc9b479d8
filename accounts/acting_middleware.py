"""Shows staff who act as a customer that customer's pages. Costs other requests a look at their session, which is there already."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone

from accounts.acting import APPEARANCE, END, SIGN_OUT, WRITES, Acting, acting_as, is_shown
from accounts.errors import ActingEnded, ActingReadOnly
from accounts.models import User
from accounts.people import signed_in
from accounts.services.acting import Why, admit_write, can_be_acted_for, end_acting, may_act, record_refusal
from accounts.session_store import SessionStore
from nexusvpn.middleware import UNLIMITED_PATHS
from nexusvpn.pages import error_page, exception_page

# The admin stays the member of staff's own, programs have no such session, and files have no owner.
NOT_SHOWN = ("/admin/", "/brand/", *UNLIMITED_PATHS)
SAFE = {"GET", "HEAD", "OPTIONS"}


class ActingMiddleware:
    """Behind the session, the sign-in and the limits, which stay the member of staff's."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if settings.SESSION_COOKIE_NAME not in request.COOKIES or request.path_info.startswith(NOT_SHOWN):
            return self.get_response(request)
        try:
            acting = _acting(request)
        except Exception as error:
            page = exception_page(request, error)
            if page is None:
                raise
            return page
        if acting is None:
            return self.get_response(request)
        request.acting_staff = acting.staff  # type: ignore[attr-defined]
        request.acting_until = acting.until  # type: ignore[attr-defined]
        request.user = acting.customer
        with acting_as(acting):
            return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        """After the check against forged forms, before the page's own checks."""
        staff: User | None = getattr(request, "acting_staff", None)
        if staff is None:
            return None
        page = (request.resolver_match and request.resolver_match.url_name) or ""
        customer = cast(User, request.user)
        if page == SIGN_OUT and request.method not in SAFE:
            # The acting ends with the session.
            _own_pages(request, staff)
            return None
        if page in (END, APPEARANCE) or (request.method in SAFE and is_shown(page)):
            return None
        if request.method not in SAFE and page in WRITES:
            return _admit(request, staff, customer, page)
        record_refusal(staff=staff, customer=customer, page=page)
        return error_page(request, ActingReadOnly())


def _admit(request: HttpRequest, staff: User, customer: User, page: str) -> HttpResponse | None:
    session = cast(SessionStore, request.session)
    try:
        admit_write(session_id=session.row_id, staff=staff, customer=customer, page=page)
    except ActingEnded as ended:
        _own_pages(request, staff)
        return error_page(request, ended)
    return None


def _acting(request: HttpRequest) -> Acting | None:
    """Who acts as whom now. Whatever has ended it is asked anew by every request."""
    session = cast(SessionStore, request.session)
    if session.acting is None or not isinstance(request.user, User):
        return None
    (customer_id, until), staff = session.acting, signed_in(request)
    if until <= timezone.now():
        _end(request, staff, "expired")
        return None
    customer = User.objects.filter(pk=customer_id).first()
    if customer is None or not may_act(staff) or not can_be_acted_for(customer):
        _end(request, staff, "not_allowed")
        return None
    return Acting(staff, customer, until)


def _end(request: HttpRequest, staff: User, why: Why) -> None:
    """What this request came with; one that another window has begun since goes on."""
    session = cast(SessionStore, request.session)
    end_acting(session_id=session.row_id, staff=staff, why=why, only=session.acting)
    _own_pages(request, staff)


def _own_pages(request: HttpRequest, staff: User) -> None:
    request.user = staff
    if hasattr(request, "acting_staff"):
        del request.acting_staff
