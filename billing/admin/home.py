"""What of payments needs staff now, and how sales go, on the admin's home."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext_lazy

from billing.admin.lately import lately, refused_discounts
from billing.admin.payments import DisputeAdmin
from billing.models import (
    Coupon,
    Discrepancy,
    Dispute,
    Payment,
    PromotionCode,
    StripeEvent,
    StripeOrder,
)
from billing.services.recurring_months import Counted, last_counted
from billing.services.reports import month_bounds, takings
from nexusvpn.charts import Chart, Series
from nexusvpn.templatetags.nexusvpn_ui import money, percent
from nexusvpn.waiting import Waiting, kinds

# An event is processed within seconds. What waits longer is tried again later, or no worker takes it.
SLOW = timedelta(minutes=15)
# Charts of money are of a year.
MONTHS = 12


def _slow() -> datetime:
    return timezone.now() - SLOW


def _list(model: str, **asked: str | Callable[[], datetime]) -> Callable[[], str]:
    """The address of the rows that were counted; moments are those at which it is made."""

    def url() -> str:
        query = {name: value if isinstance(value, str) else value().isoformat() for name, value in asked.items()}
        return f"{reverse(f'admin:billing_{model}_changelist')}?{urlencode(query)}"

    return url


def _disputes(status: str) -> Callable[[], str]:
    """Those whose answer is due first stand first."""
    return _list("dispute", status__exact=status, o=str(DisputeAdmin.list_display.index("evidence_due_at")))


kinds += [
    Waiting(
        "billing.view_dispute",
        lambda: Dispute.objects.filter(status="needs_response"),
        "evidence_due_at",
        ngettext_lazy("%(count)s dispute waits for an answer", "%(count)s disputes wait for an answer", "n"),
        _disputes("needs_response"),
        is_deadline=True,
    ),
    Waiting(
        "billing.view_dispute",
        lambda: Dispute.objects.filter(status="warning_needs_response"),
        "evidence_due_at",
        ngettext_lazy(
            "%(count)s early question of a bank waits for an answer, and may become a dispute without one",
            "%(count)s early questions of banks wait for an answer, and may become disputes without one",
            "n",
        ),
        _disputes("warning_needs_response"),
        "warn",
        is_deadline=True,
    ),
    Waiting(
        "billing.view_stripeevent",
        lambda: StripeEvent.objects.filter(state=StripeEvent.State.FAILED),
        "received_at",
        ngettext_lazy(
            "%(count)s event of Stripe could not be processed", "%(count)s events of Stripe could not be processed", "n"
        ),
        _list("stripeevent", state__exact="failed"),
    ),
    Waiting(
        "billing.view_stripeevent",
        lambda: StripeEvent.objects.filter(state=StripeEvent.State.WAITING, received_at__lt=_slow()),
        "received_at",
        ngettext_lazy(
            "%(count)s event of Stripe that came more than 15 minutes ago is not processed yet",
            "%(count)s events of Stripe that came more than 15 minutes ago are not processed yet",
            "n",
        ),
        _list("stripeevent", state__exact="waiting", received_at__lt=_slow),
    ),
    Waiting(
        "billing.view_discrepancy",
        lambda: Discrepancy.objects.filter(healed_at=None, closed_at=None),
        "found_at",
        ngettext_lazy(
            "%(count)s difference from Stripe did not heal", "%(count)s differences from Stripe did not heal", "n"
        ),
        _list("discrepancy", healed_at__isempty="1", closed_at__isempty="1"),
    ),
    Waiting(
        "billing.view_payment",
        lambda: Payment.objects.filter(status=Payment.Status.FAILED, created_at__gt=lately()),
        "created_at",
        ngettext_lazy(
            "%(count)s payment failed in the last two weeks", "%(count)s payments failed in the last two weeks", "n"
        ),
        _list("payment", status__exact="failed", created_at__gt=lately),
        "warn",
    ),
    Waiting(
        "billing.view_stripeorder",
        lambda: StripeOrder.objects.filter(state=StripeOrder.State.REFUSED, is_durable=True, finished_at__gt=lately()),
        "finished_at",
        ngettext_lazy(
            "%(count)s order was refused by Stripe in the last two weeks",
            "%(count)s orders were refused by Stripe in the last two weeks",
            "n",
        ),
        _list("stripeorder", state__exact="refused", is_durable__exact="1", finished_at__gt=lately),
        "warn",
    ),
    Waiting(
        "billing.view_coupon",
        lambda: Coupon.objects.filter(refused_discounts()),
        "created_at",
        ngettext_lazy(
            "%(count)s coupon was refused by Stripe in the last two weeks, or its end was and it can still be used",
            "%(count)s coupons were refused by Stripe in the last two weeks, or their ends were and they can still be used",
            "n",
        ),
        _list("coupon", refused="now"),
        "warn",
    ),
    Waiting(
        "billing.view_promotioncode",
        lambda: PromotionCode.objects.filter(refused_discounts()),
        "created_at",
        ngettext_lazy(
            "%(count)s promotion code was refused by Stripe in the last two weeks, or its end was and it can still be used",
            "%(count)s promotion codes were refused by Stripe in the last two weeks, or their ends were and they can still be used",
            "n",
        ),
        _list("promotioncode", refused="now"),
        "warn",
    ),
]


def sales(request: HttpRequest) -> Iterable[Chart]:
    """Revenue and monthly recurring revenue, a chart for each currency: they are never added."""
    if not request.user.has_perm("billing.view_ledgerentry"):  # type: ignore[union-attr]
        return
    now = timezone.now()
    bounds = month_bounds(now, MONTHS)
    taken = takings(since=bounds[0], until=now)
    firsts = [bound.date() for bound in bounds[:-1]]
    labels = [date_format(first, "YEAR_MONTH_FORMAT") for first in firsts]
    url = reverse("admin:billing_ledgerentry_reports")
    for currency in sorted({row.currency for row in taken}):
        gross, tax, net = dict.fromkeys(firsts, 0), dict.fromkeys(firsts, 0), dict.fromkeys(firsts, 0)
        for row in taken:
            if row.currency == currency:
                gross[row.month] += row.gross
                tax[row.month] += row.tax
                net[row.month] += row.net
        yield Chart(
            title=_("Revenue a month, %(currency)s") % {"currency": currency},
            labels=labels,
            series=[Series(_("Gross"), list(gross.values())), Series(_("Net"), list(net.values()), 2)],
            write=_writer(currency),
            first_heading=_("Month"),
            columns=[(_("Tax"), [money(amount, currency) for amount in tax.values()])],
            note=_(
                "From the ledger. Gross is what was charged, with tax. Net is without the tax that invoices show in what was charged and "
                "not given back, after refunds, disputes and fees in this currency, and with what staff booked to adjust it. Where Stripe "
                "settles in another currency than customers pay in, its fees stand in that currency, with nothing gross: less than "
                "nothing there is no loss by itself. The last month ends now."
            ),
            url=url,
            as_of=now,
        )
    counted = last_counted(firsts[0])
    if counted is None:
        return
    for currency in sorted({row.currency for row in counted.months}):
        yield _mrr_chart(currency, counted, firsts, labels, url)


def _mrr_chart(currency: str, counted: Counted, firsts: list[date], labels: list[str], url: str) -> Chart:
    of_month = {row.since.date(): row for row in counted.months if row.currency == currency}
    rows = [of_month.get(first) for first in firsts]
    nothing = [0 if counted.knows(first) else None for first in firsts]
    return Chart(
        title=_("Monthly recurring revenue (MRR), %(currency)s") % {"currency": currency},
        labels=labels,
        series=[
            Series(_("MRR after"), [row.closing if row else none for row, none in zip(rows, nothing, strict=True)]),
            Series(_("Churn"), [row.churn if row else none for row, none in zip(rows, nothing, strict=True)], 2),
        ],
        write=_writer(currency),
        first_heading=_("Month"),
        columns=[(_("People who left"), [percent(row.churn_rate) if row else percent(None) for row in rows])],
        note=_(
            "MRR after is that at the month's end. Churn is the recurring revenue of those who left in the month. Trials count for "
            "nothing. The last month ends when it was counted: its churn is that of the days until then, and not to be compared with a "
            "whole month's."
        ),
        url=url,
        as_of=counted.at,
    )


def _writer(currency: str) -> Any:
    return lambda minor: money(minor, currency)


admin.site.drawings.append(sales)  # type: ignore[attr-defined]
