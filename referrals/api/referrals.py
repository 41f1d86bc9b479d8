"""Referrals over the API."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

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
from referrals.services.next_steps import next_steps
from referrals.services.overview import Total, overview_of
from referrals.services.referrals import referrals_list
from referrals.words import Offer


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
        overview, link = overview_of(user), referral_link(user.referral_code)
        answer = {
            "code": user.referral_code,
            "link": link,
            "share_text": f"{overview.offer.invitation()} {link}",
            "counts": {"total": Referral.objects.made_by(user).count()},
            "reward": [_total(total) for total in overview.totals],
            "own_reward": [_total(total) for total in overview.own],
            "credit": [asdict(credit) for credit in overview.credit],
            "next_steps": [step.text for step in next_steps(overview)],
            "programme": _programme(overview.offer),
        }
        return Response(answer)


def _total(total: Total) -> dict[str, Any]:
    return {name: value for name, value in asdict(total).items() if name != "next_at"}


def _programme(offer: Offer) -> dict[str, Any]:
    rules = offer.programme
    amounts = [
        {"currency": one.currency, "referrer_minor": one.referrer_minor, "friend_minor": one.friend_minor}
        for one in offer.amounts.values()
    ]
    return {
        "is_open": offer.is_open,
        "mode": rules.mode,
        "months": rules.months,
        "hold_days": rules.hold_days,
        "amounts": amounts,
    }
