"""What pages and mails say about plans and payments."""

from __future__ import annotations

from django import template

from billing.gateway.client import sells as is_selling
from billing.models.plans import an_interval

register = template.Library()


@register.simple_tag
def sells() -> bool:
    """Whether anything can be bought: without a key of Stripe no page offers it."""
    return is_selling()


@register.filter
def per(amount: str, interval: str) -> str:
    """A sum with how often it is paid: "$4.99" → "$4.99 a month"."""
    return an_interval(amount, interval)
