"""Redeeming a gift code, on the billing page."""

from __future__ import annotations

from datetime import datetime
from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from accounts.people import signed_in
from billing.forms import GiftForm
from billing.services.gifts import redeem
from billing.views.overview import render_billing
from billing.views.stripe_pages import leads_to_stripe
from nexusvpn.api.status import http_status
from nexusvpn.errors import DomainError, RateLimited
from nexusvpn.forms_only import forms_only
from nexusvpn.http import with_retry_after
from nexusvpn.ratelimit import GIFT_CODE, enforce


@never_cache
@login_required
@forms_only
@leads_to_stripe
def gift_redeem(request: HttpRequest) -> HttpResponse:
    user, form, status = signed_in(request), GiftForm(request.POST), 400
    if form.is_valid():
        try:
            enforce(request, GIFT_CODE, f"user:{user.pk}")
            grant = redeem(user=user, code=form.cleaned_data["code"])
        except RateLimited as error:
            status = form.add_domain_error(error)
        except DomainError as error:
            form.add_error("code", error.message)
            status = http_status(error)
        else:
            day = date_format(cast(datetime, grant.valid_until), "DATE_FORMAT")
            messages.success(request, _("You have %(plan)s until %(day)s.") % {"plan": grant.plan.name, "day": day})
            # The form's address leads to the form, where a refusal is; what was given is said at the page's top.
            return HttpResponseRedirect(f"{reverse('billing')}#main")
    response = render_billing(request, gift_form=form)
    response.status_code = status
    return with_retry_after(response, form.retry_after)
