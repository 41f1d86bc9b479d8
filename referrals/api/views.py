"""Referrals over the API."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.people import signed_in
from nexusvpn.api.pagination import page_request
from nexusvpn.api.schema import PAGE_PARAMETERS, paged
from nexusvpn.api.views import ApiView
from referrals.api.serializers import ReferralSummaryView, ReferralView
from referrals.links import referral_link
from referrals.models import Referral
from referrals.services import referrals_page


class ReferralsView(ApiView):
    @extend_schema(parameters=PAGE_PARAMETERS, responses={200: paged(ReferralView)})
    def get(self, request: Request) -> Response:
        return Response(referrals_page(signed_in(request), page_request(request.query_params)).as_dict())


class ReferralSummary(ApiView):
    @extend_schema(responses={200: ReferralSummaryView})
    def get(self, request: Request) -> Response:
        user = signed_in(request)
        counts = {"total": Referral.objects.made_by(user).count()}
        return Response({"code": user.referral_code, "link": referral_link(user.referral_code), "counts": counts})
