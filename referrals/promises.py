"""For which payments the programme gives what to whom: a whole sentence for each case, since languages order these differently."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from referrals.models import ReferralProgramme

FIRST, EVERY = ReferralProgramme.Mode.FIRST, ReferralProgramme.Mode.EVERY


class Given(Enum):
    """Who of the two gets something; and whether it is the same for both."""

    SAME = 1
    BOTH = 2
    FRIEND = 3
    REFERRER = 4


# By mode and who gets something. Each takes `months`, and what the `friend` and the `referrer` get.
Sentences = Mapping[tuple[str, Given], Any]

TO_FRIENDS: Sentences = {
    (FIRST, Given.SAME): _("When you pay for the first time, you and whoever invited you each get %(friend)s."),
    (FIRST, Given.BOTH): _(
        "When you pay for the first time, you get %(friend)s and whoever invited you gets %(referrer)s."
    ),
    (FIRST, Given.FRIEND): _("When you pay for the first time, you get %(friend)s."),
    (FIRST, Given.REFERRER): _("When you pay for the first time, whoever invited you gets %(referrer)s."),
    (EVERY, Given.SAME): ngettext_lazy(
        "For every payment in the %(months)d month from your first one, you and whoever invited you each get"
        " %(friend)s.",
        "For every payment in the %(months)d months from your first one, you and whoever invited you each get"
        " %(friend)s.",
        "months",
    ),
    (EVERY, Given.BOTH): ngettext_lazy(
        "For every payment in the %(months)d month from your first one, you get %(friend)s and whoever"
        " invited you gets %(referrer)s.",
        "For every payment in the %(months)d months from your first one, you get %(friend)s and whoever"
        " invited you gets %(referrer)s.",
        "months",
    ),
    (EVERY, Given.FRIEND): ngettext_lazy(
        "For every payment in the %(months)d month from your first one, you get %(friend)s.",
        "For every payment in the %(months)d months from your first one, you get %(friend)s.",
        "months",
    ),
    (EVERY, Given.REFERRER): ngettext_lazy(
        "For every payment in the %(months)d month from your first one, whoever invited you gets %(referrer)s.",
        "For every payment in the %(months)d months from your first one, whoever invited you gets %(referrer)s.",
        "months",
    ),
}
TO_REFERRERS: Sentences = {
    (FIRST, Given.SAME): _(
        "When a friend who joined with your link pays for the first time, they and you each get %(friend)s."
    ),
    (FIRST, Given.BOTH): _(
        "When a friend who joined with your link pays for the first time, they get %(friend)s and you get %(referrer)s."
    ),
    (FIRST, Given.FRIEND): _("When a friend who joined with your link pays for the first time, they get %(friend)s."),
    (FIRST, Given.REFERRER): _(
        "When a friend who joined with your link pays for the first time, you get %(referrer)s."
    ),
    (EVERY, Given.SAME): ngettext_lazy(
        "For every payment of a friend who joined with your link, in the %(months)d month from their first"
        " one, they and you each get %(friend)s.",
        "For every payment of a friend who joined with your link, in the %(months)d months from their first"
        " one, they and you each get %(friend)s.",
        "months",
    ),
    (EVERY, Given.BOTH): ngettext_lazy(
        "For every payment of a friend who joined with your link, in the %(months)d month from their first"
        " one, they get %(friend)s and you get %(referrer)s.",
        "For every payment of a friend who joined with your link, in the %(months)d months from their first"
        " one, they get %(friend)s and you get %(referrer)s.",
        "months",
    ),
    (EVERY, Given.FRIEND): ngettext_lazy(
        "For every payment of a friend who joined with your link, in the %(months)d month from their first"
        " one, they get %(friend)s.",
        "For every payment of a friend who joined with your link, in the %(months)d months from their first"
        " one, they get %(friend)s.",
        "months",
    ),
    (EVERY, Given.REFERRER): ngettext_lazy(
        "For every payment of a friend who joined with your link, in the %(months)d month from their first"
        " one, you get %(referrer)s.",
        "For every payment of a friend who joined with your link, in the %(months)d months from their first"
        " one, you get %(referrer)s.",
        "months",
    ),
}
