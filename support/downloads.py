"""Files go out as downloads: whatever one holds, no browser shows it, runs it or guesses at its kind."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from nexusvpn.http import attachment
from support.models import Attachment, AttachmentContent
from support.services.attachments import bytes_of

TYPES = {
    Attachment.Kind.PNG: "image/png",
    Attachment.Kind.JPEG: "image/jpeg",
    Attachment.Kind.WEBP: "image/webp",
    Attachment.Kind.TEXT: "text/plain; charset=utf-8",
    Attachment.Kind.LOG: "text/plain; charset=utf-8",
    Attachment.Kind.PDF: "application/pdf",
}
# Instead of the one that pages have: a browser that showed the file all the same would run nothing in it and load nothing for it.
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def download(request: HttpRequest, content: AttachmentContent) -> HttpResponse:
    """The answer to GET and HEAD; the latter reads no bytes."""
    file = content.attachment
    data = b"" if request.method == "HEAD" else bytes_of(content)
    response = attachment(data, TYPES[Attachment.Kind(file.kind)], file.name)
    for name, value in {**HEADERS, "Content-Length": str(file.size)}.items():
        response.headers[name] = value
    return response
