"""Importing the modules registers their models; the apps above bring columns and panels to the customer's page."""

from accounts.admin import (
    audit,
    credentials,
    entrance,
    groups,
    home,
    outbox,
    privacy,
    registration,
    sign_ins,
    site_settings,
)
from accounts.admin.people import LATEST, UserAdmin

__all__ = [
    "LATEST",
    "UserAdmin",
    "audit",
    "credentials",
    "entrance",
    "groups",
    "home",
    "outbox",
    "privacy",
    "registration",
    "sign_ins",
    "site_settings",
]
