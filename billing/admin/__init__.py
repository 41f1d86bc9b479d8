"""Importing the modules registers their models and brings columns and panels to the customer's page."""

from billing.admin import (
    beside_tickets,
    coupons,
    customer_parts,
    customers,
    events,
    gifts,
    grants,
    home,
    invoices,
    ledger,
    payments,
    plans,
    reconciling,
    requests,
    site_settings,
    subscriptions,
)

__all__ = [
    "beside_tickets",
    "coupons",
    "customer_parts",
    "customers",
    "events",
    "gifts",
    "grants",
    "home",
    "invoices",
    "ledger",
    "payments",
    "plans",
    "reconciling",
    "requests",
    "site_settings",
    "subscriptions",
]
