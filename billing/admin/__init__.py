"""Importing the modules registers their models and brings columns and panels to the customer's page."""

from billing.admin import (
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
    subscriptions,
)

__all__ = [
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
    "subscriptions",
]
