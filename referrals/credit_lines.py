"""What a person's first page says of their rewards."""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.belongings import Credit
from accounts.models import User
from nexusvpn.templatetags.nexusvpn_ui import money
from referrals.services.books import balances


def credit_lines(user: User) -> Iterator[Credit]:
    """A line for each currency in which something is earned, pending or owed."""
    for currency, balance in sorted(balances(user).items()):
        available, pending = balance.available_minor, balance.pending_minor
        if not available and not pending:
            continue
        amounts = {"earned": money(available, currency), "pending": money(pending, currency)}
        if available < 0:
            value = _("%(owed)s owed, %(pending)s pending") % {**amounts, "owed": money(-available, currency)}
        elif not pending:
            value = _("%(earned)s earned") % amounts
        elif not available:
            value = _("%(pending)s pending") % amounts
        else:
            value = _("%(earned)s earned, %(pending)s pending") % amounts
        yield Credit(_("Referral credit"), value, reverse("referrals"))
