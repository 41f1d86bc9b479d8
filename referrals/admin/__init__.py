"""Importing the modules registers their models and brings panels to the customer's page."""

from referrals.admin import referrals

__all__ = ["referrals"]
