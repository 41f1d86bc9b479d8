"""Images are decoded within bounds and written anew: nothing that was hidden in the file, or said about its maker, is left."""

from __future__ import annotations

import io
import threading
from typing import Any

from django.utils.translation import gettext as _
from PIL import Image

from nexusvpn.errors import Unavailable
from nexusvpn.logs import logger
from support.files.dimensions import jpeg_size, png_size, webp_size
from support.files.refusals import Refused

# A photograph of a telephone has 12 to 24 million. Decoding one takes up to 24 bytes a pixel, its turned copy included.
MAX_PIXELS = 24_000_000
# A progressive JPEG goes over all of its pixels in each scan, and a scan takes a few bytes; cameras and editors write ten or so.
MAX_SCANS = 64
# One image at a time in a process; what waits longer is told to come again.
WAIT_S = 4.0
RETRY_S = 20
log = logger(__name__)
_turn = threading.BoundedSemaphore(1)
_SIZES = {"png": png_size, "jpeg": jpeg_size, "webp": webp_size}
_MODES = {
    "png": {"1", "L", "LA", "P", "RGB", "RGBA", "I;16"},
    "jpeg": {"L", "RGB"},
    "webp": {"RGB", "RGBA"},
}
# Each is tried if the one before it does not do: what was pressed harder than the first would be larger than it came, and WebP writes
# no picture whose blocks take more than 512 KiB to describe (RFC 6386, 9.2: the first partition), as 24 million pixels of fine lines do.
# For WebP the quick way of writing: the thorough one takes ten times as long and saves a few per cent.
_WRITING: dict[str, tuple[dict[str, Any], ...]] = {
    "png": ({},),
    "jpeg": tuple({"quality": quality} for quality in (85, 60, 30, 10)),
    "webp": tuple({"quality": quality, "method": 1} for quality in (85, 60, 10)),
}
_ORIENTATION = 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def rewrite_image(data: bytes, kind: str, most: int | None = None) -> bytes:
    """The picture (the first one of several), upright, in the same format, and nothing else of the file; within `most` bytes if it can be.

    Raises Refused, or Unavailable when too many others wait for the same.
    """
    width, height = _SIZES[kind](data)
    if not 0 < width * height <= MAX_PIXELS:
        raise Refused(
            _("The image has more than {n} million pixels. Make it smaller.").format(n=MAX_PIXELS // 1_000_000)
        )
    if kind == "jpeg" and data.count(b"\xff\xda") > MAX_SCANS:
        raise Refused(_("The image is built in too many steps. Save it anew."))
    if not _turn.acquire(timeout=WAIT_S):
        raise Unavailable(code="attachments_busy", retry_after=RETRY_S)
    try:
        return _written(_picture_of(data, kind, (width, height)), kind, most)
    except MemoryError as error:
        log.warning("image_needs_memory", kind=kind, width=width, height=height)
        raise Unavailable(code="attachments_busy", retry_after=RETRY_S) from error
    finally:
        _turn.release()


def _picture_of(data: bytes, kind: str, announced: tuple[int, int]) -> Image.Image:
    try:
        return _decoded(data, kind, announced)
    except (Refused, MemoryError):
        raise
    # A decoder of hostile bytes fails in ways that it does not list; each of them is a refusal, none a failure of ours.
    except Exception as error:
        raise Refused(_("It is not a whole image.")) from error


def _written(picture: Image.Image, kind: str, most: int | None) -> bytes:
    """What was decoded is whole: if it cannot be written, that is not the sender's fault, and the log says why."""
    smallest, failure = None, None
    for saving in _WRITING[kind]:
        written = io.BytesIO()
        try:
            picture.save(written, kind.upper(), **saving)
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001  (an encoder fails in ways that it does not list)
            failure = error
            continue
        smallest = written.getvalue()
        if most is None or len(smallest) <= most:
            return smallest
    if smallest is None:
        log.error("image_not_written", kind=kind, size=picture.size, mode=picture.mode, exc_info=failure)
        raise Refused(_("We cannot keep this image. Save it as PNG or JPEG, or make it smaller.")) from failure
    return smallest


def _decoded(data: bytes, kind: str, announced: tuple[int, int]) -> Image.Image:
    with Image.open(io.BytesIO(data), formats=[kind.upper()]) as opened:
        if opened.size != announced:
            raise Refused(_("It is not a whole image."))
        opened.load()
        orientation = opened.getexif().get(_ORIENTATION, 1)
        transparent = opened.info.get("transparency")
        picture: Image.Image = opened
        if opened.mode not in _MODES[kind]:
            has_alpha = kind != "jpeg" and (opened.has_transparency_data or "A" in opened.getbands())
            picture, transparent = opened.convert("RGBA" if has_alpha else "RGB"), None
        turn = _TURNS.get(orientation)
        if turn is not None:
            picture = picture.transpose(turn)
        # Formats write what they find here: profiles, comments, times.
        picture.info = {"transparency": transparent} if transparent is not None and kind == "png" else {}
    # Its pixels outlive the file.
    return picture
