"""One thread: reading it, what is new in it, answering, closing and rating."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.people import signed_in
from nexusvpn.api.pagination import MAX_LIMIT, page_request
from nexusvpn.errors import DomainError, InvalidInput, NotFound
from nexusvpn.http import with_retry_after
from nexusvpn.ratelimit import TICKET_ANSWERS
from support.access import may_answer_tickets
from support.errors import TicketClosed
from support.forms import AnswerForm, RatingForm
from support.models import Ticket
from support.services.moving import reopens_until
from support.services.rating import asks_for_rating
from support.services.threads import messages_since, thread_page
from support.services.tickets import close_ticket, rate_ticket, reply_to_ticket
from support.uploads import count_writing, received_files


def _visible_ticket(request: HttpRequest, pk: UUID) -> Ticket:
    """Raises NotFound."""
    ticket = Ticket.objects.visible_to(signed_in(request)).filter(pk=pk).first()
    if ticket is None:
        raise NotFound
    return ticket


def _standing(request: HttpRequest, ticket: Ticket, rating: RatingForm | None = None) -> dict[str, Any]:
    """What a page says of where the ticket stands, and what its reader may do now."""
    now, until = timezone.now(), reopens_until(ticket.closed_at, ticket.merged_into_id)
    is_mine = ticket.user_id == request.user.pk
    reopens = until if is_mine and until is not None and now <= until else None
    if rating is None and is_mine and asks_for_rating(ticket, now):
        rating = RatingForm(initial={"rating": ticket.rating, "comment": ticket.rating_comment})
    return {
        "ticket": ticket,
        "reopens": reopens,
        "may_write": is_mine or may_answer_tickets(signed_in(request)),
        "may_answer": ticket.status != Ticket.Status.CLOSED or reopens is not None,
        "rating_form": rating,
    }


def _thread(
    request: HttpRequest, pk: UUID, form: AnswerForm, rating: RatingForm | None = None, status: int = 200
) -> HttpResponse:
    ticket = _visible_ticket(request, pk)
    if ticket.merged_into_id is not None and not form.is_bound:
        return redirect("ticket", ticket.merged_into_id)
    wanted = page_request(request.GET, default_limit=MAX_LIMIT) if request.GET else None
    page = thread_page(ticket, signed_in(request), wanted)
    context = {
        **_standing(request, ticket, rating),
        "thread": page.items,
        "page": page,
        "form": form,
        "is_latest": page.page >= page.total_pages,
    }
    return render(request, "support/ticket.html", context, status=status)


def _to_ticket(pk: UUID) -> HttpResponse:
    """To the thread: after an action, and for who had to sign in again on the way to one."""
    return redirect("ticket", pk)


@never_cache
@login_required
@require_safe
def ticket(request: HttpRequest, pk: UUID) -> HttpResponse:
    return _thread(request, pk, AnswerForm())


@never_cache
@login_required
@require_safe
def ticket_news(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The messages after the one that an open page knows, and where the ticket stands; in two queries."""
    try:
        known = UUID(request.GET.get("after", ""))
    except ValueError:
        raise InvalidInput(fields={"after": [_("Must be the id of a message.")]}) from None
    ticket = _visible_ticket(request, pk)
    context = {**_standing(request, ticket), "thread": messages_since(ticket, signed_in(request), known)}
    return render(request, "support/_news.html", context)


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def ticket_reply(request: HttpRequest, pk: UUID) -> HttpResponse:
    if request.method == "GET":
        return _to_ticket(pk)
    user, form, status = signed_in(request), AnswerForm(request.POST, request.FILES), 400
    if form.is_valid():
        values: dict[str, Any] = dict(form.cleaned_data)
        try:
            values["files"] = received_files(request, user, values["files"])
            count_writing(request, user, TICKET_ANSWERS)
            written = reply_to_ticket(ticket_id=pk, author=user, **values)
        except DomainError as error:
            status = form.add_domain_error(error)
        else:
            return _to_ticket(written.ticket_id)
    return with_retry_after(_thread(request, pk, form, status=status), form.retry_after)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def ticket_close(request: HttpRequest, pk: UUID) -> HttpResponse:
    """GET asks, POST does."""
    if request.method != "POST":
        ticket = _visible_ticket(request, pk)
        if ticket.status == Ticket.Status.CLOSED:
            return _to_ticket(pk)
        is_mine = ticket.user_id == request.user.pk
        context = {"ticket": ticket, "is_mine": is_mine, "reopen_days": settings.TICKET_REOPEN_DAYS}
        return render(request, "support/close.html", context)
    try:
        close_ticket(ticket_id=pk, closer=signed_in(request))
    except TicketClosed as error:
        messages.info(request, error.message)
    else:
        messages.success(request, _("The ticket is closed."))
    return _to_ticket(pk)


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def ticket_rate(request: HttpRequest, pk: UUID) -> HttpResponse:
    if request.method == "GET":
        return _to_ticket(pk)
    form, status = RatingForm(request.POST), 400
    if form.is_valid():
        try:
            rate_ticket(ticket_id=pk, user=signed_in(request), **form.cleaned_data)
        except NotFound:
            raise
        except DomainError as error:
            status = form.add_domain_error(error)
        else:
            messages.success(request, _("Thank you for telling us."))
            return _to_ticket(pk)
    return _thread(request, pk, AnswerForm(), form, status)
