"""Sums are typed in units of their currency on every form of staff, and kept exactly in its smallest one."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEvent
from billing.models import Coupon, PlanPrice, PromotionCode
from referrals.models import RewardAmount
from tests.admin.addresses import change, page, save
from tests.admin.rows.billing import new_price
from tests.billing.conftest import shop

pytestmark = pytest.mark.django_db
NO_TIME = {"redeem_by_0": "", "redeem_by_1": "", "expires_at_0": "", "expires_at_1": ""}

__all__ = ["shop"]


def add(staff: Client, model: str, **values: object) -> object:
    return staff.post(reverse(f"admin:{model}_add"), {**NO_TIME, **values})


def test_how_it_is_typed_is_said_at_every_sum(staff: Client) -> None:
    said = {}
    for model in admin.site._registry:
        if any(field.name.endswith("_minor") for field in model._meta.concrete_fields):
            answer = staff.get(reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_add"))
            form = answer.context["adminform"].form if answer.status_code == 200 else None
            for name, field in form.fields.items() if form else ():
                said[f"{model.__name__}.{name}"] = str(field.help_text)
    sums = {name: told for name, told in said.items() if name.endswith(("_minor", ".amount"))}
    assert {"PlanPrice.amount_minor", "Coupon.amount_minor", "PromotionCode.minimum_minor"} <= set(sums)
    assert {name for name, told in sums.items() if "units of the currency, for example 49.99" not in told} == set()
    currencies = {name: told for name, told in said.items() if name.endswith("currency")}
    assert {name for name, told in currencies.items() if "Three letters, for example USD." not in told} == set()


@pytest.mark.parametrize(
    ("currency", "typed", "kept"),
    [("usd", "5.99", 599), ("usd", "6", 600), ("usd", "0.29", 29), ("jpy", "599", 599), ("kwd", "1.234", 1234)],
)
def test_a_sum_is_kept_as_its_currency_is(staff: Client, currency: str, typed: str, kept: int) -> None:
    plan = new_price().plan
    add(staff, "billing_planprice", plan=plan.pk, interval="year", currency=currency, amount_minor=typed)
    assert PlanPrice.objects.get(plan=plan, interval="year", currency=currency.upper()).amount_minor == kept


@pytest.mark.parametrize(
    ("currency", "typed", "said"),
    [
        ("usd", "5.999", "USD has no such amount."),
        ("usd", "1.500", "USD has no such amount."),
        ("jpy", "4.99", "JPY has no such amount."),
        ("usd", "99999999", "Choose an amount of at most $21,474,836.47."),
        ("usd", "2000000", "Choose an amount above 0 and of at most $999,999.99."),
        ("usd", "NaN", "Enter a number."),
    ],
)
def test_a_sum_that_cannot_be_is_refused_at_its_field(staff: Client, currency: str, typed: str, said: str) -> None:
    values = {"plan": new_price().plan_id, "interval": "year", "currency": currency, "amount_minor": typed}
    answer = staff.post(reverse("admin:billing_planprice_add"), values)
    assert answer.context["adminform"].form.errors == {"amount_minor": [said]}


def test_a_coupon_and_the_minimum_of_its_code_are_typed_alike(staff: Client, shop: object) -> None:
    add(staff, "billing_coupon", name="Less", amount_minor="1.50", currency="usd", duration="once")
    coupon = Coupon.objects.get()
    add(staff, "billing_promotioncode", coupon=coupon.pk, code="LESS", minimum_minor="4.99", minimum_currency="usd")
    assert (coupon.amount_minor, PromotionCode.objects.get().minimum_minor) == (150, 499)
    assert "$1.50" in page(staff, change(coupon))


@pytest.mark.parametrize("values", [{"minimum_minor": "4.99"}, {"minimum_minor": "0.001", "minimum_currency": ""}])
def test_a_sum_without_its_currency_is_refused_at_the_currency(
    staff: Client, shop: object, values: dict[str, str]
) -> None:
    coupon = Coupon.objects.create(stripe_id="c", name="Summer", percent_off=20)
    answer = staff.post(
        reverse("admin:billing_promotioncode_add"), {**NO_TIME, "coupon": coupon.pk, "code": "LESS", **values}
    )
    assert list(answer.context["adminform"].form.errors) == ["minimum_currency"]


def test_what_is_kept_is_shown_to_be_changed_as_it_is_typed(staff: Client) -> None:
    amount = RewardAmount.objects.create(currency="CHF", referrer_minor=500, friend_minor=0, minimum_minor=400)
    staff.defaults["HTTP_ACCEPT_LANGUAGE"] = "de"
    assert 'value="5,00"' in page(staff, change(amount))
    same = {"referrer_minor": "5", "friend_minor": "0,00", "minimum_minor": "4,50"}
    assert save(staff, change(amount), same).status_code == 302
    amount.refresh_from_db()
    assert (amount.referrer_minor, amount.friend_minor, amount.minimum_minor) == (500, 0, 450)
    assert AuditEvent.objects.get().details == {"minimum_minor": ["400", "450"]}
