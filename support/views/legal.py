"""The legal texts: terms, privacy, refunds, imprint."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.people import signed_in
from support.languages import wanted_language
from support.markdown import render as rendered
from support.services.legal import find_legal_page


# Never cached: the page says who is signed in.
@never_cache
@require_safe
def legal(request: HttpRequest, kind: str) -> HttpResponse:
    language = wanted_language()
    reader = signed_in(request) if request.user.is_authenticated else None
    page = find_legal_page(kind, language, reader)
    context = {"page": page, "body": rendered(page.body), "is_translated": page.language == language}
    return render(request, "support/legal.html", context)
