"""The support pages: my tickets, one thread, answering it and closing it."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.people import signed_in
from nexusvpn.api.pagination import MAX_LIMIT, Page, fetch_page, page_request
from nexusvpn.errors import DomainError, NotFound
from support.errors import TicketClosed
from support.forms import ReplyForm, TicketForm
from support.models import Ticket
from support.services.threads import thread_page
from support.services.tickets import close_ticket, open_ticket, reply_to_ticket

LISTED = ("id", "subject", "status", "priority", "updated_at")


def _row(*values: object) -> dict[str, object]:
    return dict(zip(LISTED, values, strict=True))


def _my_tickets(request: HttpRequest) -> Page:
    return fetch_page(Ticket.objects.filter(user=signed_in(request)), page_request(request.GET), LISTED, _row)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def support(request: HttpRequest) -> HttpResponse:
    """My tickets, and the form that opens one; a refused form keeps what was typed."""
    form = TicketForm(request.POST if request.method == "POST" else None)
    status = 400 if form.is_bound else 200
    if form.is_valid():
        try:
            ticket = open_ticket(user=signed_in(request), **form.cleaned_data)
        except DomainError as error:
            status = form.add_domain_error(error)
        else:
            messages.success(request, "Your ticket has been sent. We answer here and by mail.")
            return redirect("ticket", ticket.pk)
    return render(request, "support/tickets.html", {"page": _my_tickets(request), "form": form}, status=status)


def _thread(request: HttpRequest, pk: UUID, form: ReplyForm, status: int = 200) -> HttpResponse:
    ticket = Ticket.objects.visible_to(signed_in(request)).filter(pk=pk).first()
    if ticket is None:
        raise NotFound
    page = thread_page(ticket, signed_in(request), page_request(request.GET, default_limit=MAX_LIMIT))
    context = {"ticket": ticket, "messages": page.items, "page": page, "form": form}
    return render(request, "support/ticket.html", context, status=status)


def _to_ticket(pk: UUID) -> HttpResponse:
    """To the thread: after an action, and for who had to sign in again on the way to one."""
    return redirect("ticket", pk)


@never_cache
@login_required
@require_safe
def ticket(request: HttpRequest, pk: UUID) -> HttpResponse:
    return _thread(request, pk, ReplyForm())


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def ticket_reply(request: HttpRequest, pk: UUID) -> HttpResponse:
    if request.method == "GET":
        return _to_ticket(pk)
    form, status = ReplyForm(request.POST), 400
    if form.is_valid():
        try:
            reply_to_ticket(ticket_id=pk, author=signed_in(request), **form.cleaned_data)
        except DomainError as error:
            status = form.add_domain_error(error)
        else:
            return _to_ticket(pk)
    return _thread(request, pk, form, status)


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def ticket_close(request: HttpRequest, pk: UUID) -> HttpResponse:
    if request.method == "GET":
        return _to_ticket(pk)
    try:
        close_ticket(ticket_id=pk, closer=signed_in(request))
    except TicketClosed as error:
        messages.info(request, error.message)
    else:
        messages.success(request, "The ticket is closed.")
    return _to_ticket(pk)
