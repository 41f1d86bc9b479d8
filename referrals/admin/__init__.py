"""Importing the modules registers their models and brings panels to the customer's page."""

from referrals.admin import books, campaigns, home, programme, referrals, rewards, site_settings

__all__ = ["books", "campaigns", "home", "programme", "referrals", "rewards", "site_settings"]
