from __future__ import annotations

import time

import pytest

from support.markdown import MAX_CHARACTERS, render


def test_headings_begin_below_the_title_of_the_page() -> None:
    assert "<h2>A</h2>" in render("# A")


def test_headings_skip_no_level_of_the_page() -> None:
    assert render("## A\n\n#### B\n\n> ## C") == "<h2>A</h2>\n<h3>B</h3>\n<blockquote>\n<h2>C</h2>\n</blockquote>\n"
    assert "<h2>A</h2>" in render("###### A")
    assert "<h6>F</h6>" in render("# A\n## B\n### C\n#### D\n##### E\n###### F")


@pytest.mark.parametrize(
    "written",
    [
        "<script>alert(1)</script>",
        "a <img src=x onerror=alert(1)> b",
        "<svg><animate onbegin=alert(1)>",
        "<!-- --><math><mi xlink:href='javascript:alert(1)'>",
        "![x](https://example.com/pixel.png)",
        '![x" onerror="alert(1)](/y "t")',
        "<https://user@evil.example/>",
    ],
)
def test_html_and_images_are_text(written: str) -> None:
    assert set(_tags(render(written))) == {"p"}


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java&#x73;cript:alert(1)",
        "javascript&colon;alert(1)",
        "vbscript:x",
        "data:text/html;base64,PHNjcmlwdD4=",
        "file:///etc/passwd",
        "//evil.example",
        "http:evil.example",
        "https://nexusvpn.example@evil.example",
        "blob:https://a.example/b",
        "relative",
    ],
)
def test_a_link_that_leads_elsewhere_than_it_may_is_text(address: str) -> None:
    assert "<a" not in render(f"[x]({address})")


@pytest.mark.parametrize("address", ["/help/kill-switch", "https://www.wireguard.com/install/", "mailto:a@example.com"])
def test_links_to_the_web_to_mail_and_to_our_own_pages_work(address: str) -> None:
    assert f'<a href="{address}"' in render(f"[x]({address})")


def test_a_backslash_after_the_first_slash_makes_no_address_of_another_host() -> None:
    assert '<a href="/%5Cevil.example"' in render(r"[x](/\evil.example)")


def test_a_link_to_the_web_tells_nobody_where_it_was_followed() -> None:
    assert 'rel="nofollow noopener noreferrer"' in render("[x](https://a.example)")


def test_no_token_keeps_an_attribute_of_its_own() -> None:
    table = render("|a|\n|-:|\n|b|")
    assert "<td>b</td>" in table
    assert render('```js" onload=x\na < b\n```') == "<pre><code>a &lt; b\n</code></pre>\n"
    assert render('[x](/y "title")') == '<p><a href="/y">x</a></p>\n'
    assert '<ol start="3">' in render("3. x")


HOSTILE = {
    "brackets": "[",
    "links": "[a](",
    "stars": "**a *b ",
    "ticks": "`a``",
    "quotes": "> ",
    "lists": "- ",
    "definitions": "[a]: b\n",
    "table": "|a",
}


@pytest.mark.parametrize("part", HOSTILE.values(), ids=list(HOSTILE))
def test_a_text_made_to_be_slow_is_not(part: str) -> None:
    text = (part * MAX_CHARACTERS)[:MAX_CHARACTERS]
    began = time.process_time()
    render(text)
    assert time.process_time() - began < 5


def test_a_table_of_many_rows_and_columns_is_not_endless() -> None:
    columns = "|".join("a" * 2000)
    began = time.process_time()
    html = render(f"{columns}\n{'|'.join('-' * 2000)}\n" + "a\n" * 10_000)
    assert time.process_time() - began < 5
    assert len(html) < 2_000_000


def test_what_is_too_long_is_shown_as_it_is_written() -> None:
    assert render("# <b>" + "a" * MAX_CHARACTERS).startswith("<p># &lt;b&gt;a")


def _tags(html: str) -> list[str]:
    return [part.split(">")[0].split()[0].lstrip("/") for part in html.split("<")[1:]]
