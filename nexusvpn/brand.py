"""The operator's own name, logo and accent in the place of the product's."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.templatetags.static import static
from django.urls import reverse

LOGO_TYPES = {".svg": "image/svg+xml", ".png": "image/png"}
LOGO_LIMIT_BYTES = 256 * 1024
LONGEST_NAME = 40
# It stands in headers of mails and in files of other programs.
_NAME = re.compile(rf"[^\x00-\x1f\x7f<>\"\\]{{1,{LONGEST_NAME}}}")
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
# The lightest and darkest grounds that text in the accent stands on (`--sunken` and `--raised` of `tokens.css`).
LIGHT_GROUND, DARK_GROUND = "#eeeeeb", "#1a1e22"
# WCAG 2.2, 1.4.3.
LEAST_CONTRAST = 4.5


@dataclass(frozen=True, slots=True)
class Brand:
    name: str
    logo: bytes | None
    logo_type: str
    style: str

    @property
    def version(self) -> str:
        """Changes with what it is made of, so that browsers may keep its files for long."""
        return hashlib.sha256(self.style.encode() + (self.logo or b"")).hexdigest()[:12]


def brand() -> Brand:
    return _read(settings.BRAND_NAME, settings.BRAND_LOGO_FILE, settings.BRAND_ACCENT, settings.BRAND_ACCENT_DARK)


def logo_url() -> str:
    ours = brand()
    return f"{reverse('brand-logo')}?v={ours.version}" if ours.logo else static("nexusvpn/img/logo.svg")


def style_url() -> str:
    """Of the style sheet with the operator's colours; empty where they have none."""
    ours = brand()
    return f"{reverse('brand-style')}?v={ours.version}" if ours.style else ""


@lru_cache(maxsize=4)
def _read(name: str, logo_file: str, light: str, dark: str) -> Brand:
    """Raises ImproperlyConfigured for a name or a logo that is none, and for an accent that could not be read."""
    if not _NAME.fullmatch(name) or name != name.strip():
        raise ImproperlyConfigured(
            f"BRAND_NAME must be a name of 1 to {LONGEST_NAME} characters on one line, without < > or quotes"
        )
    logo, logo_type = _logo(logo_file) if logo_file else (None, "")
    return Brand(name, logo, logo_type, _style(light, dark))


def _logo(file_name: str) -> tuple[bytes, str]:
    path = Path(file_name)
    kind = LOGO_TYPES.get(path.suffix.lower())
    if kind is None or not path.is_file() or path.stat().st_size > LOGO_LIMIT_BYTES:
        raise ImproperlyConfigured("BRAND_LOGO_FILE must be an SVG or PNG file of at most 256 KiB")
    return path.read_bytes(), kind


def _style(light: str, dark: str) -> str:
    if not light and not dark:
        return ""
    for name, colour, ground in (("BRAND_ACCENT", light, LIGHT_GROUND), ("BRAND_ACCENT_DARK", dark, DARK_GROUND)):
        if not _COLOUR.fullmatch(colour):
            raise ImproperlyConfigured(f"{name} must be a colour such as #2746b8; both schemes need one")
        if contrast(colour, ground) < LEAST_CONTRAST:
            raise ImproperlyConfigured(f"{name} cannot be read on {ground}: it needs a contrast of {LEAST_CONTRAST}")
    pairs = {
        "accent": (light, dark),
        # Under the pointer: a shade nearer to the ink.
        "accent-strong": (_mix(light, "#000000"), _mix(dark, "#ffffff")),
        "on-accent": (_text_on(light), _text_on(dark)),
        "chart-down": (light, dark),
    }
    lines = "".join(f"--{name}: light-dark({one}, {other});" for name, (one, other) in pairs.items())
    # Browsers from before 2024: with the switches of frontend/schemes.js.
    older = "".join(
        f"--{name}: var(--if-light, {one}) var(--if-dark, {other});" for name, (one, other) in pairs.items()
    )
    return f":root {{{lines}}} @supports not (color: light-dark(#000, #fff)) {{:root {{{older}}}}}"


def contrast(one: str, other: str) -> float:
    """Of two colours, as WCAG 2.2 defines it: 1 to 21."""
    dim, bright = sorted((_luminance(one), _luminance(other)))
    return (bright + 0.05) / (dim + 0.05)


def _parts(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(colour: str) -> float:
    shares = (part / 255 for part in _parts(colour))
    red, green, blue = (share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _mix(colour: str, other: str) -> str:
    return "#" + "".join(
        f"{round(a * 0.75 + b * 0.25):02x}" for a, b in zip(_parts(colour), _parts(other), strict=True)
    )


def _text_on(colour: str) -> str:
    return max("#ffffff", "#0d1330", key=lambda text: contrast(text, colour))
