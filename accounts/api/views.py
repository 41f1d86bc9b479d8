"""Accounts over the API: register, sign in and out, sessions, history, profile."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.privacy import LeaveForm, LeavingView, leave_by_request
from accounts.api.serializers import (
    EndedView,
    LoginForm,
    LoginHistoryView,
    ProfileForm,
    RegisteredView,
    RegisterForm,
    SessionView,
    SignedInView,
    UserView,
)
from accounts.api.serializers_second_factor import FactorAskedView
from accounts.challenges import check_challenge
from accounts.geography import place_of
from accounts.models import LoginHistory, Session, User
from accounts.people import signed_in
from accounts.services.abuse import network_of
from accounts.services.profile import change_profile
from accounts.services.registration import register_account
from accounts.services.second_factor import methods_of, prove_by_code
from accounts.services.sessions import end_other_sessions, end_session, open_token
from accounts.services.sign_in import check_credentials, record
from nexusvpn.api.pagination import CompiledPage, fetch_page, list_request, page_request
from nexusvpn.api.permissions import Anyone
from nexusvpn.api.schema import LIST_PARAMETERS, PAGE_PARAMETERS, listed, paged
from nexusvpn.api.scopes import Scope
from nexusvpn.api.views import ApiView
from nexusvpn.http import client_address, user_agent
from nexusvpn.ratelimit import REGISTER


def user_view(user: User) -> dict[str, Any]:
    return {
        "id": user.id,
        "email": user.email,
        "full_name": user.full_name,
        "referral_code": user.referral_code,
        "language": user.language or settings.LANGUAGE_CODE,
        "date_joined": user.date_joined,
    }


def _signed_in(request: Request, user: User, second_factor_at: datetime | None = None) -> dict[str, Any]:
    plain = request._request
    token, session = open_token(
        user=user,
        ip_address=client_address(plain),
        user_agent=user_agent(plain),
        second_factor_at=second_factor_at,
    )
    return {"user": user_view(user), "token": token, "expires_at": session.expires_at}


class RegisterView(ApiView):
    authentication_classes = ()
    permission_classes = (Anyone,)
    address_limits = {"POST": REGISTER}

    @extend_schema(request=RegisterForm, responses={201: RegisteredView}, auth=[])
    def post(self, request: Request) -> Response:
        values = self.read(RegisterForm)
        check_challenge(values.pop("challenge_answer"))
        user = register_account(**values, network=network_of(client_address(request._request)))
        if settings.EMAIL_VERIFICATION:
            known = {"email": user.email, "full_name": user.full_name}
            return Response({"user": known, "verification_sent": True}, status=201)
        return Response(_signed_in(request, user), status=201)


class LoginView(ApiView):
    authentication_classes = ()
    permission_classes = (Anyone,)

    ANSWERS = PolymorphicProxySerializer(
        component_name="LoginAnswer", serializers=[SignedInView, FactorAskedView], resource_type_field_name=None
    )

    @extend_schema(request=LoginForm, responses={200: ANSWERS}, auth=[])
    def post(self, request: Request) -> Response:
        form, plain, kind = self.read(LoginForm), request._request, Session.Kind.TOKEN
        code = form.pop("code")
        user = check_credentials(plain, kind=kind, **form)
        methods, shown_at = methods_of(user), None
        if methods and not code:
            record(plain, user, LoginHistory.Outcome.SECOND_FACTOR, kind)
            return Response({"requires_2fa": True, "methods": methods})
        if methods:
            prove_by_code(plain, user=user, code=code, kind=kind)
            shown_at = timezone.now()
        answer = _signed_in(request, user, shown_at)
        record(plain, user, LoginHistory.Outcome.SUCCESS, kind)
        return Response(answer)


class LogoutView(ApiView):
    @extend_schema(request=None, responses={200: None})
    def post(self, request: Request) -> Response:
        end_session(user=signed_in(request), session_id=request.auth.pk)
        return Response(None)


class SessionsView(ApiView):
    COLUMNS = ("id", "kind", "ip_address", "user_agent", "created_at", "last_seen_at", "expires_at")

    @extend_schema(parameters=PAGE_PARAMETERS, responses={200: paged(SessionView)})
    def get(self, request: Request) -> Response:
        current = request.auth.pk

        def row(*values: Any) -> dict[str, Any]:
            session = dict(zip(self.COLUMNS, values, strict=True))
            return {**session, "place": place_of(session["ip_address"]), "is_current": session["id"] == current}

        sessions = Session.objects.live().filter(user=signed_in(request))
        return Response(fetch_page(sessions, page_request(request.query_params), self.COLUMNS, row).as_dict())

    @extend_schema(responses={200: EndedView})
    def delete(self, request: Request) -> Response:
        """End all sessions but the one that asks."""
        ended = end_other_sessions(user=signed_in(request), kept=request.auth.pk)
        return Response({"ended": ended})


class SessionDetailView(ApiView):
    @extend_schema(responses={200: None})
    def delete(self, request: Request, pk: UUID) -> Response:
        end_session(user=signed_in(request), session_id=pk)
        return Response(None)


HISTORY_COLUMNS = ("timestamp", "outcome", "kind", "ip_address", "user_agent")


def _history_row(*values: Any) -> dict[str, Any]:
    entry = dict(zip(HISTORY_COLUMNS, values, strict=True))
    return {**entry, "place": place_of(entry["ip_address"])}


MY_HISTORY = CompiledPage(lambda owner: LoginHistory.objects.filter(user_id=owner), HISTORY_COLUMNS, _history_row)


class HistoryView(ApiView):
    @extend_schema(parameters=LIST_PARAMETERS, responses={200: listed(LoginHistoryView)})
    def get(self, request: Request) -> Response:
        return Response(MY_HISTORY.fetch_list(signed_in(request).pk, list_request(request.query_params)).as_dict())


class MeView(ApiView):
    scope = Scope.PROFILE
    without_keys = frozenset({"DELETE"})

    @extend_schema(responses={200: UserView})
    def get(self, request: Request) -> Response:
        return Response(user_view(signed_in(request)))

    @extend_schema(request=ProfileForm, responses={200: UserView})
    def patch(self, request: Request) -> Response:
        user: User = signed_in(request)
        values = self.read(ProfileForm)
        change_profile(user=user, **values)
        return Response(user_view(user))

    @extend_schema(request=LeaveForm, responses={200: LeavingView})
    def delete(self, request: Request) -> Response:
        return Response(leave_by_request(request, self.read(LeaveForm)))
