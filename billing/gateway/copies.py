"""dj-stripe's copy of what Stripe has about somebody: reading it for their export, and forgetting it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.db.models import Model, QuerySet
from djstripe.models import Customer, DjstripePaymentMethod, PaymentMethod

from nexusvpn.batches import delete_some

ROWS_AT_ONCE = 500
# What opens something at Stripe to whoever has it.
_KEYS = {"client_secret", "ephemeral_key"}


def _of_customers() -> list[type[Model]]:
    """dj-stripe's models that name a customer; what hangs on their rows (refunds, disputes, lines) goes with these."""
    models = apps.get_app_config("djstripe").get_models()
    return [
        model
        for model in models
        if any(field.name == "customer" and field.related_model is Customer for field in model._meta.concrete_fields)
    ]


def forget_copies(customer_ids: Iterable[str], at_most: int) -> bool:
    """Delete about `at_most` rows of these customers (`cus_…`); returns whether more may be left."""
    ids = list(customer_ids)
    methods: QuerySet[Any] = PaymentMethod.objects.filter(customer__id__in=ids)
    known = DjstripePaymentMethod.objects.filter(pk__in=list(methods.values_list("id", flat=True)[:at_most]))
    known.delete()
    left = [delete_some(model._base_manager.filter(customer__id__in=ids), at_most) for model in _of_customers()]
    return any(left) or delete_some(Customer.objects.filter(id__in=ids), at_most)


def read_copies(customer_ids: Iterable[str]) -> list[dict[str, Any]]:
    """Each object that names one of these customers, as Stripe gave it, without keys."""
    ids = list(customer_ids)
    rows: list[QuerySet[Any]] = [Customer.objects.filter(id__in=ids)]
    rows += [model._base_manager.filter(customer__id__in=ids) for model in _of_customers()]
    return [
        _without_keys(data)
        for each in rows
        for data in each.order_by("pk").values_list("stripe_data", flat=True).iterator(chunk_size=ROWS_AT_ONCE)
    ]


def _without_keys(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_keys(inner) for name, inner in value.items() if name not in _KEYS}
    if isinstance(value, list):
        return [_without_keys(inner) for inner in value]
    return value
