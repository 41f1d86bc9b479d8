"""Gift codes: made by staff in batches, each good once for a plan for some days."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Max, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.locks import lock_active_person, lock_person
from accounts.models import User
from billing.errors import GiftExpired, GiftNotNeeded, GiftOfOnesOwn, GiftUsed, UnknownGift
from billing.models import GiftBatch, GiftCode, Plan, PlanGrant, Subscription
from billing.services.grants import give_plan
from billing.states import standing_of
from nexusvpn.audit import record_act
from nexusvpn.encryption import decrypt, encrypt
from nexusvpn.errors import Conflict, InvalidInput
from nexusvpn.texts import one_line

# Without what looks like something else: 0 O, 1 I L, 2 Z, 5 S, 8 B, U V. Twenty of them are 90 bits.
ALPHABET = "34679ACDEFGHJKMNPQRTWXY"
LENGTH, GROUP = 20, 4
MOST_CODES = 1000
MOST_DAYS = 3660
SENT_TWICE = timedelta(minutes=1)
# What the admin asks of who downloads a batch.
READS_CODES = "billing.change_giftbatch"


def gift_place(code_id: UUID) -> str:
    return f"billing.GiftCode.code {code_id}"


def hash_code(code: str) -> bytes:
    """Of a code as somebody typed it: small letters, spaces and other groups are the same code."""
    return hashlib.sha256("".join(part for part in code.upper() if part.isalnum()).encode()).digest()


def make_batch(
    *, by: User, name: str, plan: Plan, days: int, count: int, expires_at: datetime | None = None
) -> GiftBatch:
    """So many new codes. Raises InvalidInput, or Conflict (`batch_just_made`) for the same batch within a minute."""
    check_batch(name=name, plan=plan, days=days, count=count, expires_at=expires_at)
    terms = {"name": name.strip(), "plan": plan, "days": days, "expires_at": expires_at, "created_by": by}
    batch = GiftBatch(**terms)
    # The lock of who makes them closes the race of a form that is sent twice.
    with transaction.atomic():
        lock_person(by.pk)
        if GiftBatch.objects.filter(created_at__gt=timezone.now() - SENT_TWICE, **terms).exists():
            raise Conflict(_("You have made this batch a moment ago."), code="batch_just_made")
        batch.save(force_insert=True)
        GiftCode.objects.bulk_create(_new_code(batch) for _ in range(count))
        record_act("gift_codes_made", actor=by, target=batch, details={"plan": plan.code, "days": days, "count": count})
    return batch


def check_batch(*, name: str, plan: Plan, days: int, count: int, expires_at: datetime | None) -> None:
    """Raises InvalidInput."""
    wrong = {}
    if not one_line(name, "name"):
        wrong["name"] = [_("Say what they are for.")]
    if plan.code == Plan.FREE:
        wrong["plan"] = [_("Everybody has this plan.")]
    if not 1 <= days <= MOST_DAYS:
        wrong["days"] = [_("Choose 1 to %(most)d days.") % {"most": MOST_DAYS}]
    if not 1 <= count <= MOST_CODES:
        wrong["count"] = [_("Choose 1 to %(most)d codes.") % {"most": MOST_CODES}]
    if expires_at is not None and expires_at <= timezone.now():
        wrong["expires_at"] = [_("Choose a time that is still to come.")]
    if wrong:
        raise InvalidInput(fields=wrong)


def _new_code(batch: GiftBatch) -> GiftCode:
    signs = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    grouped = "-".join(signs[at : at + GROUP] for at in range(0, LENGTH, GROUP))
    made = GiftCode(batch=batch, code_hash=hash_code(grouped), tail=signs[-GROUP:])
    made.code = encrypt(grouped.encode(), gift_place(made.pk))
    return made


def export_codes(batch: GiftBatch, *, by: User) -> list[str]:
    """The batch's codes that can still be redeemed. Raises Conflict (`gift_batch_over`) when there are none."""
    codes = list(_readable(batch))
    if not codes:
        raise Conflict(_("No code of this batch can be redeemed any more."), code="gift_batch_over")
    record_act("gift_codes_exported", actor=by, target=batch, details={"count": len(codes)})
    return codes


def _readable(batch: GiftBatch) -> Iterator[str]:
    for code in batch.codes.filter(redeemed_at=None, revoked_at=None).order_by("pk"):
        yield decrypt(bytes(code.code), gift_place(code.pk)).decode()


def revoke_code(code: GiftCode, *, by: User) -> None:
    """Raises Conflict (`gift_over`) when it was redeemed or revoked."""
    if not _revoke(Q(pk=code.pk), by=by, target=code):
        raise Conflict(_("This code was redeemed or revoked already."), code="gift_over")


def revoke_batch(batch: GiftBatch, *, by: User) -> int:
    """Every code of the batch that was not redeemed; returns how many. What was redeemed stays."""
    return _revoke(Q(batch=batch), by=by, target=batch)


def _revoke(which: Q, *, by: User, target: object) -> int:
    # The conditional update closes the race with whoever is just redeeming one.
    with transaction.atomic():
        is_open = GiftCode.objects.filter(which, redeemed_at=None, revoked_at=None)
        revoked = is_open.update(revoked_at=timezone.now(), code=b"")
        if revoked:
            record_act("gift_codes_revoked", actor=by, target=target, details={"count": revoked})
    return revoked


def redeem(*, user: User, code: str) -> PlanGrant:
    """The plan of a code, from now on or added to the same plan that a gift gives already.

    Raises UnknownGift also for a revoked code, GiftUsed, GiftExpired, GiftOfOnesOwn or GiftNotNeeded; then the code stays as it is.
    """
    now = timezone.now()
    # The person's lock: two codes at once add up. The conditional update: of two who have the same code, one gets it.
    with transaction.atomic(durable=True):
        lock_active_person(user.pk)
        found = _redeemable(code, user, now)
        plan = found.batch.plan
        _check_given_by_others(user, found.batch)
        _check_needed(user, plan, now)
        claimed = GiftCode.objects.filter(pk=found.pk, redeemed_at=None, revoked_at=None)
        if not claimed.update(redeemed_at=now, redeemed_by=user, code=b""):
            # Somebody was faster: what is said of it then is known by now.
            _redeemable(code, user, now)
            raise UnknownGift
        until = max(now, _gift_until(user, plan, now)) + timedelta(days=found.batch.days)
        grant = give_plan(user=user, plan=plan, reason=f"Gift: {found.batch.name}", valid_until=until)
        GiftCode.objects.filter(pk=found.pk).update(grant=grant)
        details = {"plan": plan.code, "days": found.batch.days, "valid_until": until.isoformat()}
        record_act("gift_redeemed", actor=user, person=user.pk, target=grant, details=details)
    return grant


def _redeemable(code: str, user: User, now: datetime) -> GiftCode:
    found = GiftCode.objects.select_related("batch__plan").filter(code_hash=hash_code(code)).first()
    if found is None or found.revoked_at is not None:
        raise UnknownGift
    if found.redeemed_at is not None:
        raise GiftUsed(_("You have redeemed this code already.") if found.redeemed_by_id == user.pk else None)
    if found.batch.expires_at is not None and found.batch.expires_at <= now:
        raise GiftExpired
    return found


def _check_given_by_others(user: User, batch: GiftBatch) -> None:
    """As with plans that staff give: nobody gives one to themselves, unless they may do everything anyway."""
    can_download = user.is_staff and user.has_perm(READS_CODES)
    if (can_download or batch.created_by_id == user.pk) and not user.is_superuser:
        raise GiftOfOnesOwn


def _check_needed(user: User, plan: Plan, now: datetime) -> None:
    """A gift runs beside a subscription: of one that gives as much or more, nothing would be left of it."""
    paid = Subscription.objects.filter(user=user, status__in=Subscription.LIVE, price__plan__rank__gte=plan.rank)
    lasting = PlanGrant.objects.filter(user=user, revoked_at=None, valid_until=None, plan__rank__gte=plan.rank)
    if lasting.exists() or any(standing_of(subscription, now).holds for subscription in paid):
        raise GiftNotNeeded


def _gift_until(user: User, plan: Plan, now: datetime) -> datetime:
    """The end of the gift of this plan that runs now; now, if there is none."""
    running = PlanGrant.objects.filter(
        user=user, plan=plan, revoked_at=None, valid_until__gt=now, gift_code__isnull=False
    )
    until: datetime | None = running.aggregate(until=Max("valid_until"))["until"]
    return until or now
