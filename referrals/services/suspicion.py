"""Why staff look at a reward before it is earned. People are never told: to them it is pending."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from accounts.models import AbuseFlag, SignupOrigin, User
from billing.models import StripeCustomer
from billing.services.undone import sharing_card
from nexusvpn.languages import lazy as _
from referrals.models import Referral
from referrals.services.programme import rules

SAME_CARD, SAME_CUSTOMER, CYCLE, NETWORK, FLAGGED = "same_card", "same_customer", "cycle", "network", "flagged"
LITTLE_PAID = "little_paid"
# For staff, in the order in which they are looked for.
WORDS = {
    SAME_CARD: _("The friend paid with a card of the referrer's, or of another friend of theirs"),
    SAME_CUSTOMER: _("The friend and the referrer are one customer at the payment provider"),
    CYCLE: _("Who brought whom leads back to the friend: by account, or by a card of somebody further up"),
    NETWORK: _("Too many friends of the referrer signed up from one network"),
    FLAGGED: _("An account of the two is flagged and was not cleared"),
    LITTLE_PAID: _(
        "The payment may be too small: its currency has no least payment, since a reward has no amount in it"
    ),
}
CROWD_IN = timedelta(days=30)
# So many people up the line are looked at, and so many other friends, the newest.
DEEPEST, MOST_FRIENDS = 20, 500


def in_words(reasons: Iterable[str]) -> list[str]:
    return [str(WORDS.get(reason, reason)) for reason in reasons]


def reasons_at_sign_up(*, referrer_id: UUID, referred_id: UUID) -> list[str]:
    """What can be seen only now: the network of a sign-up is forgotten after a while. The referral may not be written yet."""
    return [NETWORK] if _is_one_too_many(referrer_id, referred_id) else []


def reasons_for(referral: Referral) -> list[str]:
    """Codes, in the order of `WORDS`; none is what is to be hoped for."""
    line = _line_above(referral)
    siblings = Referral.objects.made_by(referral.referrer).exclude(pk=referral.pk).values_list("referred_id", flat=True)
    friends = set(siblings[:MOST_FRIENDS])
    sharing = sharing_card(referral.referred_id, friends.union(line) - {referral.referred_id})
    found = set(referral.reasons)
    if sharing & (friends | {referral.referrer_id}):
        found.add(SAME_CARD)
    if _is_one_customer(referral):
        found.add(SAME_CUSTOMER)
    if referral.referred_id in line or sharing.intersection(line[1:]):
        found.add(CYCLE)
    if _is_one_too_many(referral.referrer_id, referral.referred_id):
        found.add(NETWORK)
    if AbuseFlag.objects.filter(user__in=(referral.referrer_id, referral.referred_id), cleared_at=None).exists():
        found.add(FLAGGED)
    return [code for code in WORDS if code in found]


def _line_above(referral: Referral) -> list[UUID]:
    """Who brought the friend, who brought them, and so on. Ends where it comes back to somebody."""
    line = [referral.referrer_id]
    while len(line) < DEEPEST:
        above = Referral.objects.filter(referred=line[-1]).values_list("referrer_id", flat=True).first()
        if above is None or above in line:
            break
        line.append(above)
    return line


def _is_one_customer(referral: Referral) -> bool:
    """Whether a customer at the provider is, or was, that of both."""
    return bool(_customers_of(referral.referrer_id) & _customers_of(referral.referred_id))


def _customers_of(user_id: UUID) -> set[str]:
    named = User.objects.filter(pk=user_id).values_list("stripe_customer_id", flat=True)
    known = StripeCustomer.objects.filter(user=user_id).values_list("pk", flat=True)
    return {*known, *(id for id in named if id)}


def _is_one_too_many(referrer_id: UUID, referred_id: UUID) -> bool:
    """Whether as many friends as one network may bring were there before this one, while their origins are kept."""
    origin = SignupOrigin.objects.filter(user=referred_id).exclude(network="").first()
    if origin is None:
        return False
    crowd = SignupOrigin.objects.filter(
        network=origin.network,
        created_at__gt=origin.created_at - CROWD_IN,
        created_at__lte=origin.created_at,
        user__referral__referrer=referrer_id,
    )
    return crowd.exclude(user=referred_id).count() >= rules().network_limit
