"""Texts and PDFs are kept as they are, so they must be one thing and nothing else besides."""

from __future__ import annotations

import re

from django.utils.translation import gettext as _

from support.files.refusals import Refused

# All but tab, line feed and carriage return; the second range are those of ISO 8859.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
# Beginnings of documents that a program does more with than to show them: markup, pictures, scripts.
_OTHER_DOCUMENT = re.compile(r"\s*(<[A-Za-z!?/]|GIF8[79]a|%!|#!|\{\\rtf|%PDF|MZ)")
_PDF_HEADER = re.compile(rb"%PDF-[12]\.\d")
_PDF_END = b"%%EOF"
# A ZIP is read from its end, where this stands 22 bytes and a comment before the last byte.
_ZIP_END, _ZIP_END_BYTES, _ZIP_COMMENT = b"PK\x05\x06", 22, 65_535


def check_text(data: bytes) -> None:
    """Raises Refused unless it is plain text in UTF-8."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refused(_("It is not a text in UTF-8, nor a PNG, JPEG or WebP image or a PDF.")) from None
    if _CONTROL.search(text):
        raise Refused(_("It holds characters that are no text."))
    if _OTHER_DOCUMENT.match(text):
        raise Refused(_("It is a document of a kind that we do not take."))


def check_pdf(data: bytes) -> None:
    """Raises Refused unless it begins and ends as a PDF does (ISO 32000-2, 7.5), and does not end as an archive too."""
    if not _PDF_HEADER.match(data) or not data.rstrip(b"\0\t\n\r ").endswith(_PDF_END):
        raise Refused(_("It is not a whole PDF."))
    tail = data[-(_ZIP_COMMENT + _ZIP_END_BYTES) :]
    at = tail.rfind(_ZIP_END)
    while at >= 0:
        comment = int.from_bytes(tail[at + 20 : at + _ZIP_END_BYTES], "little")
        if at + _ZIP_END_BYTES + comment >= len(tail) - 2:
            raise Refused(_("It is a PDF and an archive at once."))
        at = tail.rfind(_ZIP_END, 0, at)
