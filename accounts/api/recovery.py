"""For people who are not signed in: what a sign-up has to pass, proving an address, a forgotten password, a mailed change."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.serializers_security import (
    AddressConfirmedView,
    AddressForm,
    ChallengeView,
    ResetForm,
    TokenForm,
)
from accounts.bearer import authenticate
from accounts.challenges import sign_up_challenge
from accounts.services.addresses import confirm_change
from accounts.services.recovery import ask_for_reset, reset_password
from accounts.services.verification import ask_for_verification, verify_address
from nexusvpn.api.authentication import bearer_token
from nexusvpn.api.permissions import Anyone
from nexusvpn.api.views import ApiView
from nexusvpn.ratelimit import CHALLENGE, LINK_USE, MAILED_LINK


class ForAnybody(ApiView):
    authentication_classes = ()
    permission_classes = (Anyone,)


class SignUpChallengeView(ForAnybody):
    address_limits = {"GET": CHALLENGE}

    @extend_schema(responses={200: ChallengeView}, auth=[])
    def get(self, request: Request) -> Response:
        challenge = sign_up_challenge()
        return Response({"kind": "none"} if challenge is None else challenge.issue())


def _session_beside(request: Request) -> UUID | None:
    """Of a token that was sent along, though none is asked for; one that is over is no reason to refuse."""
    found = authenticate(bearer_token(request.META.get("HTTP_AUTHORIZATION", "")) or "")
    return found[1].pk if found is not None else None


class VerifyEmailView(ForAnybody):
    address_limits = {"POST": LINK_USE}

    @extend_schema(request=TokenForm, responses={200: None}, auth=[])
    def post(self, request: Request) -> Response:
        verify_address(**self.read(TokenForm), keep=_session_beside(request))
        return Response(None)


class ResendVerificationView(ForAnybody):
    address_limits = {"POST": MAILED_LINK}

    @extend_schema(request=AddressForm, responses={200: None}, auth=[])
    def post(self, request: Request) -> Response:
        ask_for_verification(**self.read(AddressForm))
        return Response(None)


class ForgottenPasswordView(ForAnybody):
    address_limits = {"POST": MAILED_LINK}

    @extend_schema(request=AddressForm, responses={200: None}, auth=[])
    def post(self, request: Request) -> Response:
        ask_for_reset(**self.read(AddressForm))
        return Response(None)


class ResetPasswordView(ForAnybody):
    address_limits = {"POST": LINK_USE}

    @extend_schema(request=ResetForm, responses={200: None}, auth=[])
    def post(self, request: Request) -> Response:
        reset_password(**self.read(ResetForm))
        return Response(None)


class ConfirmAddressView(ForAnybody):
    """Either mailbox confirms; nobody has to be signed in to read their mail."""

    address_limits = {"POST": LINK_USE}

    @extend_schema(request=TokenForm, responses={200: AddressConfirmedView}, auth=[])
    def post(self, request: Request) -> Response:
        return Response({"changed": confirm_change(**self.read(TokenForm))})
