"""Asking for the jobs of `billing.office_tasks`, by their names, as `billing.deferred` does for those that customers wait for."""

from __future__ import annotations

from django.db import transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from nexusvpn.context import current_request_id


def push_prices_soon() -> None:
    """Bring plans and prices to Stripe."""
    _defer_once("push_prices")


def ask_for_discounts_soon() -> None:
    """Have coupons and promotion codes made or ended at Stripe."""
    _defer_once("ask_for_discounts")


def compare_customer_soon(customer_id: str) -> None:
    """Compare everything that we have of a customer with Stripe."""
    _defer_once("compare_customer", customer_id=customer_id)


def compare_soon(kind: str) -> None:
    """Do now what is done every hour or every day: a `ReconcileRun.Kind`."""
    _defer_once("compare", kind=kind)


def _defer_once(task: str, **arguments: str) -> None:
    lock = " ".join((task, *arguments.values()))
    try:
        # In a savepoint: the refusal is a violated constraint, which would otherwise spoil the caller's transaction.
        with transaction.atomic():
            app.configure_task(f"billing.office_tasks.{task}", queue="payments", queueing_lock=lock).defer(
                request_id=current_request_id(), **arguments
            )
    except AlreadyEnqueued:
        return
