"""Passkeys: WebAuthn credentials that stand beside the password, or are password and factor at once (with user verification).

A passkey belongs to one host name; the browser lets nobody else ask for it. Every ceremony begins with a challenge that is kept in the
session, for one purpose, for five minutes, and works once.
"""

from __future__ import annotations

import hashlib
import ipaddress
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, TypeVar
from urllib.parse import urlsplit
from uuid import UUID

import orjson
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from fido2.server import Fido2Server
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticationResponse,
    AuthenticatorData,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialUserEntity,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from accounts.errors import InvalidPasskey, PasskeysUnavailable, TooManyPasskeys
from accounts.locks import lock_active_person, lock_person
from accounts.models import Passkey, TotpSeed, User
from accounts.services import recovery_codes
from accounts.services.second_factor import (
    Method,
    note_added,
    note_removed,
    refuse_last_of_staff,
    tell,
)
from accounts.services.staff_factor import refuse_overdue
from nexusvpn.audit import record_act
from nexusvpn.errors import NotFound, RateLimited
from nexusvpn.logs import logger
from nexusvpn.ratelimit import PASSKEY_CHALLENGE, enforce
from nexusvpn.texts import one_line

CHALLENGE = "passkey_challenge"
CHALLENGE_LIFETIME = timedelta(minutes=5)
MAX_PASSKEYS = 20
NAME_LENGTH = 60

log = logger(__name__)
Answer = TypeVar("Answer")


class Purpose(StrEnum):
    """A challenge given for one of them is worth nothing for another."""

    ADD = "add"
    SIGN_IN = "sign_in"
    SECOND_FACTOR = "second_factor"
    CONFIRM = "confirm"


# Where the passkey stands for the password too, its device must have asked for a PIN, a finger or a face.
ALONE = {Purpose.SIGN_IN, Purpose.CONFIRM}


@dataclass(frozen=True, slots=True)
class Site:
    """Whom a passkey is made for: the host name (WebAuthn's relying party id), and the one origin that may ask for it."""

    host: str
    origin: str

    def server(self) -> Fido2Server:
        party = PublicKeyCredentialRpEntity(name=settings.BRAND_NAME, id=self.host)
        return Fido2Server(party, verify_origin=lambda origin: origin == self.origin)


def site_of(request: HttpRequest) -> Site | None:
    """The site as this browser reaches it (Django has held its host against ALLOWED_HOSTS); None where there can be no passkeys.

    Browsers offer them to host names only, not to addresses, and over TLS only, but for localhost.
    """
    origin = f"{request.scheme}://{request.get_host()}"
    host = urlsplit(origin).hostname or ""
    is_local = host == "localhost" or host.endswith(".localhost")
    if _is_address(host) or not (request.is_secure() or is_local):
        return None
    return Site(host, origin)


def page_for_passkeys(path: str) -> str:
    """The same page under the site's own address, if passkeys can be used there; else nothing."""
    own = urlsplit(settings.SITE_URL)
    return f"{settings.SITE_URL}{path}" if own.scheme == "https" and not _is_address(own.hostname or "") else ""


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _site(request: HttpRequest) -> Site:
    site = site_of(request)
    if site is None:
        raise PasskeysUnavailable
    return site


def options_for_new(request: HttpRequest, user: User) -> dict[str, Any]:
    """What the browser needs to make a passkey. Raises PasskeysUnavailable or TooManyPasskeys."""
    _refuse_too_many(user)
    options, state = (
        _site(request)
        .server()
        .register_begin(
            PublicKeyCredentialUserEntity(id=user.pk.bytes, name=user.email, display_name=user.full_name or user.email),
            _credentials(user),
            resident_key_requirement=ResidentKeyRequirement.PREFERRED,
            user_verification=UserVerificationRequirement.PREFERRED,
        )
    )
    _keep(request, Purpose.ADD, state, user)
    return _plain(options.public_key)


def add_passkey(request: HttpRequest, *, user: User, answer: str, name: str) -> tuple[Passkey, list[str]]:
    """Keep what the browser made, for an answer to `options_for_new`; returns it, and new recovery codes if it is the first factor.

    Raises InvalidPasskey, TooManyPasskeys, StaffFactorOverdue, or InvalidInput for a name that is more than a line.
    """
    name = one_line(name, "name")[:NAME_LENGTH] or "Passkey"
    state = _claim(request, Purpose.ADD, user)
    site = _site(request)
    made = _read(lambda: _registered(site, state, answer))
    data = made.credential_data
    assert data is not None
    try:
        with transaction.atomic(durable=True):
            refuse_overdue(lock_active_person(user.pk))
            _refuse_too_many(user)
            is_first = not user.has_second_factor()
            passkey = Passkey.objects.create(
                user=user,
                name=name,
                credential_id=data.credential_id,
                credential=bytes(data),
                sign_count=made.counter,
            )
            codes = recovery_codes.write_codes(user) if is_first else []
            note_added(user, Method.PASSKEY, lambda: _("The passkey “%(name)s” was added") % {"name": name})
    except IntegrityError:
        # One credential belongs to one account.
        raise InvalidPasskey from None
    return passkey, codes


def options_for_known(request: HttpRequest, purpose: Purpose, user: User | None = None) -> dict[str, Any]:
    """What the browser needs to show a passkey: one of `user`'s, or at SIGN_IN whichever the person chooses there."""
    verification = UserVerificationRequirement.REQUIRED if purpose in ALONE else UserVerificationRequirement.PREFERRED
    credentials = None if user is None else _credentials(user)
    options, state = _site(request).server().authenticate_begin(credentials, user_verification=verification)
    _keep(request, purpose, state, user)
    return _plain(options.public_key)


def check_passkey(request: HttpRequest, purpose: Purpose, *, answer: str, user: User | None = None) -> Passkey:
    """The passkey that was shown, for an answer to `options_for_known`; its use is noted.

    Raises InvalidPasskey: the challenge is over or used, the signature is wrong, it is not (this person's, or anybody's) passkey, the
    device did not check who holds it, or its counter went back, which is told to its owner.
    """
    state = _claim(request, purpose, user)
    site = _site(request)
    response = _read(lambda: AuthenticationResponse.from_dict(_object(answer)))
    passkeys = Passkey.objects.select_related("user").filter(credential_id=response.raw_id)
    passkey = (passkeys if user is None else passkeys.filter(user=user)).first()
    if passkey is None:
        raise InvalidPasskey
    credential = AttestedCredentialData(bytes(passkey.credential))
    handle = response.response.user_handle
    if handle is not None and handle != passkey.user_id.bytes:
        raise InvalidPasskey
    _read(lambda: site.server().authenticate_complete(state, [credential], response))
    _note_use(passkey, response.response.authenticator_data)
    return passkey


def rename_passkey(*, user: User, passkey_id: UUID, name: str) -> None:
    """Raises NotFound for anybody else's, or InvalidInput."""
    name = one_line(name, "name")[:NAME_LENGTH] or "Passkey"
    if not Passkey.objects.filter(user=user, pk=passkey_id).update(name=name):
        raise NotFound


def remove_passkey(*, user: User, passkey_id: UUID) -> None:
    """The caller has asked who it is. Raises NotFound for anybody else's, or StaffFactorRequired for staff's last factor."""
    with transaction.atomic(durable=True):
        lock_person(user.pk)
        passkey = Passkey.objects.filter(user=user, pk=passkey_id).first()
        if passkey is None:
            raise NotFound
        others = Passkey.objects.filter(user=user).exclude(pk=passkey_id).exists()
        totp = TotpSeed.objects.filter(user=user, confirmed_at__isnull=False).exists()
        refuse_last_of_staff(user, remaining=others or totp)
        passkey.delete()
        note_removed(user, Method.PASSKEY, lambda: _("The passkey “%(name)s” was removed") % {"name": passkey.name})


def _note_use(passkey: Passkey, shown: AuthenticatorData) -> None:
    """Devices that count tell us their count; one that does not grow means that there are two of them (WebAuthn, 6.1.1)."""
    known = Passkey.objects.filter(pk=passkey.pk)
    # Devices that do not count always say 0. The conditional update lets one of two answers with the same count through.
    grown = Q(sign_count__lt=shown.counter) | (Q(sign_count=0) if shown.counter == 0 else Q())
    if known.filter(grown).update(sign_count=shown.counter, last_used_at=timezone.now()):
        return
    with transaction.atomic(durable=True):
        record_act("passkey_refused", person=passkey.user_id, target=passkey, details={"reason": "count"})
        text = gettext_lazy("Its counter went back, as if there were a copy of it. Remove it, and make a new one.")
        tell(passkey.user, lambda: _("The passkey “%(name)s” was refused") % {"name": passkey.name}, text)
    raise InvalidPasskey


def _refuse_too_many(user: User) -> None:
    if Passkey.objects.filter(user=user).count() >= MAX_PASSKEYS:
        raise TooManyPasskeys


def _credentials(user: User) -> list[AttestedCredentialData]:
    stored = Passkey.objects.filter(user=user).values_list("credential", flat=True)
    return [AttestedCredentialData(bytes(credential)) for credential in stored]


def _keep(request: HttpRequest, purpose: Purpose, state: dict[str, Any], user: User | None) -> None:
    request.session[CHALLENGE] = {
        "challenge": state["challenge"],
        "verification": state["user_verification"],
        "purpose": purpose,
        "user": str(user.pk) if user else "",
        "until": time.time() + CHALLENGE_LIFETIME.total_seconds(),
    }


def _claim(request: HttpRequest, purpose: Purpose, user: User | None) -> dict[str, Any]:
    """The challenge that this session was given for this; it is used up, whatever comes of it."""
    kept = request.session.pop(CHALLENGE, None)
    if kept is None or kept["purpose"] != purpose or kept["user"] != (str(user.pk) if user else ""):
        raise InvalidPasskey
    if kept["until"] < time.time():
        raise InvalidPasskey
    try:
        # Two requests at once have both read the session; the counter lets one of them through.
        enforce(request, PASSKEY_CHALLENGE, hashlib.sha256(kept["challenge"].encode()).hexdigest())
    except RateLimited:
        raise InvalidPasskey from None
    return {"challenge": kept["challenge"], "user_verification": kept["verification"]}


def _registered(site: Site, state: dict[str, Any], answer: str) -> AuthenticatorData:
    made = site.server().register_complete(state, _object(answer))
    if made.credential_data is None:
        raise ValueError("no credential")
    return made


def _object(answer: str) -> dict[str, Any]:
    parsed = orjson.loads(answer)
    if not isinstance(parsed, dict):
        raise TypeError("no object")
    return parsed


def _read(work: Callable[[], Answer]) -> Answer:
    """What the library makes of a browser's answer. Whatever it stumbles over, the answer is no good."""
    try:
        return work()
    except Exception as error:  # noqa: BLE001  (bytes that anybody may have made; nothing but parsing and checking happens in there)
        log.info("passkey_refused", error=type(error).__name__)
        raise InvalidPasskey from None


def _plain(options: Any) -> dict[str, Any]:
    """The library's options as plain JSON, bytes in base64url, as WebAuthn level 3 writes them."""
    plain: dict[str, Any] = orjson.loads(orjson.dumps(dict(options), default=dict))
    return plain
