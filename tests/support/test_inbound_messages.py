"""Reading a mail: who sent it to whom, its files, and whether a person wrote it; broken ones too."""

from __future__ import annotations

import random

import pytest

from support.inbound.automatic import is_ours
from support.inbound.messages import UnreadableMail, read_mail
from tests.support.incoming import ADDRESS, SAMPLES, plain_mail, sample


def test_a_mail_says_who_wrote_it_to_whom() -> None:
    mail = read_mail(sample("gmail_web", to="Support <support+abc@vpn.example.com>, bob@example.com"))
    assert mail.sender == "alice@example.com"
    assert list(mail.recipients) == ["Support <support+abc@vpn.example.com>, bob@example.com"] * 2
    assert mail.automatic == ""
    assert len(mail.fingerprint("")) == 64


@pytest.mark.parametrize(
    ("sender", "read"),
    [
        ("Alice <Alice@Example.com>", "alice@example.com"),
        ('"Alice, of course" <alice@example.com>', "alice@example.com"),
        ("=?utf-8?q?bob=40example.com?= <alice@example.com>", "alice@example.com"),
        ("alice@example.com, bob@example.com", ""),
        ("Alice", ""),
        ("", ""),
        ("<>", ""),
        ("bob@example.com\nFrom: alice@example.com", ""),
        ("bob@example.com <alice@example.com>", ""),
    ],
)
def test_only_one_sender_is_a_sender(sender: str, read: str) -> None:
    assert read_mail(plain_mail(ADDRESS, sender=sender)).sender == read


def test_the_message_id_tells_one_mail_from_another_and_without_one_all_of_it() -> None:
    first = read_mail(plain_mail(ADDRESS, "One", Message_ID="<1@example.com>")).fingerprint("")
    assert first == read_mail(plain_mail(ADDRESS, "Two", Message_ID="<1@example.com>")).fingerprint("")
    assert first != read_mail(plain_mail(ADDRESS, "One", Message_ID="<2@example.com>")).fingerprint("")
    bare = [read_mail(plain_mail(ADDRESS, text, Message_ID="")).fingerprint("") for text in ("One", "Two", "One")]
    assert bare[0] == bare[2] != bare[1]


def test_with_another_sender_or_on_its_way_elsewhere_it_is_another_mail() -> None:
    alices, eves = (
        read_mail(plain_mail(ADDRESS, sender=f"{name}@example.com", Message_ID="<1@example.com>"))
        for name in ("alice", "eve")
    )
    assert len({alices.fingerprint(""), eves.fingerprint(""), alices.fingerprint("1"), alices.fingerprint("2")}) == 4


@pytest.mark.parametrize(
    ("headers", "why"),
    [
        ({"Auto_Submitted": "auto-replied (vacation)"}, "auto_reply"),
        ({"Auto_Submitted": "auto-generated; x=y"}, "auto_reply"),
        ({"Auto_Submitted": "no"}, ""),
        ({"Precedence": "bulk"}, "auto_reply"),
        ({"Precedence": "auto_reply"}, "auto_reply"),
        ({"Precedence": "first-class"}, ""),
        ({"X_Autoreply": "yes"}, "auto_reply"),
        ({"X_Autorespond": "away"}, "auto_reply"),
        ({"X_Auto_Response_Suppress": "All"}, ""),
        ({"X_Auto_Response_Suppress": "DR, OOF", "Subject": "Automatic reply: My tunnel stops"}, "auto_reply"),
        ({"X_Auto_Response_Suppress": "All", "Subject": "Out of office"}, "auto_reply"),
        ({"X_Auto_Response_Suppress": "DR", "Subject": "Automatic reply: My tunnel stops"}, ""),
        ({"Subject": "Automatic reply: My tunnel stops"}, ""),
        ({"List_Id": "<all.example.com>"}, "auto_reply"),
        ({"Return_Path": "<>"}, "bounce"),
        ({"Return_Path": "<alice@example.com>"}, ""),
        ({"From": "MAILER-DAEMON@example.com"}, "bounce"),
        ({"From": "postmaster@example.com"}, "bounce"),
        ({"From": "no-reply@example.com"}, "auto_reply"),
        ({"Content_Type": "multipart/report; boundary=x"}, "bounce"),
    ],
)
def test_what_a_program_wrote_is_known(headers: dict[str, str], why: str) -> None:
    assert read_mail(plain_mail(ADDRESS, **headers)).automatic == why


@pytest.mark.parametrize(("name", "why"), [("vacation", "auto_reply"), ("bounce", "bounce"), ("thunderbird", "")])
def test_so_are_the_samples(name: str, why: str) -> None:
    assert read_mail(sample(name)).automatic == why


def test_our_own_addresses_are_known_with_whatever_stands_behind_a_plus() -> None:
    own = ["no-reply@vpn.example.com", "Support@vpn.example.com"]
    assert is_ours("support+abc@vpn.example.com", own)
    assert is_ours("no-reply@vpn.example.com", own)
    assert not is_ours("support@example.com", own)


def test_files_are_read_with_their_names_and_signatures_of_programs_are_none() -> None:
    mail = read_mail(sample("with_files"))
    assert [(file.name, file.content_type) for file in mail.files] == [
        ("client.log", "text/plain"),
        ("all.zip", "application/zip"),
    ]
    assert mail.files[0].data == b"handshake did not complete"
    assert mail.text.strip() == "Here is the log."


@pytest.mark.parametrize(
    ("charset", "data", "text"),
    [
        ("utf-8", "Grüße".encode(), "Grüße"),
        ("iso-8859-1", "Grüße – “so”".encode("cp1252"), "Grüße – “so”"),
        ("us-ascii", "Grüße".encode(), "Grüße"),
        ("utf-8", "Grüße".encode("cp1252"), "Grüße"),
        ("", "Grüße".encode("cp1252"), "Grüße"),
        ("iso-2022-jp", "こんにちは".encode("iso-2022-jp"), "こんにちは"),
        ("gb18030", "你好".encode("gb18030"), "你好"),
        ("koi8-r", "Привет".encode("koi8-r"), "Привет"),
        ("\"'\x00*=?;", b"Hello", "Hello"),
        ("base64", b"Hello", "Hello"),
        ("utf-8", b"a\x00b\x1b[31m\xef\xbb\xbf", "ab[31m\ufeff"),
    ],
)
def test_a_charset_may_be_wrong_unknown_or_missing(charset: str, data: bytes, text: str) -> None:
    kind = f"text/plain; charset={charset}" if charset else "text/plain"
    head = plain_mail(ADDRESS, "", Content_Type=kind)
    assert read_mail(head + data).text == text


@pytest.mark.parametrize("raw", [b"", b"\n\n", b"Hello", b"\xff\xfe\x00" * 50, b"Subject: nobody\n\nto nobody"])
def test_what_is_no_mail_is_refused(raw: bytes) -> None:
    with pytest.raises(UnreadableMail):
        read_mail(raw)


def test_a_mail_deep_in_parts_or_of_very_many_ends() -> None:
    deep = b"From: a@example.com\nTo: b@example.com\n"
    for number in range(300):
        deep += f'Content-Type: multipart/mixed; boundary="{number}"\n\n--{number}\n'.encode()
    assert read_mail(deep + b"Content-Type: text/plain\n\nHello").text == ""
    part = b"--B\nContent-Type: image/png; name=x.png\nContent-Disposition: attachment\n\nx\n"
    many = read_mail(plain_mail(ADDRESS, "", Content_Type="multipart/mixed; boundary=B") + part * 1_000 + b"--B--")
    assert len(many.files) == 200


def test_no_broken_mail_fails() -> None:
    """Samples with bytes changed, lost and repeated at random places, the same ones each time."""
    dice = random.Random(6)
    for path in sorted(SAMPLES.glob("*.eml")):
        for _ in range(150):
            raw = bytearray(path.read_bytes())
            for _ in range(dice.randint(1, 30)):
                place = dice.randrange(len(raw))
                change = dice.randrange(4)
                if change == 0:
                    raw[place] = dice.randrange(256)
                elif change == 1:
                    del raw[place : place + dice.randrange(40)]
                elif change == 2:
                    raw[place:place] = raw[place : place + dice.randrange(80)]
                else:
                    raw[place:place] = bytes(dice.randrange(256) for _ in range(dice.randrange(8)))
            try:
                mail = read_mail(bytes(raw))
            except UnreadableMail:
                continue
            mail.text.encode()
            assert "\x00" not in mail.text
            "".join(file.name for file in mail.files).encode()
            "".join(mail.recipients).encode()
