"""What pages and mails say about plans and payments."""

from __future__ import annotations

from django import template

from billing.entitlements import Entitlement
from billing.gateway.client import sells as is_selling
from billing.models import Plan
from billing.models.plans import an_interval
from billing.services.overview import PlanState

register = template.Library()


@register.simple_tag
def sells() -> bool:
    """Whether anything can be bought: without a key of Stripe no page offers it."""
    return is_selling()


@register.filter
def per(amount: str, interval: str) -> str:
    """A sum with how often it is paid: "$4.99" → "$4.99 a month"."""
    return an_interval(amount, interval)


@register.filter
def covers(entitlement: Entitlement, plan: Plan | None) -> bool:
    """Whether a plan would add nothing to what is had now."""
    return plan is not None and entitlement.covers(plan)


@register.filter
def beside(plan: PlanState, entitlement: Entitlement) -> bool:
    """Whether somebody has one plan given and a subscription of another."""
    return plan.is_beside(entitlement)
