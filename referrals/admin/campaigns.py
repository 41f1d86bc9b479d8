"""Campaigns for staff: their links, what they brought, day by day and as a file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext
from django.views.decorators.cache import never_cache

from nexusvpn.admin_base import Panel, ReadOnlyAdmin, StaffModelAdmin
from nexusvpn.admin_lists import StaffList
from nexusvpn.csv_files import csv_response
from nexusvpn.languages import lazy as _
from nexusvpn.money import major
from nexusvpn.templatetags.nexusvpn_ui import UNKNOWN, money, percent
from referrals.links import campaign_link
from referrals.models import Campaign, CampaignDay, CampaignSignup
from referrals.services.campaign_figures import Figures, campaign_days, campaign_figures

# Of the days so many are on the page; the file has all of them.
DAYS_SHOWN = 30
HEADINGS = (_("Day"), _("Visits"), _("Sign-ups"), _("First payments"), _("Of these gone back"), _("Revenue"))


class CampaignList(StaffList):
    """The list with what each of its campaigns brought: at most six queries more a page, however many campaigns."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list: Any = list(self.result_list)
        found = campaign_figures([row.pk for row in self.result_list])
        for row in self.result_list:
            row.figures = found[row.pk]


def _with_rate(number: int, rate: float | None) -> str:
    return f"{number}" if rate is None else f"{number} ({percent(rate)})"


def _revenue(figures: Figures) -> str:
    return ", ".join(money(minor, currency) for currency, minor in sorted(figures.revenue.items())) or UNKNOWN


@admin.register(Campaign)
class CampaignAdmin(StaffModelAdmin):
    """Made and closed here. None is deleted: its numbers would go with it, and somebody may come by its link still."""

    list_display = ("name", "slug", "is_open", "visits", "signups", "paid", "revenue")
    list_filter = ("is_open",)
    search_fields = ("name", "slug")
    fields = ("name", "slug", "link", "is_open", "note", "created_at")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Links that are out name the slug: it stays what it is."""
        return ("link", "created_at") if obj is None else ("slug", "link", "created_at")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[StaffList]:
        return CampaignList

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(never_cache(self.days_view))
        return [path("<path:object_id>/days.csv", view, name="referrals_campaign_days"), *super().get_urls()]

    def days_view(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        campaign = self.get_object(request, unquote(object_id))
        if campaign is None:
            raise Http404
        if not self.has_view_permission(request, campaign):
            raise PermissionDenied
        days = campaign_days(campaign)
        currencies = sorted({currency for _, figures in days for currency in figures.revenue})
        headings = (
            *HEADINGS[:-1],
            *(gettext("Revenue %(currency)s") % {"currency": currency} for currency in currencies),
        )
        return csv_response(f"campaign-{campaign.slug}", headings, _lines(days, currencies))

    @admin.display(description=_("link"))
    def link(self, campaign: Campaign) -> SafeString | str:
        """To be copied; the parameter works on every page of ours."""
        return format_html("<code>{}</code>", campaign_link(campaign.slug)) if campaign.slug else UNKNOWN

    @admin.display(description=_("visits"))
    def visits(self, campaign: Any) -> int:
        return int(campaign.figures.visits)

    @admin.display(description=_("sign-ups, of visits"))
    def signups(self, campaign: Any) -> str:
        return _with_rate(campaign.figures.signups, campaign.figures.signup_rate)

    @admin.display(description=_("paid, of sign-ups"))
    def paid(self, campaign: Any) -> str:
        return _with_rate(campaign.figures.paid, campaign.figures.paid_rate)

    @admin.display(description=_("first payments"))
    def revenue(self, campaign: Any) -> str:
        return _revenue(campaign.figures)


def _lines(days: list[tuple[Any, Figures]], currencies: list[str]) -> Iterator[tuple[Any, ...]]:
    for day, found in days:
        sums = (major(found.revenue.get(currency, 0), currency) for currency in currencies)
        yield (day.isoformat(), found.visits, found.signups, found.paid, found.undone, *sums)


def figures_panel(campaign: Campaign) -> Panel:
    found = campaign_figures([campaign.pk])[campaign.pk]
    rows = [
        (gettext("Visits"), found.visits),
        (gettext("Sign-ups, of visits"), _with_rate(found.signups, found.signup_rate)),
        (gettext("First payments that stayed, of sign-ups"), _with_rate(found.paid, found.paid_rate)),
        (
            gettext("First payments that went back: refunded, disputed, or one too many; not in the others"),
            found.undone,
        ),
        (gettext("Revenue of first payments"), _revenue(found)),
    ]
    return Panel(gettext("What it brought"), (gettext("What"), pgettext("how many", "Number")), rows)


def days_panel(campaign: Campaign) -> Panel:
    days = campaign_days(campaign)[:DAYS_SHOWN]
    rows = [(day.isoformat(), of.visits, of.signups, of.paid, of.undone, _revenue(of)) for day, of in days]
    url = reverse("admin:referrals_campaign_days", args=[campaign.pk])
    return Panel(gettext("Day by day (UTC), all of it as CSV"), HEADINGS, rows, url)


CampaignAdmin.panels = [figures_panel, days_panel]


@admin.register(CampaignDay)
class CampaignDayAdmin(ReadOnlyAdmin):
    list_display = ("day", "campaign", "visits")
    list_select_related = ("campaign",)
    list_filter = ("day",)
    search_fields = ("campaign__name", "=campaign__slug")


@admin.register(CampaignSignup)
class CampaignSignupAdmin(ReadOnlyAdmin):
    list_display = ("created_at", "campaign", "user", "paid_at", "paid_amount")
    list_select_related = ("campaign", "user")
    list_filter = (("paid_at", admin.EmptyFieldListFilter), "currency")
    search_fields = ("campaign__name", "=campaign__slug", "user__email", "=invoice_id")

    @admin.display(description=_("first payment"), ordering="paid_minor")
    def paid_amount(self, signup: CampaignSignup) -> str:
        return UNKNOWN if signup.paid_minor is None else money(signup.paid_minor, signup.currency)
