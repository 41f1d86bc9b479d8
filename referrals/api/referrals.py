"""Referrals over the API."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.people import signed_in
from nexusvpn.api.pagination import list_request
from nexusvpn.api.schema import LIST_PARAMETERS, listed
from nexusvpn.api.scopes import Scope
from nexusvpn.api.views import ApiView
from referrals.api.serializers import ReferralSummaryView, ReferralView
from referrals.links import referral_link
from referrals.models import Referral
from referrals.services.referrals import referrals_list


class ReferralsView(ApiView):
    scope = Scope.REFERRALS

    @extend_schema(parameters=LIST_PARAMETERS, responses={200: listed(ReferralView)})
    def get(self, request: Request) -> Response:
        return Response(referrals_list(signed_in(request), list_request(request.query_params)).as_dict())


class ReferralSummary(ApiView):
    scope = Scope.REFERRALS

    @extend_schema(responses={200: ReferralSummaryView})
    def get(self, request: Request) -> Response:
        user = signed_in(request)
        counts = {"total": Referral.objects.made_by(user).count()}
        return Response({"code": user.referral_code, "link": referral_link(user.referral_code), "counts": counts})
