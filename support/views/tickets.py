"""My tickets, and the form that opens one."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.people import signed_in
from nexusvpn.api.pagination import Page, fetch_page, page_request
from nexusvpn.errors import DomainError, InvalidInput
from nexusvpn.http import with_retry_after
from nexusvpn.ratelimit import NEW_TICKETS
from support.emails import gets_mails
from support.forms import TicketForm
from support.languages import wanted_language
from support.models import Ticket
from support.services.articles import suggest
from support.services.tickets import open_ticket
from support.uploads import count_writing, received_files
from support.validators import SUBJECT_MAX, SUBJECT_MIN

Status = Ticket.Status
# What the page says first. None of these are glued together: languages differ in how they count.
WRITTEN = ngettext_lazy("You have written %(n)d ticket.", "You have written %(n)d tickets.", "n")
MANY_WRITTEN = gettext_lazy("You have written more than %(n)d tickets.")
NONE_OF = {
    Status.OPEN: gettext_lazy("None of your tickets is open."),
    Status.ANSWERED: gettext_lazy("None of your tickets is answered."),
    Status.CLOSED: gettext_lazy("None of your tickets is closed."),
}
SOME_OF = {
    Status.OPEN: ngettext_lazy("%(n)d of your tickets is open.", "%(n)d of your tickets are open.", "n"),
    Status.ANSWERED: ngettext_lazy("%(n)d of your tickets is answered.", "%(n)d of your tickets are answered.", "n"),
    Status.CLOSED: ngettext_lazy("%(n)d of your tickets is closed.", "%(n)d of your tickets are closed.", "n"),
}
MANY_OF = {
    Status.OPEN: gettext_lazy("More than %(n)d of your tickets are open."),
    Status.ANSWERED: gettext_lazy("More than %(n)d of your tickets are answered."),
    Status.CLOSED: gettext_lazy("More than %(n)d of your tickets are closed."),
}
PRIORITY_LABELS: dict[object, object] = dict(Ticket.Priority.choices)
LISTED = ("id", "subject", "status", "priority", "updated_at")


def _row(*values: object) -> dict[str, object]:
    row = dict(zip(LISTED, values, strict=True))
    return {**row, "priority_word": PRIORITY_LABELS[row["priority"]]}


def _my_tickets(request: HttpRequest, state: str) -> Page:
    """One page of them; raises InvalidInput for a page or state that there is not."""
    mine = Ticket.objects.filter(user=signed_in(request))
    if state:
        if state not in Ticket.Status.values:
            raise InvalidInput(fields={"state": [_("Choose open, answered or closed.")]})
        mine = mine.filter(status=state)
    return fetch_page(mine, page_request(request.GET), LISTED, _row)


def _summary(page: Page, state: str) -> str:
    """The page's one sentence: how many tickets there are, of those that are shown."""
    if not page.total:
        return str(NONE_OF[Ticket.Status(state)] if state else _("Ask us anything about your account or your devices."))
    words = SOME_OF[Ticket.Status(state)] if state else WRITTEN
    more = MANY_OF[Ticket.Status(state)] if state else MANY_WRITTEN
    return str((more if page.total_capped else words) % {"n": page.total})


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def support(request: HttpRequest) -> HttpResponse:
    """My tickets, and the form that opens one; a refused form keeps what was typed."""
    user = signed_in(request)
    sent = (request.POST, request.FILES) if request.method == "POST" else ()
    form = TicketForm(*sent, user=user)
    status = 400 if form.is_bound else 200
    if form.is_valid():
        values: dict[str, Any] = dict(form.cleaned_data)
        values["device_id"] = values.pop("device", None)
        try:
            values["files"] = received_files(request, user, values["files"])
            count_writing(request, user, NEW_TICKETS)
            ticket = open_ticket(user=user, **values)
        except DomainError as error:
            status = form.add_domain_error(error)
        else:
            by_mail = _("Your ticket has been sent. We answer here and by mail.")
            here = _("Your ticket has been sent. We answer here.")
            messages.success(request, by_mail if gets_mails(user) else here)
            return redirect("ticket", ticket.pk)
    state = request.GET.get("state", "")
    page = _my_tickets(request, state)
    context = {"page": page, "form": form, "state": state, "states": Ticket.Status.choices}
    context["summary"] = _summary(page, state)
    return with_retry_after(render(request, "support/tickets.html", context, status=status), form.retry_after)


@never_cache
@login_required
@require_safe
def suggestions(request: HttpRequest) -> HttpResponse:
    """Help articles for a subject that is being typed, as a part of the page."""
    subject = request.GET.get("subject", "").strip()[:SUBJECT_MAX]
    found = suggest(subject, wanted_language()) if len(subject) >= SUBJECT_MIN else []
    return render(request, "support/_suggestions.html", {"found": found})
