"""Importing the modules registers their models; the apps above bring columns and parts of the customer's page."""

from accounts.admin import (
    audit,
    credentials,
    customer_parts,
    entrance,
    groups,
    growth,
    home,
    outbox,
    privacy,
    registration,
    sign_ins,
    site_settings,
)
from accounts.admin.customer_parts import LATEST
from accounts.admin.people import UserAdmin

__all__ = [
    "LATEST",
    "UserAdmin",
    "audit",
    "credentials",
    "customer_parts",
    "entrance",
    "groups",
    "growth",
    "home",
    "outbox",
    "privacy",
    "registration",
    "sign_ins",
    "site_settings",
]
