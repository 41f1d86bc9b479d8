"""Files of tickets over the API: how they are sent, and where each is to be had."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request

from accounts.people import signed_in
from nexusvpn.api.fields import StrictSerializer
from nexusvpn.api.parsers import FilesParser, StrictJSONParser
from nexusvpn.api.scopes import Scope
from nexusvpn.api.views import ApiView
from support.downloads import download
from support.services.attachments import readable_content
from support.uploads import received_files

TAKES_FILES = [StrictJSONParser, FilesParser]


def read_with_files(
    view: ApiView, without: type[StrictSerializer], with_files: type[StrictSerializer]
) -> dict[str, Any]:
    """The validated body, with its files as they will be kept if it is a form.

    Raises a ValidationError, InvalidInput, RateLimited or Unavailable.
    """
    request = view.request
    if request._request.content_type != FilesParser.media_type:
        return view.read(without)
    sent = view.read(with_files)
    return {**sent, "files": received_files(request._request, signed_in(request), sent["files"])}


class AttachmentView(ApiView):
    scope = Scope.SUPPORT

    @extend_schema(
        responses={(200, "application/octet-stream"): OpenApiResponse(OpenApiTypes.BINARY, "The file, as a download.")}
    )
    def get(self, request: Request, pk: UUID, inner: UUID) -> HttpResponse:
        """A file of a thread, for its owner and for staff; 404 once its content was removed."""
        content = readable_content(reader=signed_in(request), ticket_id=pk, attachment_id=inner)
        return download(request._request, content)
