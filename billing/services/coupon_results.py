"""What a promotion code brought: the paid invoices that say that it took something off them."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Sum

from billing.models import Invoice, PromotionCode


@dataclass(frozen=True, slots=True)
class Brought:
    """In one currency. What was paid back later counts all the same; what credit paid does not."""

    currency: str
    invoices: int
    people: int
    paid_minor: int


def brought_by(code: PromotionCode) -> list[Brought]:
    """One query."""
    if not code.stripe_id:
        return []
    # The second condition is the index's own.
    invoices = Invoice.objects.filter(promotion_codes__contains=[code.stripe_id]).exclude(promotion_codes=[])
    sums = (
        invoices.filter(status=Invoice.Status.PAID)
        .order_by("currency")
        .values_list("currency")
        .annotate(Count("pk"), Count("user", distinct=True), Sum("amount_paid_minor"))
    )
    return [Brought(*row) for row in sums]
