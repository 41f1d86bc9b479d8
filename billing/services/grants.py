"""Plans that staff give for a time, and take back."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app

from accounts.locks import lock_person
from accounts.models import User
from billing.models import Plan, PlanGrant
from billing.signals import entitlement_changed
from nexusvpn.audit import record_act
from nexusvpn.errors import Conflict, InvalidInput, NotAllowed
from nexusvpn.staff_history import forget_names


def check_grant(*, user: User | None, granted_by: User, reason: str, valid_until: datetime | None) -> None:
    """Raises NotAllowed for a plan of one's own, or InvalidInput for a time that is over or a missing reason; both name the field."""
    if user is not None and user.pk == granted_by.pk and not granted_by.is_superuser:
        refusal = _("You cannot give yourself a plan. A colleague gives it.")
        raise NotAllowed(refusal, fields={"user": [refusal]})
    if valid_until is not None and valid_until <= timezone.now():
        raise InvalidInput(fields={"valid_until": [_("Choose a time that is still to come.")]})
    if not reason.strip():
        raise InvalidInput(fields={"reason": [_("Say why; whoever looks at this account later wants to know.")]})


def grant_plan(
    *, user: User, plan: Plan, reason: str, granted_by: User, valid_until: datetime | None = None
) -> PlanGrant:
    """Give a plan until a time (UTC), or until revoked.

    Raises NotAllowed or InvalidInput as `check_grant` does, or Conflict (`account_erased`, `already_given`).
    """
    check_grant(user=user, granted_by=granted_by, reason=reason, valid_until=valid_until)
    same = {"plan": plan, "reason": reason.strip(), "granted_by": granted_by, "valid_until": valid_until}
    # The lock closes the race with the account's erasure, which would leave the reason behind, and what it says of the person; and of
    # a form that is sent twice, whose second grant would go on after the first is revoked.
    with transaction.atomic():
        now = lock_person(user.pk)
        if now is None or now.erased_at is not None:
            raise Conflict(_("This account is erased."), code="account_erased")
        if PlanGrant.objects.filter(user=user, revoked_at=None, **same).exists():
            raise Conflict(_("You have given this plan already, for the same reason and time."), code="already_given")
        grant = give_plan(user=user, plan=plan, reason=reason.strip(), granted_by=granted_by, valid_until=valid_until)
        details = {"plan": plan.code, "valid_until": valid_until.isoformat() if valid_until else None}
        record_act("plan_granted", actor=granted_by, person=user.pk, target=grant, details=details)
    return grant


def give_plan(
    *, user: User, plan: Plan, reason: str, valid_until: datetime | None, granted_by: User | None = None
) -> PlanGrant:
    """The grant itself, in the transaction of whatever is the reason for it; everybody who needs to know is told, now and at its end."""
    grant = PlanGrant.objects.create(
        user=user, plan=plan, reason=reason, granted_by=granted_by, valid_until=valid_until
    )
    entitlement_changed.send(sender=PlanGrant, user_id=user.pk)
    if valid_until is not None:
        app.configure_task("billing.tasks.notice_ended", queue="fleet", schedule_at=valid_until).defer()
    return grant


def revoke_grant(grant: PlanGrant, *, by: User | None = None) -> None:
    """End a grant now. Raises Conflict (`grant_ended`) when it is over already."""
    now = timezone.now()
    # Claimed by the conditional update: of two revocations one is told that there is nothing left to revoke.
    still_holds = Q(valid_until=None) | Q(valid_until__gt=now)
    with transaction.atomic():
        if not PlanGrant.objects.filter(still_holds, pk=grant.pk, revoked_at=None).update(revoked_at=now):
            raise Conflict(_("This grant is over already."), code="grant_ended")
        record_act("plan_revoked", actor=by, person=grant.user_id, target=grant)
        entitlement_changed.send(sender=PlanGrant, user_id=grant.user_id)
    grant.revoked_at = now


def close_grants(user: User) -> None:
    """What stays of an erased person's grants: which plan, when, given by whom. Their reasons may have named the person."""
    grants = PlanGrant.objects.filter(user=user)
    forget_names(PlanGrant, grants.values_list("pk", flat=True))
    grants.exclude(reason="").update(reason="")
    grants.filter(revoked_at=None).update(revoked_at=timezone.now())


def notice_ended_grants() -> int:
    """Tell of grants whose date has come, each once; returns how many. May be repeated, and run at the same time."""
    due = PlanGrant.objects.filter(valid_until__lte=timezone.now(), end_noticed=False)
    noticed = 0
    for grant_id, user_id in due.values_list("pk", "user_id")[:1000]:
        # Claimed by the conditional update, in one transaction with what receivers write.
        with transaction.atomic(durable=True):
            if PlanGrant.objects.filter(pk=grant_id, end_noticed=False).update(end_noticed=True):
                entitlement_changed.send(sender=PlanGrant, user_id=user_id)
                noticed += 1
    return noticed
