"""From the bytes that somebody sent to those that are kept. What a file is, its bytes say; its name chooses between text and log only."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from support.files.documents import check_pdf, check_text
from support.files.images import rewrite_image
from support.files.names import clean_name
from support.files.refusals import Refused

MAX_BYTES = 5 * 1024 * 1024
MAX_FILES = 5
_IMAGES = ((b"\x89PNG\r\n\x1a\n", "png"), (b"\xff\xd8\xff", "jpeg"))


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """A file as it will be kept: `name` ends as its `kind` does, and `data` is what is left of an image after it was written anew."""

    name: str
    kind: str
    data: bytes = field(repr=False)

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()


def checked(name: str, data: bytes) -> CheckedFile:
    """Raises Refused."""
    if not data:
        raise Refused(_("It is empty."))
    if len(data) > MAX_BYTES:
        raise Refused(too_large())
    kind = _kind_of(name, data)
    if kind == "pdf":
        check_pdf(data)
    elif kind in {"txt", "log"}:
        check_text(data)
    else:
        data = rewrite_image(data, kind, MAX_BYTES)
        if len(data) > MAX_BYTES:
            raise Refused(
                _("Written anew it is larger than {n} MB. Make the image smaller.").format(n=MAX_BYTES // 1024**2)
            )
    return CheckedFile(clean_name(name, kind), kind, data)


def too_large() -> str:
    return _("It is larger than {n} MB.").format(n=MAX_BYTES // 1024**2)


def _kind_of(name: str, data: bytes) -> str:
    for beginning, kind in _IMAGES:
        if data.startswith(beginning):
            return kind
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "webp"
    if data.startswith(b"%PDF-"):
        return "pdf"
    return "log" if name.lower().endswith(".log") else "txt"
