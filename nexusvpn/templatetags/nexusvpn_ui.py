"""How pages write numbers, times and states. Unknown is "–", and what is rounded says the exact value on hover.

No line parts a number from its unit.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, NamedTuple

from django import template
from django.conf import settings
from django.contrib.messages import get_messages
from django.contrib.messages.storage.base import Message
from django.template import Context
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from nexusvpn.appearance import script_texts as texts_of_scripts
from nexusvpn.brand import logo_url, style_url
from nexusvpn.countries import country_name
from nexusvpn.money import decimals_of, major, sign_of

register = template.Library()

UNKNOWN = "–"
NO_BREAK = "\u00a0"
# As far as a column of the database counts.
BYTE_UNITS = ("B", "kB", "MB", "GB", "TB", "PB", "EB")
MINUTE, HOUR, DAY = 60, 3600, 86_400
# The first sign that is found counts: Edge and Opera say that they are Chrome, and Chrome that it is Safari.
BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


class Look(NamedTuple):
    """A state's word, its shape in `icons.svg`, and the tone of its colour."""

    word: str | Promise
    shape: str
    tone: str = "plain"


STATES = {
    "connected": Look(_("Connected"), "disc", "good"),
    "idle": Look(_("Idle"), "ring"),
    "activating": Look(_("Activating"), "half", "warn"),
    "never_used": Look(_("Never used"), "dots"),
    "unknown": Look(_("Not known"), "query"),
    "removing": Look(_("Removing"), "bar", "warn"),
    "removed": Look(_("Removed"), "bar"),
    "suspending": Look(_("Suspending"), "pause", "warn"),
    "suspended": Look(_("Suspended"), "pause", "bad"),
    "stopped": Look(_("Stopped by us"), "pause", "bad"),
    "unplaced": Look(_("No server"), "cross", "bad"),
    "up": Look(_("Works"), "disc", "good"),
    "degraded": Look(_("Partly down"), "half", "warn"),
    "down": Look(_("Down"), "cross", "bad"),
    "not_in_service": Look(_("Not in service"), "ring"),
    "maintenance": Look(_("Maintenance"), "pause", "warn"),
    "resolved": Look(_("Resolved"), "check", "good"),
    "open": Look(_("Open"), "disc", "warn"),
    "answered": Look(_("Answered"), "check", "good"),
    "closed": Look(_("Closed"), "ring"),
    "on": Look(_("On"), "check", "good"),
    "success": Look(_("Signed in"), "check", "good"),
    "failed": Look(_("Wrong password"), "cross", "bad"),
    "second_factor": Look(_("Second factor asked"), "half"),
    "wrong_code": Look(_("Wrong code"), "cross", "bad"),
    "blocked": Look(_("Account suspended"), "pause", "bad"),
    "invoice_open": Look(_("To be paid"), "half", "warn"),
    "invoice_paid": Look(_("Paid"), "check", "good"),
    "invoice_uncollectible": Look(_("Given up"), "cross", "bad"),
    "invoice_void": Look(_("Void"), "bar"),
    "reward_joined": Look(_("Joined"), "dots"),
    "reward_pending": Look(_("Pending"), "half"),
    "reward_review": Look(_("Being looked at"), "half"),
    "reward_earned": Look(_("Earned"), "check", "good"),
    "reward_credited": Look(_("On your invoices"), "check", "good"),
    "reward_cancelled": Look(_("Cancelled"), "bar"),
}


@register.filter
def bytes_si(count: int | None) -> str:
    """Bytes in decimal units with one decimal: 1_400_000_000 → "1.4 GB". An allowance of exactly 500 GB is "500 GB"."""
    if count is None:
        return UNKNOWN
    if count < 1000:
        return f"{count}{NO_BREAK}B"
    value, unit = float(count), 0
    # From 999.95 of a unit on it would be written as "1000.0".
    while value >= 999.95:
        value /= 1000
        unit += 1
    return f"{number_format(round(value, 1), 0 if value.is_integer() else 1)}{NO_BREAK}{BYTE_UNITS[unit]}"


@register.filter
def bytes_exact(count: int | None) -> str:
    """The same as `bytes_si`, with the exact number on hover and for machines."""
    if count is None:
        return UNKNOWN
    exact = number_format(count, 0, use_l10n=True, force_grouping=True)
    return format_html(
        '<data value="{}" title="{}">{}</data>', count, gettext("{n} bytes").format(n=exact), bytes_si(count)
    )


@register.filter
def remaining(quota: int, used: int) -> int:
    return max(quota - used, 0)


@register.filter
def grouped(count: int) -> str:
    """A count with its thousands told apart: 100000 → "100,000"."""
    return number_format(count, 0, use_l10n=True, force_grouping=True)


@register.filter
def percent(share: float | None) -> str:
    """A share of one: 0.42 → "42 %"."""
    return UNKNOWN if share is None else f"{share * 100:.0f}{NO_BREAK}%"


@register.filter
def country(code: str) -> str:
    """ "NL" → "Netherlands", in German "Niederlande"."""
    return country_name(code)


@register.filter
def money(minor: int | None, currency: str) -> str:
    """Minor units with their currency, which no line parts: 499, "usd" → "$4.99"; what is given back is "-$4.99"."""
    if minor is None or not currency:
        return UNKNOWN
    code = currency.upper()
    amount = number_format(major(abs(minor), code), decimals_of(code), use_l10n=True, force_grouping=True)
    sign = sign_of(code)
    if sign[-1].isalpha():
        # Translators: a sum of money with its currency in letters, such as "CHF 4.99"
        text = gettext("{code}\u00a0{amount}").format(code=sign, amount=amount)
    else:
        # Translators: a sum of money with its sign, such as "$4.99"
        text = gettext("{sign}{amount}").format(sign=sign, amount=amount)
    return f"-{text}" if minor < 0 else text


def ago_text(seconds: float) -> str | None:
    """How long ago, in words; None from a day on. The script `relative-time.js` keeps the same words true."""
    if seconds < 1:
        return gettext("just now")
    if seconds < MINUTE:
        return gettext("{n} s ago").format(n=int(seconds))
    if seconds < HOUR:
        return gettext("{n} min ago").format(n=int(seconds // MINUTE))
    if seconds < DAY:
        return gettext("{n} h ago").format(n=int(seconds // HOUR))
    return None


@register.filter(expects_localtime=True)
def ago(moment: datetime | None) -> str:
    """A `<time>`: relative under a day, the date from then on, the exact moment on hover."""
    if moment is None:
        return UNKNOWN
    relative = ago_text((timezone.now() - moment).total_seconds())
    return _time_element(moment, relative or date_format(moment, "DATE_FORMAT"), bool(relative))


@register.filter(expects_localtime=True)
def day(moment: datetime | date | None) -> str:
    """A `<time>` that shows the date, for what lies ahead or is known by its day."""
    if moment is None:
        return UNKNOWN
    return _time_element(moment, date_format(moment, "DATE_FORMAT"), ticking=False)


@register.filter(expects_localtime=True)
def moment(when: datetime | None) -> str:
    """A `<time>` with date and clock, for what happens at a point in time: "1 Dec 2026, 10:00 UTC"."""
    return UNKNOWN if when is None else _time_element(when, date_format(when, "DATETIME_FORMAT"), ticking=False)


def _exact(when: datetime | date) -> str:
    if isinstance(when, datetime):
        return f"{date_format(when, 'DATE_FORMAT')}, {date_format(when, 'H:i:s e')}"
    return f"{date_format(when, 'l')}, {date_format(when, 'DATE_FORMAT')}"


def _time_element(when: datetime | date, text: str, ticking: bool) -> SafeString:
    exact = _exact(when)
    mark = SafeString(" data-ago") if ticking else ""
    return format_html('<time datetime="{}" title="{}"{}>{}</time>', when.isoformat(), exact, mark, text)


@register.filter
def program(user_agent: str) -> str:
    """The browser and system that a user agent claims to be: "Firefox on Windows". Anything else as it is."""
    browser = next((name for sign, name in BROWSERS if sign in user_agent), None)
    system = next((name for sign, name in SYSTEMS if sign in user_agent), None)
    if browser and system:
        return gettext("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or user_agent or gettext("Unknown program")


@register.inclusion_tag("components/_state.html")
def state(name: str, moment: datetime | None = None, word: str = "") -> dict[str, Any]:
    """A state by shape, word and time. A name that is not known here is shown as its own word, without a tone."""
    look = STATES.get(name, Look(name.replace("_", " ").capitalize(), "ring"))
    return {"look": look, "word": word or look.word, "moment": moment}


@register.simple_tag(takes_context=True)
def flash_messages(context: Context) -> list[Message]:
    """The messages for this person's next page. Under a name of its own, because a ticket has `messages` too."""
    request = context.get("request")
    return list(get_messages(request)) if request else []


@register.simple_tag(takes_context=True)
def current(context: Context, *names: str) -> SafeString:
    """`aria-current="page"` if the page's URL has one of these names."""
    match = getattr(context.get("request"), "resolver_match", None)
    return SafeString('aria-current="page"') if match and match.url_name in names else SafeString("")


@register.simple_tag
def brand() -> dict[str, str]:
    """The site's name, and the addresses of its logo and of the style sheet with its colours (or nothing)."""
    return {"name": settings.BRAND_NAME, "logo_url": logo_url(), "style_url": style_url()}


@register.simple_tag
def script_texts() -> SafeString:
    # Inside a script element only "</" and "<!--" would mean anything.
    return SafeString(texts_of_scripts().replace("<", "\\u003c"))


@register.simple_tag
def server_now() -> str:
    return timezone.now().isoformat(timespec="milliseconds")
