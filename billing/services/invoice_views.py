"""Invoices as their owner sees them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from billing.models import Invoice, Payment
from nexusvpn.api.pagination import Page, PageRequest, fetch_page

_COLUMNS = (
    "stripe_id",
    "number",
    "status",
    "currency",
    "total_minor",
    "created_at",
    "hosted_url",
    "pdf_url",
    "refunded_minor",
)


@dataclass(frozen=True, slots=True)
class InvoiceView:
    """One row of the list; `refunded_minor` is what went back of its payments."""

    id: str
    number: str
    status: str
    currency: str
    total_minor: int
    created_at: datetime
    hosted_url: str
    pdf_url: str
    refunded_minor: int

    @property
    def state(self) -> str:
        """Its name among the states that pages know."""
        return f"invoice_{self.status}"


def invoice_page(user_id: UUID, wanted: PageRequest) -> Page:
    """A page of the person's invoices, newest first; one query, a second one only past the end. Drafts are not invoices yet."""
    return fetch_page(_invoices(user_id), wanted, _COLUMNS, InvoiceView)


def _invoices(user_id: UUID) -> QuerySet[Invoice]:
    paid_back = (
        Payment.objects.filter(invoice=OuterRef("pk"))
        .order_by()
        .values("invoice")
        .annotate(total=Sum("refunded_minor"))
        .values("total")
    )
    mine = Invoice.objects.filter(user_id=user_id).exclude(status=Invoice.Status.DRAFT)
    return mine.annotate(refunded_minor=Coalesce(Subquery(paid_back), 0))
