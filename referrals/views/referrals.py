from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.people import signed_in
from nexusvpn.api.pagination import page_request
from referrals.links import referral_link
from referrals.services.next_steps import next_steps
from referrals.services.overview import overview_of
from referrals.services.referrals import referrals_page


@never_cache
@login_required
@require_safe
def referrals(request: HttpRequest) -> HttpResponse:
    """The person's link, whom they brought, and what became of the rewards."""
    user = signed_in(request)
    overview = overview_of(user)
    context = {
        "code": user.referral_code,
        "link": referral_link(user.referral_code),
        # A page past the end has no rows to count from; its total is asked for separately, so it is right there too.
        "page": referrals_page(user, page_request(request.GET)),
        "overview": overview,
        "steps": next_steps(overview),
        # Of rewards nothing is said while none are given, but to who had some.
        "terms": overview.offer.terms() if overview.offer.is_open or overview.credit else [],
        "invitation": overview.offer.invitation(),
    }
    return render(request, "referrals/referrals.html", context)
