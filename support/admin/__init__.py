"""Importing the modules registers their models and brings columns and panels to the customer's page."""

from support.admin import articles, attachments, home, preparing, records, tickets

__all__ = ["articles", "attachments", "home", "preparing", "records", "tickets"]
