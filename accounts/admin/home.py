"""What of accounts and mails needs staff now, and how many people there are, on the admin's home."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext_lazy

from accounts.models import AbuseFlag, Mail
from accounts.services.growth import growth
from nexusvpn.charts import Chart, Series, whole
from nexusvpn.waiting import Waiting, kinds

# What a given-up mail said is old news after that.
RECENT = timedelta(days=3)


def _given_up_lately() -> dict[str, str]:
    """The list shows those that were counted."""
    return {"state__exact": Mail.State.FAILED.value, "created_at__gte": (timezone.now() - RECENT).isoformat()}


kinds += [
    Waiting(
        "accounts.view_abuseflag",
        lambda: AbuseFlag.objects.filter(cleared_at=None),
        "created_at",
        ngettext_lazy("%(count)s sign-up is to be looked at", "%(count)s sign-ups are to be looked at", "n"),
        lambda: f"{reverse('admin:accounts_abuseflag_changelist')}?cleared_at__isempty=1",
        "warn",
    ),
    Waiting(
        "accounts.view_mail",
        lambda: Mail.objects.filter(state=Mail.State.FAILED, created_at__gt=timezone.now() - RECENT),
        "created_at",
        ngettext_lazy(
            "%(count)s mail of the last three days was given up",
            "%(count)s mails of the last three days were given up",
            "n",
        ),
        lambda: f"{reverse('admin:accounts_mail_changelist')}?{urlencode(_given_up_lately())}",
    ),
]


def customers(request: HttpRequest) -> Iterable[Chart]:
    if not request.user.has_perm("accounts.view_user"):  # type: ignore[union-attr]
        return
    found = growth()
    url = reverse("admin:accounts_user_changelist")
    new = _("New customers")
    yield Chart(
        title=_("Customers"),
        answer=whole(found.total),
        labels=[date_format(day, "SHORT_DATE_FORMAT") for day, _count in found.days],
        series=[Series(new, [count for _day, count in found.days])],
        first_heading=_("Day"),
        note=_(
            "The number is that of all accounts that are not erased, staff's aside: with those that are suspended, that wait for their "
            "erasure, or whose address was never confirmed. Drawn is how many were made on each day (UTC), also of those erased since; "
            "the last day ends now."
        ),
        url=url,
        as_of=found.as_of,
    )
    yield Chart(
        title=_("New customers a month"),
        labels=[date_format(first, "YEAR_MONTH_FORMAT") for first, _count in found.months],
        series=[Series(new, [count for _first, count in found.months])],
        first_heading=_("Month"),
        note=_(
            "Accounts by the month (UTC) in which they were made, staff's aside: also those that were erased since, or whose address was "
            "never confirmed. The last month ends now."
        ),
        url=url,
        as_of=found.as_of,
    )


admin.site.drawings.append(customers)  # type: ignore[attr-defined]
