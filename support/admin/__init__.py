"""Importing the modules registers their models and brings columns and panels to the customer's page."""

from support.admin import (
    announcements,
    articles,
    attachments,
    home,
    legal,
    mail,
    preparing,
    records,
    site_settings,
    tickets,
)

__all__ = [
    "announcements",
    "articles",
    "attachments",
    "home",
    "legal",
    "mail",
    "preparing",
    "records",
    "site_settings",
    "tickets",
]
