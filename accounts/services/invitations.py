"""Letting single people in while sign-up is not open to everybody."""

from __future__ import annotations

import secrets
from datetime import timedelta
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.emails import queue_invitation
from accounts.errors import InvalidInvitation
from accounts.locks import lock_person
from accounts.models import Invitation, RegistrationPolicy, User
from accounts.services.registration_policy import Mode
from accounts.services.sessions import hash_key
from nexusvpn.audit import record_act
from nexusvpn.db import lowered
from nexusvpn.errors import Conflict
from nexusvpn.texts import one_line

LONGEST_DAYS = 90


def invite(
    *, by: User, email: str = "", note: str = "", days: int = 14, key: UUID | None = None
) -> tuple[Invitation, str]:
    """A new invitation and its code, which is shown once; mailed too if it is for an address, which nobody else can then use.

    `key` is the form's own: sent twice, it is one invitation. Raises InvalidInput for a note of more than a line, or Conflict
    (`already_invited`) for a form that has made one.
    """
    code = secrets.token_urlsafe(16)
    invitation = Invitation(
        id=key or uuid4(),
        code_hash=hash_key(code),
        email=User.objects.normalize_email(email.strip()),
        note=one_line(note, "note"),
        created_by=by,
        expires_at=timezone.now() + timedelta(days=days),
    )
    # The lock of who invites closes the race of a form that is sent twice.
    with transaction.atomic():
        lock_person(by.pk)
        if Invitation.objects.filter(pk=invitation.pk).exists():
            raise Conflict(
                _(
                    "This form has made an invitation already, and its code was shown. To make another, send the form again."
                ),
                code="already_invited",
            )
        invitation.save(force_insert=True)
        record_act("invitation_made", actor=by, target=invitation)
        if invitation.email:
            queue_invitation(invitation, code)
    return invitation, code


def use_invitation(code: str, *, email: str, user: User | None) -> None:
    """Use it up, if sign-up asks for one. Raises InvalidInvitation.

    `email` is the address that was given, `user` the account that was written; None if the address had one already: were the code
    good for another try then, it would tell so. Of two who bring a code at once, the conditional update lets one through.
    """
    if not RegistrationPolicy.objects.filter(mode=Mode.INVITED).exists():
        return
    meant_for = Q(email="") | Q(_email=lowered(email))
    usable = Invitation.objects.alias(_email=Lower("email")).filter(
        meant_for, code_hash=hash_key(code.strip()), used_at=None, expires_at__gt=timezone.now()
    )
    if not usable.update(used_at=timezone.now(), used_by=user):
        raise InvalidInvitation(fields={"invitation_code": [InvalidInvitation.message]})
