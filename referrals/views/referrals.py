from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.people import signed_in
from nexusvpn.api.pagination import page_request
from referrals.links import referral_link
from referrals.services.referrals import referrals_page


@never_cache
@login_required
@require_safe
def referrals(request: HttpRequest) -> HttpResponse:
    """The person's link and whom they brought."""
    user = signed_in(request)
    page = referrals_page(user, page_request(request.GET))
    # A page past the end has no rows to count from; its total is asked for separately, so it is right there too.
    context = {"code": user.referral_code, "link": referral_link(user.referral_code), "counts": {"total": page.total}}
    return render(request, "referrals/referrals.html", {**context, "page": page})
