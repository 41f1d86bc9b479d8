"""Texts and PDFs are one thing, and nothing else besides."""

from __future__ import annotations

import io
import zipfile

import pytest

from support.files.documents import check_pdf, check_text
from support.files.refusals import Refused
from tests.support.files.pictures import PDF


@pytest.mark.parametrize(
    "text",
    [
        "plain",
        "tabs\tand\r\nlines\n",
        "Grüße, 你好, שלום, 👋🏽",
        "\ufeffwith a mark",
        "<34>Oct 11 22:14:15 a log",
        "[Interface]\nAddress = 10.0.0.2",
    ],
)
def test_plain_text_is_taken(text: str) -> None:
    check_text(text.encode())


@pytest.mark.parametrize(
    "data",
    [
        b"nul\x00",
        b"escape \x1b[31m",
        b"bell\x07",
        "c1 \x9b".encode(),
        b"\xff\xfeu\x00t\x00f\x00",
        b"latin \xe9",
        b"PK\x03\x04\x14\x00",
        b"<svg onload=alert(1)>",
        b"  \n<!DOCTYPE html><script>",
        b"\xef\xbb\xbf<?xml version='1.0'?>",
        b"</x><script>",
        b"GIF89a/*\n*/=1;alert(1)",
        b"%!PS-Adobe-3.0",
        b"#!/bin/sh\nrm -rf /",
        b"{\\rtf1 x}",
    ],
)
def test_what_is_no_text_or_the_beginning_of_something_else_is_refused(data: bytes) -> None:
    with pytest.raises(Refused):
        check_text(data)


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n\0\0"])
def test_a_whole_pdf_is_taken(end: bytes) -> None:
    check_pdf(PDF + end)


@pytest.mark.parametrize(
    "data", [PDF[:-8], b"%PDF-\n%%EOF", b"%PDF-9.0\n%%EOF", PDF + b"<script>", b"\n" + PDF, b"%PDF-1.4"]
)
def test_a_part_of_a_pdf_is_refused(data: bytes) -> None:
    with pytest.raises(Refused):
        check_pdf(data)


@pytest.mark.parametrize("comment", [b"", b"\n%%EOF\n", b"x" * 60_000 + b"%%EOF"])
def test_a_pdf_that_is_an_archive_too_is_refused(comment: bytes) -> None:
    data = io.BytesIO(PDF)
    data.seek(0, io.SEEK_END)
    with zipfile.ZipFile(data, "a") as archive:
        archive.writestr("evil.html", "<script>alert(1)</script>")
        archive.comment = comment
    assert zipfile.is_zipfile(data)
    with pytest.raises(Refused):
        check_pdf(data.getvalue())
