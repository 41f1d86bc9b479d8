"""What pages and mails say about plans and payments."""

from __future__ import annotations

from django import template
from django.utils.translation import gettext as _

from billing.gateway.client import sells as is_selling
from billing.models import Interval

register = template.Library()


@register.simple_tag
def sells() -> bool:
    """Whether anything can be bought: without a key of Stripe no page offers it."""
    return is_selling()


@register.filter
def per(amount: str, interval: str) -> str:
    """A sum with how often it is paid: "$4.99" → "$4.99 a month"."""
    text = _("{amount} a year") if interval == Interval.YEAR else _("{amount} a month")
    return text.format(amount=amount)
