"""What deciding about rewards may refuse. Codes are part of the API contract."""

from __future__ import annotations

from nexusvpn.errors import Conflict
from nexusvpn.languages import lazy as _


class NothingToDecide(Conflict):
    code = "reward_decided"
    message = _("This reward waits for no decision any more: somebody decided, or its payment went back.")


class PayoutHasOutcome(Conflict):
    code = "payout_has_outcome"
    message = _("What became of this payout is known, or will be: the provider was asked for it.")
