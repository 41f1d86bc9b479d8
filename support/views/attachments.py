"""A file of a thread."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from accounts.people import signed_in
from support.downloads import download
from support.services.attachments import readable_content


@login_required
@require_safe
def attachment(request: HttpRequest, pk: UUID, attachment_id: UUID) -> HttpResponse:
    return download(request, readable_content(reader=signed_in(request), ticket_id=pk, attachment_id=attachment_id))
