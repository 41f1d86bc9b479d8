"""The second factor over the API. Passkeys are made and used in browsers only; here they are listed and removed."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.serializers_second_factor import (
    DisableForm,
    EnableForm,
    PasskeyView,
    ProofForm,
    RecoveryCodesView,
    SetupView,
)
from accounts.errors import InvalidCode, ReauthenticationRequired
from accounts.models import Passkey, Session
from accounts.people import signed_in
from accounts.services.passkeys import remove_passkey
from accounts.services.reauthentication import check_person, is_fresh
from accounts.services.second_factor import begin_totp, disable_totp, enable_totp, mark_session, renew_recovery_codes
from nexusvpn.api.pagination import fetch_page, page_request
from nexusvpn.api.schema import PAGE_PARAMETERS, paged
from nexusvpn.api.views import ApiView
from nexusvpn.errors import InvalidInput


def check_proof(request: Request, values: dict[str, Any]) -> None:
    """The person again: a password (and code) in the body, or a token that somebody has just signed in for."""
    password, session = values.get("password"), cast(Session, request.auth)
    if password is None:
        if not is_fresh(session.created_at):
            raise ReauthenticationRequired
        return
    check_again(request, password, values["code"])


def check_again(request: Request, password: str, code: str, *, field: str = "password") -> None:
    """Password, at `field`, and, of who has a factor, code. Raises WrongPassword, or InvalidInput for a code that is wrong or missing."""
    user, kind = signed_in(request), Session.Kind.TOKEN
    try:
        check_person(request._request, user=user, password=password, code=code, kind=kind, field=field)
    except InvalidCode:
        raise wrong_code() from None


def wrong_code() -> InvalidInput:
    """The token is in order, so that a wrong code beside it is a field to mend and no 401."""
    return InvalidInput(InvalidCode.message, code=InvalidCode.code, fields={"code": [InvalidCode.message]})


class SecondFactorSetupView(ApiView):
    @extend_schema(request=ProofForm, responses={200: SetupView})
    def post(self, request: Request) -> Response:
        check_proof(request, self.read(ProofForm))
        setup = begin_totp(user=signed_in(request))
        return Response({"secret": setup.secret, "otpauth_url": setup.otpauth_url})


class SecondFactorEnableView(ApiView):
    @extend_schema(request=EnableForm, responses={200: RecoveryCodesView})
    def post(self, request: Request) -> Response:
        values = self.read(EnableForm)
        try:
            codes = enable_totp(user=signed_in(request), code=values["code"])
        except InvalidCode:
            raise wrong_code() from None
        mark_session(request.auth.pk)
        return Response({"recovery_codes": codes})


class SecondFactorDisableView(ApiView):
    @extend_schema(request=DisableForm, responses={200: None})
    def post(self, request: Request) -> Response:
        values = self.read(DisableForm)
        check_again(request, values["password"], values["code"])
        disable_totp(user=signed_in(request))
        return Response(None)


class RecoveryCodesRenewalView(ApiView):
    @extend_schema(request=ProofForm, responses={200: RecoveryCodesView})
    def post(self, request: Request) -> Response:
        check_proof(request, self.read(ProofForm))
        return Response({"recovery_codes": renew_recovery_codes(user=signed_in(request))})


class PasskeysView(ApiView):
    COLUMNS = ("id", "name", "created_at", "last_used_at")

    @extend_schema(parameters=PAGE_PARAMETERS, responses={200: paged(PasskeyView)})
    def get(self, request: Request) -> Response:
        def row(*values: Any) -> dict[str, Any]:
            return dict(zip(self.COLUMNS, values, strict=True))

        passkeys = Passkey.objects.filter(user=signed_in(request))
        return Response(fetch_page(passkeys, page_request(request.query_params), self.COLUMNS, row).as_dict())


class PasskeyDetailView(ApiView):
    """A body as for the other changes: `password` and `code`, once the token is older than ten minutes."""

    @extend_schema(request=ProofForm, responses={200: None})
    def delete(self, request: Request, pk: UUID) -> Response:
        check_proof(request, self.read(ProofForm))
        remove_passkey(user=signed_in(request), passkey_id=pk)
        return Response(None)
