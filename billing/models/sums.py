"""What is kept of adding up the books and the invoices: sums, and nobody's name."""

from __future__ import annotations

from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from billing.models.ledger import LedgerEntry
from billing.models.plans import PlanPrice
from nexusvpn.moments import day_in_name, moment_in_name, month_in_words


class LedgerDay(models.Model):
    """The sum of the money that moved on one UTC day and was written down on another (or the same), of one kind, currency and price.

    By the day of writing, because that one does not change once it is over: a movement that is told late is in the sums of the day on
    which it was told, wherever it belongs.
    """

    recorded_on = models.DateField()
    occurred_on = models.DateField()
    kind = models.CharField(max_length=16, choices=LedgerEntry.Kind.choices)
    currency = models.CharField(max_length=3)
    price = models.ForeignKey(PlanPrice, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    amount_minor = models.BigIntegerField()
    # How much of it is tax.
    tax_minor = models.BigIntegerField(default=0, db_default=0)

    class Meta:
        ordering = ["-recorded_on", "-occurred_on", "id"]
        verbose_name = _("day of the ledger")
        verbose_name_plural = _("days of the ledger")
        constraints = [
            # Two jobs at once add a day up once. Also the query of the last one that was added up.
            models.UniqueConstraint(
                fields=["recorded_on", "occurred_on", "kind", "currency", "price"],
                nulls_distinct=False,
                name="ledger_day_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{capfirst(self.get_kind_display())}, {day_in_name(self.occurred_on)}"


class RecurringMonth(models.Model):
    """How recurring revenue moved in a month, as `billing.services.recurring` counted it last; the last month ends at `counted_at`.

    The whole of it is counted anew each time: what is told late can change any month.
    """

    month = models.DateField()
    currency = models.CharField(max_length=3)
    opening = models.BigIntegerField()
    closing = models.BigIntegerField()
    new = models.BigIntegerField()
    reactivation = models.BigIntegerField()
    expansion = models.BigIntegerField()
    contraction = models.BigIntegerField()
    churn = models.BigIntegerField()
    people = models.PositiveIntegerField()
    people_came = models.PositiveIntegerField()
    people_went = models.PositiveIntegerField()
    counted_at = models.DateTimeField()

    class Meta:
        ordering = ["-month", "currency"]
        verbose_name = _("month of recurring revenue")
        verbose_name_plural = _("months of recurring revenue")
        constraints = [
            models.UniqueConstraint(fields=["month", "currency"], name="recurring_month_once"),
        ]

    def __str__(self) -> str:
        return f"{month_in_words(self.month)}, {self.currency}"


class RecurringCount(models.Model):
    """What the last count of recurring revenue reached, and its sum by plan; one row. Its months are `RecurringMonth`.

    A month from `since` until `counted_at` without a row there is one in which there was nothing; others were not looked at.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    since = models.DateField()
    # At `counted_at`: `plan`, `currency`, `mrr` in its smallest unit, `people`. Read and written whole.
    by_plan = models.JSONField(default=list)
    counted_at = models.DateTimeField()

    class Meta:
        verbose_name = verbose_name_plural = _("count of recurring revenue")
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="recurring_count_one_row")]

    def __str__(self) -> str:
        return moment_in_name(self.counted_at)
