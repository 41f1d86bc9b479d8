"""A file's name is a plain one: nothing leads out of a folder, hides, turns around, or says that the file is something else."""

from __future__ import annotations

import pytest

from support.files.names import EXTENSIONS, LONGEST, clean_name


@pytest.mark.parametrize(
    ("sent", "kind", "kept"),
    [
        ("screen.png", "png", "screen.png"),
        ("Photo 1.JPEG", "jpeg", "Photo 1.JPEG"),
        ("photo.png", "jpeg", "photo.jpg"),
        ("wg0.conf", "txt", "wg0.conf.txt"),
        ("wireguard.log", "log", "wireguard.log"),
        ("noextension", "pdf", "noextension.pdf"),
        ("Rechnung März.pdf", "pdf", "Rechnung März.pdf"),
        ("../../etc/passwd", "txt", "passwd.txt"),
        ("..\\..\\boot.ini", "txt", "boot.ini.txt"),
        ("C:\\Users\\alice\\cat.png", "png", "cat.png"),
        ("/", "png", "file.png"),
        ("..", "png", "file.png"),
        ("", "txt", "file.txt"),
        (".htaccess", "txt", "htaccess.txt"),
        ("invoice.exe", "pdf", "invoice.exe.pdf"),
        ("shell.php.png", "png", "shell.php.png"),
        ("cat\u202egnp.exe", "png", "catgnp.exe.png"),
        ("a\u200bb\u2066c.png", "png", "abc.png"),
        ("a\x00b\x1b[31m.png", "png", "ab[31m.png"),
        ("two\r\nlines.png", "png", "two lines.png"),
        ('x"; filename="y.html', "txt", "x__ filename=_y.html.txt"),
        ("<script>alert(1)</script>.png", "png", "script_.png"),
        ("con.png", "png", "_con.png"),
        ("LPT1.tar.png", "png", "_LPT1.tar.png"),
        ("aux", "txt", "_aux.txt"),
        ("trailing. . .png", "png", "trailing.png"),
        ("a.png::$DATA", "png", "a.png___DATA.png"),
        ("%2e%2e%2fx.png", "png", "_2e_2e_2fx.png"),
        ("\ud800.png", "png", "png.png"),
    ],
)
def test_what_a_name_becomes(sent: str, kind: str, kept: str) -> None:
    assert clean_name(sent, kind) == kept


def test_without_a_kind_the_extension_stays() -> None:
    assert clean_name("../a.exe") == "a.exe"
    assert clean_name("\u202e") == "file"


@pytest.mark.parametrize("sent", ["x" * 300 + ".png", "x." * 200, "é" * 300, "a" * 98 + " .png", "y" * 300])
def test_a_long_name_keeps_its_extension(sent: str) -> None:
    kept = clean_name(sent, "png")
    assert len(kept) <= LONGEST
    assert kept.endswith(".png")


@pytest.mark.parametrize("kind", EXTENSIONS)
def test_a_clean_name_is_clean(kind: str) -> None:
    for sent in ("../con", "a b.", "\u202e.exe", "x" * 300, "ä" * 99 + "." * 20):
        once = clean_name(sent, kind)
        assert clean_name(once, kind) == once
