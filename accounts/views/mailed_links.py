"""The page that asks for an address and has a link mailed to it, if it has an account."""

from __future__ import annotations

from typing import Protocol

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.forms_credentials import AddressForm
from nexusvpn.errors import RateLimited
from nexusvpn.http import with_retry_after
from nexusvpn.ratelimit import MAILED_LINK, enforce


class AskForLink(Protocol):
    def __call__(self, *, email: str) -> None: ...


def ask_page(request: HttpRequest, ask: AskForLink, template: str, *, sent: str, known: str = "") -> HttpResponse:
    """`sent` is the template of the answer, the same whether there is such an account or not; `known` stands in the form at first."""
    form = AddressForm(request.POST if request.method == "POST" else None, initial={"email": known})
    status = 400 if form.is_bound else 200
    try:
        if form.is_bound:
            enforce(request, MAILED_LINK)
        if form.is_valid():
            ask(email=form.cleaned_data["email"])
            return render(request, sent)
    except RateLimited as error:
        status = form.add_domain_error(error)
    response = render(request, template, {"form": form}, status=status)
    return with_retry_after(response, form.retry_after)
