"""Importing the modules registers their models and brings panels to the customer's page."""

from referrals.admin import books, home, programme, referrals, rewards

__all__ = ["books", "home", "programme", "referrals", "rewards"]
