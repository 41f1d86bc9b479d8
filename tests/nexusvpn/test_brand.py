"""An operator's own name, logo and colours take the place of the product's, and what cannot be shown does not start."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client

from accounts.models import User
from accounts.services.outbox import bodies_of, queue_mail
from nexusvpn.brand import LEAST_CONTRAST, brand, contrast

ROOT = Path(__file__).resolve().parents[2]
SVG = '<svg xmlns="http://www.w3.org/2000/svg"><script>x</script></svg>'


@pytest.fixture
def acme(settings: Any) -> Any:
    settings.BRAND_NAME = "Acme"
    return settings


STRANGERS = (
    *("/", "/login", "/signup", "/password/forgot", "/account/restore", "/help", "/help/set-up", "/help/set-up/linux"),
    *("/status", "/privacy/what-we-store", "/api/docs", "/nothing-here"),
)
CUSTOMERS = (
    *("/dashboard", "/devices", "/devices/new", "/locations", "/billing", "/billing/plans", "/referrals", "/support"),
    *("/speed-test", "/settings", "/settings/security", "/settings/sessions", "/settings/notifications"),
    *("/settings/api-keys", "/settings/privacy"),
)


class TestName:
    @pytest.mark.django_db
    @pytest.mark.parametrize("path", STRANGERS)
    def test_a_page_of_a_stranger_has_no_other_name(self, client: Client, acme: Any, path: str) -> None:
        text = client.get(path).text
        assert "Acme" in text
        assert "NexusVPN" not in text

    @pytest.mark.django_db
    @pytest.mark.parametrize("path", CUSTOMERS)
    def test_a_page_of_a_customer_has_no_other_name(self, client: Client, alice: User, acme: Any, path: str) -> None:
        client.force_login(alice)
        text = client.get(path, follow=True).text
        assert "Acme</title>" in text
        assert "NexusVPN" not in text

    @pytest.mark.django_db
    def test_mails_have_it(self, acme: Any) -> None:
        mail = queue_mail("welcome", "alice@example.com", {"name": "Alice"})
        told = " ".join([mail.subject, *bodies_of(mail).values()])
        assert "Acme" in told
        assert "NexusVPN" not in told

    @pytest.mark.parametrize("name", ["Acme", "Zürich, Köln & Co.", "ネクサス"])
    def test_the_sender_of_mails_and_the_admin_are_named_so_whatever_signs_it_has(self, name: str) -> None:
        done = run(
            """
import django; django.setup()
from django.conf import settings
from django.contrib import admin
from email.header import decode_header, make_header
from email.utils import parseaddr
name, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
print(make_header(decode_header(name)), address, admin.site.site_title, sep="|")
""",
            BRAND_NAME=name,
        )
        assert done.stdout.strip() == f"{name}|no-reply@localhost|{name}"

    @pytest.mark.parametrize("name", ["", " ", " Acme", "Ac\nme", "<b>Acme</b>", 'The "Acme"', "A" * 41])
    def test_a_name_that_cannot_stand_everywhere_is_refused(self, settings: Any, name: str) -> None:
        settings.BRAND_NAME = name
        with pytest.raises(ImproperlyConfigured, match="BRAND_NAME"):
            brand()


class TestLogo:
    @pytest.mark.django_db
    def test_it_is_on_every_page_and_kept_until_it_changes(self, client: Client, acme: Any, tmp_path: Path) -> None:
        file = tmp_path / "logo.svg"
        file.write_text(SVG)
        acme.BRAND_LOGO_FILE = str(file)
        url = f"/brand/logo?v={brand().version}"
        assert f'<img src="{url}"' in client.get("/login").text
        answer = client.get(url)
        assert (answer.content.decode(), answer.headers["Content-Type"]) == (SVG, "image/svg+xml")
        assert "immutable" in answer.headers["Cache-Control"]
        # One copy for all: a logo speaks no language.
        assert "Vary" not in answer.headers
        # As a document of its own it runs nothing.
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'; style-src 'unsafe-inline'; sandbox"

    def test_without_one_the_products_own_is_shown(self, client: Client, db: None) -> None:
        assert "nexusvpn/img/logo" in client.get("/login").text
        assert client.get("/brand/logo").status_code == 404

    @pytest.mark.parametrize("name", ["logo.gif", "missing.svg", "large.png"])
    def test_a_file_that_is_no_logo_is_refused(self, settings: Any, tmp_path: Path, name: str) -> None:
        if name != "missing.svg":
            (tmp_path / name).write_bytes(b"x" * (300_000 if name == "large.png" else 10))
        settings.BRAND_LOGO_FILE = str(tmp_path / name)
        with pytest.raises(ImproperlyConfigured, match="BRAND_LOGO_FILE"):
            brand()


class TestColours:
    @pytest.mark.django_db
    def test_they_are_a_style_sheet_after_ours(self, client: Client, acme: Any) -> None:
        acme.BRAND_ACCENT, acme.BRAND_ACCENT_DARK = "#a4133c", "#ff8fa3"
        page = client.get("/login").text
        url = f"/brand/style.css?v={brand().version}"
        assert page.index("dist/app") < page.index(f'<link rel="stylesheet" href="{url}">')
        style = client.get(url)
        assert style.headers["Content-Type"] == "text/css; charset=utf-8"
        assert "--accent: light-dark(#a4133c, #ff8fa3);" in style.text
        assert "--on-accent: light-dark(#ffffff, #0d1330);" in style.text
        older = style.text.partition("@supports not (color: light-dark(")[2]
        assert "--accent: var(--if-light, #a4133c) var(--if-dark, #ff8fa3);" in older

    @pytest.mark.parametrize(
        ("light", "dark"),
        [("#ffff00", "#ff8fa3"), ("#a4133c", "#222222"), ("#a4133c", ""), ("", "#ff8fa3"), ("red", "#ff8fa3")],
    )
    def test_those_that_cannot_be_read_are_refused(self, settings: Any, light: str, dark: str) -> None:
        settings.BRAND_ACCENT, settings.BRAND_ACCENT_DARK = light, dark
        with pytest.raises(ImproperlyConfigured, match="BRAND_ACCENT"):
            brand()

    def test_the_grounds_are_those_of_the_tokens(self) -> None:
        tokens = (ROOT / "nexusvpn/static/nexusvpn/css/tokens.css").read_text()
        from nexusvpn.brand import DARK_GROUND, LIGHT_GROUND

        assert f"--sunken: light-dark({LIGHT_GROUND}," in tokens
        assert f"--raised: light-dark(#ffffff, {DARK_GROUND});" in tokens

    def test_contrast_is_as_the_guidelines_define_it(self) -> None:
        assert contrast("#000000", "#ffffff") == pytest.approx(21)
        assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
        assert contrast("#2746b8", "#eeeeeb") > LEAST_CONTRAST


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ({"BRAND_NAME": "<b>"}, "BRAND_NAME must be a name"),
        ({"BRAND_LOGO_FILE": "/nowhere.svg"}, "BRAND_LOGO_FILE must be"),
        ({"BRAND_ACCENT": "#ffff00", "BRAND_ACCENT_DARK": "#ffff00"}, "BRAND_ACCENT cannot be read"),
    ],
    ids=["a name", "a logo", "a colour"],
)
def test_what_cannot_be_shown_does_not_start(values: dict[str, str], complaint: str) -> None:
    done = run("import django; django.setup()", **values)
    assert done.returncode != 0
    assert complaint in done.stderr


def run(code: str, **values: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("BRAND_")}
    env = {
        **clean,
        "DEBUG": "true",
        "DJANGO_SETTINGS_MODULE": "nexusvpn.settings",
        "PYTHONIOENCODING": "utf-8",
        **values,
    }
    command = [sys.executable, "-c", code]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
