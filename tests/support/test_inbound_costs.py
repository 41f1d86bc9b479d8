"""What a mail may cost that somebody made to be expensive: strangers need no account to send one."""

from __future__ import annotations

import time

import pytest

from support.inbound.html_text import text_of_html
from support.inbound.messages import UnreadableMail, read_mail
from support.inbound.trimming import trimmed
from tests.support.incoming import ADDRESS, plain_mail

MEGABYTE = 1_000_000
# Of a processor's time; each of these took minutes, or would have taken days.
MOST_S = 5.0
PATTERNS = [
    "<a ", "<!--", "<![CDATA[", "<a b='", '<a b="', "</", "<", "a<b>", "<?", "<!", "<td>", "<br", "<script>", "<style a",
    "<pre>\n", "<li>x", "<a b=", "<a class= ", "<a class='", "&#9", "&lt", "</p", "<blockquote>", "<p>x</p>", "<x =",
    "<a b='>", "<!-->", "</script", "\n> x\n",
]  # fmt: skip


def repeated(pattern: str) -> str:
    return pattern * (MEGABYTE // len(pattern))


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_megabyte_of_any_html_is_read_in_a_moment(pattern: str) -> None:
    html = repeated(pattern)
    started = time.process_time()
    trimmed(read_mail(plain_mail(ADDRESS, html, Content_Type="text/html; charset=utf-8")).text)
    assert time.process_time() - started < MOST_S
    text_of_html(html[: MEGABYTE // 5])
    assert time.process_time() - started < 2 * MOST_S


def test_all_the_html_of_a_mail_is_cut_together() -> None:
    part = "--B\nContent-Type: text/html\n\n" + "word " * 10_000 + "\n"
    mail = read_mail(plain_mail(ADDRESS, part * 20 + "--B--\n", Content_Type="multipart/mixed; boundary=B"))
    assert 90_000 < len(mail.text) < 110_000


def test_numbers_that_no_character_has_are_read_as_none() -> None:
    assert text_of_html(f"a&#{'9' * 5000};b&#x{'f' * 5000};c&#228;") == "a\ufffdb\ufffdc\u00e4"


@pytest.mark.parametrize(
    "charset",
    ["punycode", "idna", "unicode_escape", "raw_unicode_escape", "utf-7", "rot13", "zlib", "undefined", "mbcs"],
)
def test_a_charset_that_no_mail_is_written_in_is_not_one(charset: str) -> None:
    started = time.process_time()
    text = "xn--" + "a" * MEGABYTE
    read = read_mail(plain_mail(ADDRESS, text, Content_Type=f"text/plain; charset={charset}")).text
    assert time.process_time() - started < MOST_S
    assert read.startswith("xn--aaa")


def test_a_text_is_cut_between_characters() -> None:
    assert set(read_mail(plain_mail(ADDRESS, "a" + "\u00fc" * 200_000)).text) == {"a", "\u00fc"}


@pytest.mark.parametrize("begin", ["(" * 1_500, "(" * 3_000, '"' * 1_999, "a " * 50_000, "<a@b.c>," * 250])
def test_a_sender_that_does_not_end_is_none(begin: str) -> None:
    started = time.process_time()
    assert read_mail(plain_mail(ADDRESS, sender=f"{begin}alice@example.com")).sender == ""
    assert time.process_time() - started < MOST_S


def test_headers_without_an_end_are_no_mail() -> None:
    for name in ("From", "Content-Type"):
        started = time.process_time()
        with pytest.raises(UnreadableMail):
            read_mail(plain_mail(ADDRESS, **{name.replace("-", "_"): "<a@b.c>;" * 200_000}))
        assert time.process_time() - started < MOST_S
    with pytest.raises(UnreadableMail):
        read_mail(plain_mail(ADDRESS, Content_Type="multipart/mixed; " + '";' * 5_000))


@pytest.mark.parametrize("line", ["a \n", " \n", "-- \n", "> a \n", "a\r"])
def test_so_are_lines_that_flow(line: str) -> None:
    raw = plain_mail(ADDRESS, repeated(line), Content_Type="text/plain; format=flowed")
    started = time.process_time()
    trimmed(read_mail(raw).text)
    assert time.process_time() - started < MOST_S


def test_who_only_looks_at_who_sent_it_reads_nothing_of_its_body() -> None:
    raw = plain_mail(ADDRESS, "--B\n\n" * 4 * MEGABYTE, Content_Type="multipart/mixed; boundary=B")
    started = time.process_time()
    assert read_mail(raw).sender == "alice@example.com"
    assert time.process_time() - started < 0.5
