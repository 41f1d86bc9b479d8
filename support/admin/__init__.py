"""Importing the modules registers their models and brings columns and panels to the customer's page."""

from support.admin import home, preparing, records, tickets

__all__ = ["home", "preparing", "records", "tickets"]
