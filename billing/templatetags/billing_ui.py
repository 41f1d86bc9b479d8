"""What pages say about plans and payments."""

from __future__ import annotations

from django import template

from billing.gateway.client import sells as is_selling

register = template.Library()


@register.simple_tag
def sells() -> bool:
    """Whether anything can be bought: without a key of Stripe no page offers it."""
    return is_selling()
