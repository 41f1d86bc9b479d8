"""What locations cost, as staff write it down."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEvent
from tests.admin.addresses import change, save
from tests.factories.vpn import make_location
from vpn.models import Location, LocationCost

ADD = "/admin/vpn/locationcost/add/"


@pytest.fixture
def location(db: None) -> Location:
    return make_location("zurich")


def form(location: Location, **given: str) -> dict[str, str]:
    return {"location": str(location.pk), "month": "2026-10-17", "currency": "usd", "amount_minor": "49.99", **given}


def test_any_day_stands_for_its_month_and_the_act_is_kept(staff: Client, location: Location) -> None:
    assert staff.post(ADD, form(location)).status_code == 302
    cost = LocationCost.objects.get()
    assert (cost.month, cost.currency, cost.amount_minor) == (date(2026, 10, 1), "USD", 4999)
    assert AuditEvent.objects.filter(target_type="vpn.locationcost", target_id=str(cost.pk)).count() == 1


def test_an_amount_is_written_as_its_reader_writes_numbers(staff: Client, location: Location) -> None:
    staff.defaults["HTTP_ACCEPT_LANGUAGE"] = "de"
    assert staff.post(ADD, form(location, month="17.10.2026", amount_minor="49,99")).status_code == 302
    cost = LocationCost.objects.get()
    assert cost.amount_minor == 4999
    assert 'value="49,99"' in staff.get(f"/admin/vpn/locationcost/{cost.pk}/change/").content.decode()


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"amount_minor": "49.999"}, "amount_minor"),
        ({"amount_minor": "1.500"}, "amount_minor"),
        ({"amount_minor": "499.5", "currency": "JPY"}, "amount_minor"),
        ({"amount_minor": "-1"}, "amount_minor"),
        ({"amount_minor": "NaN"}, "amount_minor"),
        ({"amount_minor": "9" * 18}, "amount_minor"),
        ({"amount_minor": "92233720368547758.08"}, "amount_minor"),
        ({"currency": "US1"}, "currency"),
        ({"currency": "UЅD"}, "currency"),
        ({"month": "October"}, "month"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(
    staff: Client, location: Location, given: dict[str, str], field: str
) -> None:
    answer = staff.post(ADD, form(location, **given))
    assert answer.status_code == 200
    assert list(answer.context["adminform"].form.errors) == [field]
    assert not LocationCost.objects.exists()


def test_a_month_is_called_by_its_name_in_the_list(staff: Client, location: Location) -> None:
    staff.post(ADD, form(location))
    text = staff.get(reverse("admin:vpn_locationcost_changelist")).text
    assert "October\u00a02026" in text
    assert "2026-10" not in text.split('id="result_list"')[1]


def test_a_month_of_a_location_has_one_cost_a_currency(staff: Client, location: Location) -> None:
    assert staff.post(ADD, form(location)).status_code == 302
    answer = staff.post(ADD, form(location, month="2026-10-02", amount_minor="1"))
    assert answer.status_code == 200
    assert answer.context["adminform"].form.errors
    assert LocationCost.objects.get().amount_minor == 4999


def test_a_cost_may_be_as_large_as_its_column_and_its_change_is_told(staff: Client, location: Location) -> None:
    assert staff.post(ADD, form(location, amount_minor="92233720368547758.07")).status_code == 302
    cost = LocationCost.objects.get()
    assert cost.amount_minor == 2**63 - 1
    assert (
        save(staff, change(cost), form(location, amount_minor="50", currency="USD", month="2026-10-01")).status_code
        == 302
    )
    told = AuditEvent.objects.filter(target_type="vpn.locationcost").latest("pk").details
    assert told == {"amount_minor": [str(2**63 - 1), "5000"]}
