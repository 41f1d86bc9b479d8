"""Importing the modules registers their models and brings columns and panels to the customer's page."""

from support.admin import attachments, home, preparing, records, tickets

__all__ = ["attachments", "home", "preparing", "records", "tickets"]
