"""The referral programme, on the admin's page of settings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import admin

from nexusvpn.admin_settings import Section, only_row
from nexusvpn.languages import lazy as _
from nexusvpn.templatetags.nexusvpn_ui import money
from referrals.models import ReferralProgramme
from referrals.services.programme import amounts


def _amounts() -> Sequence[Sequence[Any]]:
    return [
        (
            one.currency,
            money(one.referrer_minor, one.currency),
            money(one.friend_minor, one.currency),
            money(one.minimum_minor, one.currency),
        )
        for one in amounts().values()
    ]


admin.site.sections += [  # type: ignore[attr-defined]
    only_row(
        "referrals",
        _("Referral programme"),
        _("Rewards that are there keep the amount and the date that held when they were made."),
        ReferralProgramme,
    ),
    Section(
        slug="reward",
        title=_("The reward"),
        note=_("What a reward is in each currency; it holds for payments from now on."),
        see="referrals.view_rewardamount",
        headings=(_("Currency"), _("For the referrer"), _("For the friend"), _("Least payment")),
        rows=_amounts,
        links=((_("Change amounts"), "admin:referrals_rewardamount_changelist"),),
    ),
]
