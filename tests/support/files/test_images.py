"""Images are written anew: upright, the first of several, without a word about who took them and where."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import pytest
from PIL import Image, PngImagePlugin

from nexusvpn.errors import Unavailable
from support.files import images
from support.files.checking import MAX_BYTES, checked
from support.files.images import MAX_PIXELS, MAX_SCANS, rewrite_image
from support.files.refusals import Refused
from tests.support.files.pictures import chunk, fine_lines, noise, opened, picture, png_of

KINDS = ("png", "jpeg", "webp")
SECRET = b"48.2082N 16.3738E"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [(1, 1), (40, 30), (301, 7)])
def test_the_picture_stays_what_it_was(kind: str, size: tuple[int, int]) -> None:
    written = opened(rewrite_image(picture(kind, size), kind))
    assert (written.format, written.size) == (kind.upper(), size)
    if size == (40, 30):
        left, right = (written.convert("RGB").getpixel((at, 15)) for at in (5, 35))
        assert left[0] > 200 > 50 > left[2]  # type: ignore[index]
        assert right[2] > 200 > 50 > right[0]  # type: ignore[index]


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_kind_of_png_can_be_written_anew(mode: str) -> None:
    data = io.BytesIO()
    Image.new(mode, (9, 9)).save(data, "PNG")
    assert opened(rewrite_image(data.getvalue(), "png")).mode == mode


def test_transparency_of_a_palette_stays() -> None:
    data = io.BytesIO()
    image = Image.new("P", (4, 4), 1)
    image.putpalette([0, 0, 0, 255, 0, 0])
    image.save(data, "PNG", transparency=1)
    assert opened(rewrite_image(data.getvalue(), "png")).convert("RGBA").getpixel((0, 0)) == (255, 0, 0, 0)


def test_a_print_in_four_colours_is_shown_in_three() -> None:
    assert opened(rewrite_image(picture("jpeg", mode="CMYK"), "jpeg")).mode == "RGB"


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_that_was_said_beside_the_picture_is_left(kind: str) -> None:
    exif = Image.Exif()
    exif[0x010E] = SECRET.decode()
    extra: dict[str, Any] = {"exif": exif, "icc_profile": b"profile " + SECRET}
    if kind == "png":
        texts = PngImagePlugin.PngInfo()
        texts.add_text("Comment", SECRET.decode())
        extra["pnginfo"] = texts
    elif kind == "webp":
        extra["xmp"] = SECRET
    else:
        extra["comment"] = SECRET
    sent = picture(kind, **extra) + SECRET
    assert sent.count(SECRET) >= 3
    kept = rewrite_image(sent, kind)
    assert SECRET not in kept
    assert not opened(kept).getexif()
    assert "icc_profile" not in opened(kept).info


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_that_was_taken_aslant_is_turned_upright(orientation: int) -> None:
    # The upright picture, turned as a camera would have stored it.
    upright = Image.new("RGB", (32, 16), "blue")
    upright.paste((255, 0, 0), (0, 0, 16, 8))
    stored_by = {6: Image.Transpose.ROTATE_90, 8: Image.Transpose.ROTATE_270}
    turn = stored_by.get(orientation, images._TURNS.get(orientation))
    stored = upright if turn is None else upright.transpose(turn)
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = io.BytesIO()
    stored.save(data, "PNG", exif=exif)
    written = opened(rewrite_image(data.getvalue(), "png"))
    assert written.tobytes() == upright.tobytes()


@pytest.mark.parametrize("kind", ["png", "webp"])
def test_of_a_moving_picture_the_first_one_is_kept(kind: str) -> None:
    data = io.BytesIO()
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue", "green")]
    frames[0].save(data, kind.upper(), save_all=True, append_images=frames[1:], duration=100)
    written = opened(rewrite_image(data.getvalue(), kind))
    assert getattr(written, "n_frames", 1) == 1
    assert written.convert("RGB").getpixel((4, 4))[0] > 200  # type: ignore[index]


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_that_ends_early_is_refused(kind: str) -> None:
    whole = picture(kind, (64, 64))
    for length in (12, 16, 20, len(whole) // 2, len(whole) * 3 // 4):
        with pytest.raises(Refused):
            rewrite_image(whole[:length], kind)


@pytest.mark.parametrize("kind", KINDS)
def test_broken_bytes_are_refused_or_become_a_picture(kind: str) -> None:
    whole = picture(kind, (64, 64))
    for at in range(8, len(whole)):
        broken = whole[:at] + bytes([whole[at] ^ 0xA5]) + whole[at + 1 :]
        try:
            assert opened(rewrite_image(broken, kind)).format == kind.upper()
        except Refused:
            continue


@pytest.mark.parametrize(
    ("width", "height"), [(30_000, 30_000), (MAX_PIXELS + 1, 1), (1, 2**31), (0, 10), (2**32 - 1, 2**32 - 1)]
)
def test_a_png_that_says_it_is_huge_or_nothing_is_refused_unread(
    width: int, height: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Image, "open", pytest.fail)
    with pytest.raises(Refused):
        rewrite_image(png_of(width, height, b""), "png")


def test_a_huge_jpeg_and_a_huge_webp_are_refused_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "open", pytest.fail)
    jpeg = b"\xff\xd8\xff\xe0\x00\x04ab\xff\xc0\x00\x0b\x08" + struct.pack(">HH", 30_000, 30_000) + b"\x01\x01\x11\x00"
    canvas = (16_383).to_bytes(3, "little") * 2
    webp = b"RIFF\x00\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x02\x00\x00\x00" + canvas
    for data, kind in ((jpeg, "jpeg"), (webp, "webp")):
        with pytest.raises(Refused, match="million pixels"):
            rewrite_image(data, kind)


def test_a_jpeg_of_endless_scans_is_refused_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "open", pytest.fail)
    whole = picture("jpeg", progressive=True)
    scan = whole.rindex(b"\xff\xda")
    with pytest.raises(Refused, match="too many steps"):
        rewrite_image(whole[:-2] + whole[scan:-2] * MAX_SCANS + b"\xff\xd9", "jpeg")


def test_a_text_in_a_png_that_unpacks_to_gigabytes_is_refused() -> None:
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(bytes(1_000_000)) for _ in range(200)) + packer.flush()
    with pytest.raises(Refused):
        rewrite_image(png_of(8, 8, bytes(72), chunk(b"zTXt", b"Comment\0\0" + packed)), "png")


@pytest.mark.parametrize("kind", ["jpeg", "webp"])
def test_noise_that_was_pressed_hard_is_as_small_again_when_it_is_written_anew(kind: str) -> None:
    sent = noise(kind, (600, 400), quality=10)
    most = len(sent) * 5 // 4
    assert len(rewrite_image(sent, kind)) > most
    assert len(rewrite_image(sent, kind, most)) <= most


def test_a_photograph_that_may_be_sent_is_not_too_large_when_it_is_written_anew() -> None:
    sent = noise("jpeg", (6000, 4000), quality=25)
    assert MAX_BYTES * 4 // 5 < len(sent) <= MAX_BYTES
    kept = checked("photo.jpg", sent)
    assert len(kept.data) <= MAX_BYTES
    assert opened(kept.data).size == (6000, 4000)


def test_a_large_webp_of_fine_lines_can_be_written_anew() -> None:
    """At its usual quality libwebp refuses it: how its blocks are drawn takes more than the format has room for."""
    sent = fine_lines((5000, 4000))
    assert opened(rewrite_image(sent, "webp")).size == (5000, 4000)


def test_a_picture_that_cannot_be_written_is_not_called_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(images._WRITING, "webp", ({"quality": "none"},))
    with pytest.raises(Refused, match="cannot keep this image"):
        rewrite_image(picture("webp"), "webp")


@pytest.mark.parametrize("step", ["_decoded", "_written"])
def test_without_memory_one_is_told_to_come_again(monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    def exhausted(*args: object) -> None:
        raise MemoryError

    monkeypatch.setattr(images, step, exhausted)
    with pytest.raises(Unavailable) as caught:
        rewrite_image(picture("png"), "png")
    assert caught.value.code == "attachments_busy"


def test_who_waits_too_long_for_a_turn_is_told_to_come_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "WAIT_S", 0.05)
    with images._turn:
        with pytest.raises(Unavailable) as caught:
            rewrite_image(picture(), "png")
        assert (caught.value.code, caught.value.retry_after) == ("attachments_busy", 20)
    rewrite_image(picture(), "png")
