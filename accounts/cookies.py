"""Every cookie that a browser gets from us, in words: all of them our own, none read by anybody else."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _

from accounts.arrivals import CAMPAIGN_COOKIE, REFERRAL_COOKIE, REFERRAL_DAYS
from accounts.client_cookie import CLIENT_COOKIE
from accounts.wanted import COOKIE as WANTED_COOKIE


@dataclass(frozen=True, slots=True)
class Cookie:
    name: str
    what: str
    kept: str


def cookies() -> list[Cookie]:
    return [
        Cookie(
            settings.SESSION_COOKIE_NAME,
            _(
                "A random key that keeps you signed in, or remembers that you have shown your password and not yet your"
                " second factor."
            ),
            _("Until you sign out or the session ends."),
        ),
        Cookie(
            settings.CSRF_COOKIE_NAME,
            _("A random number, so that no other site can send forms of ours in your name."),
            _("A year."),
        ),
        Cookie(
            "messages",
            _("What the next page has to tell you, such as “Saved”."),
            _("Until that page has told it."),
        ),
        Cookie(
            CLIENT_COOKIE,
            _("A random number, by which we know that you have signed in with this browser before."),
            _("{days} days after you last signed in.").format(days=settings.KNOWN_CLIENTS_KEPT_DAYS),
        ),
        Cookie(
            settings.LANGUAGE_COOKIE_NAME,
            _("The language that you have chosen, if you have."),
            _("A year after you chose it."),
        ),
        Cookie(
            settings.THEME_COOKIE_NAME,
            _("Whether you want pages light or dark, if you have said so."),
            _("A year after you said so."),
        ),
        Cookie(WANTED_COOKIE, _("The page of ours that you wanted before you made an account."), _("A day.")),
        *_arrivals(),
    ]


def _arrivals() -> list[Cookie]:
    return [
        Cookie(
            REFERRAL_COOKIE,
            _("The code of the person whose link you followed, to be filled in when you sign up."),
            _("{days} days, or until you have signed up.").format(days=REFERRAL_DAYS),
        ),
        Cookie(
            CAMPAIGN_COOKIE,
            _(
                "By which links of ours you came here, such as one in a newsletter: their names, no number of yours. With it"
                " we count you once, and know which link brought you if you sign up. Nobody else counts."
            ),
            _("{days} days after you last came by another one.").format(days=settings.CAMPAIGN_COOKIE_DAYS),
        ),
    ]
