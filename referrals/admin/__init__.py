"""Importing the modules registers their models and brings panels to the customer's page."""

from referrals.admin import campaigns, referrals

__all__ = ["campaigns", "referrals"]
