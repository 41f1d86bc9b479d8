"""What stays of a customer's answer: their own words, whatever their mail program puts around them."""

from __future__ import annotations

import time

import pytest
from django.conf import settings

from nexusvpn.languages import speaking
from support.emails import MARKER_WORDS
from support.inbound.html_text import text_of_html
from support.inbound.messages import read_mail
from support.inbound.trimming import MARKER, trimmed
from tests.support.incoming import sample

QUOTE = f"> {MARKER}\n>\n> Hello Alice,\n> please make a new key.\n"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (
            "gmail_web",
            "It works now, thank you – the new key was it.\n\nOne question is left: does it survive a restart?",
        ),
        ("gmail_html_only", "It works now.\n\nOne question is left: does it survive a restart?"),
        ("apple_mail", "Es läuft wieder, danke.\n\nViele Grüße\nAlice"),
        ("iphone", "Yes."),
        (
            "outlook_desktop",
            "Hello,\n\nit still stops after a minute – see the log below.\n\nHandshake did not complete after 5 seconds",
        ),
        ("outlook_html", "Hallo,\n\nes bricht noch immer ab."),
        ("outlook_web", "It still stops."),
        ("outlook_app", "Sí, funciona."),
        (
            "thunderbird",
            "I did that, and it works on the phone, but the computer still says that the handshake did not complete.\n\n"
            "Which port should be open?",
        ),
        ("wrong_charset", "Es läuft wieder, danke schön."),
    ],
)
def test_of_a_mail_programs_answer_its_writers_words_stay(name: str, words: str) -> None:
    assert trimmed(read_mail(sample(name)).text) == words


@pytest.mark.parametrize(
    "attribution",
    [
        "On Fri, Nov 27, 2026 at 10:00 AM NexusVPN <no-reply@vpn.example.com> wrote:",
        "On Fri, Nov 27, 2026 at 10:00 AM NexusVPN\n<no-reply@vpn.example.com>\nwrote:",
        "Am Fr., 27. Nov. 2026 um 10:00 Uhr schrieb NexusVPN <no-reply@vpn.example.com>:",
        "Le ven. 27 nov. 2026 à 10:00, NexusVPN <no-reply@vpn.example.com> a écrit :",
        "El vie, 27 nov 2026 a las 10:00, NexusVPN (<no-reply@vpn.example.com>) escribió:",
        "Il giorno ven 27 nov 2026 alle ore 10:00 NexusVPN <no-reply@vpn.example.com> ha scritto:",
        "Em sex., 27 de nov. de 2026 às 10:00, NexusVPN <no-reply@vpn.example.com> escreveu:",
        "Op vr 27 nov 2026 om 10:00 schreef NexusVPN <no-reply@vpn.example.com>:",
        "pt., 27 lis 2026 o 10:00 NexusVPN <no-reply@vpn.example.com> napisał(a):",
        "pá 27. 11. 2026 v 10:00 odesílatel NexusVPN <no-reply@vpn.example.com> napsal:",
        "Den fre 27 nov. 2026 kl 10:00 skrev NexusVPN <no-reply@vpn.example.com>:",
        "NexusVPN <no-reply@vpn.example.com> kirjoitti pe 27.11.2026 klo 10.00:",
        "пт, 27 нояб. 2026 г. в 10:00, NexusVPN <no-reply@vpn.example.com>:",
        "27.11.2026 10:00, NexusVPN пишет:",
        "NexusVPN <no-reply@vpn.example.com>, 27 Kas 2026 Cum, 10:00 tarihinde şunu yazdı:",
        "2026年11月27日(金) 10:00 NexusVPN <no-reply@vpn.example.com>:",
        "在 2026年11月27日 10:00，NexusVPN <no-reply@vpn.example.com> 写道：",
    ],
)
def test_the_line_above_a_quotation_goes_in_every_language(attribution: str) -> None:
    assert trimmed(f"It works.\n\n{attribution}\n\n{QUOTE}") == "It works."


def test_what_is_written_between_the_lines_of_the_quotation_stays() -> None:
    text = "On Friday 27 NexusVPN wrote:\n> Did you restart?\nYes, twice.\n> And the key?\nIt is new.\n"
    assert trimmed(text) == "Yes, twice.\nIt is new."


def test_everything_below_a_marker_that_no_sign_quotes_goes() -> None:
    assert trimmed(f"It works.\n\nOn Friday 27 NexusVPN wrote:\n{MARKER}\nHello Alice,\nmake a new key.") == "It works."
    assert trimmed("It works.\n\n— Answer above this line —\nHello") == "It works."


@pytest.mark.parametrize("language", [code for code, _name in settings.LANGUAGES])
def test_the_marker_is_known_in_every_language_in_which_our_mails_are_written(language: str) -> None:
    with speaking(language):
        marker = str(MARKER_WORDS)
    assert trimmed(f"It works.\n\nOn Friday 27 somebody wrote:\n{marker}\nHello Alice,\nmake a new key.") == "It works."


@pytest.mark.parametrize(
    "own",
    [
        "On Monday he wrote:\nnothing works.",
        "> ping 10.0.0.1\nfails, as you see.",
        "From: my computer\nit never works.",
        "Before\n--\nAfter, with many lines.\n" + "\n".join(f"Line {number}." for number in range(12)),
        "I got this:\nSent from my router at 10:00",
        "Answer above this line, you say; here it is.",
    ],
)
def test_what_only_looks_like_a_quotation_is_the_customers_own(own: str) -> None:
    assert trimmed(own + "\nSo what now?") == own + "\nSo what now?"


@pytest.mark.parametrize(
    "end", ["-- \nAlice\nExample Street 1", "--\nAlice", "Sent from my iPhone", "Von meinem iPhone gesendet"]
)
def test_signatures_go(end: str) -> None:
    assert trimmed(f"It works.\n\n{end}") == "It works."
    assert trimmed(f"It works.\n\n{end}\n\nOn Friday 27 NexusVPN wrote:\n{QUOTE}") == "It works."


def test_an_answer_without_own_words_is_nothing() -> None:
    assert trimmed(f"On Friday 27 NexusVPN wrote:\n{QUOTE}") == ""
    assert trimmed("-- \nAlice") == ""
    assert trimmed("") == ""


def test_html_becomes_lines_and_nothing_of_it_is_run_or_fetched() -> None:
    html = (
        "<head><title>T</title><style>p{}</style></head><body><p>One<br>two &amp; three</p><ul><li>a<li>b</ul>"
        '<script>alert(1)</script><img src="https://example.com/x.png" alt="x"><pre>x\n  y</pre><p>&lt;b&gt;</p>'
    )
    assert text_of_html(html) == "One\ntwo & three\n\n- a\n- b\n\nx\n  y\n\n<b>"


@pytest.mark.parametrize(
    "html", ["<p>a", "a<blockquote><blockquote>", "</p></div>a", "<script>a", "<!--", "<![CDATA[", "<" * 99]
)
def test_broken_html_is_read_as_far_as_it_goes(html: str) -> None:
    assert isinstance(text_of_html(html), str)


@pytest.mark.parametrize(
    "text",
    [
        "> a\nb\n" * 30_000,
        "schrieb " * 25_000 + "1:\n> q",
        "-" * 200_000 + "\n> q",
        " " * 200_000 + ">\n",
        "<div>" * 40_000,
        "wrote: " * 25_000 + "\n" + "> x\n" * 10,
    ],
)
def test_no_text_takes_long(text: str) -> None:
    started = time.process_time()
    trimmed(text)
    text_of_html(text)
    assert time.process_time() - started < 5
