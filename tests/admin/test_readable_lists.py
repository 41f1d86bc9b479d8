"""Lists and pages are read by people: sums with their currency, data in units, words for codes, and filters that fit on a screen."""

from __future__ import annotations

import re

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from accounts.models import AbuseFlag, AuditEvent, DataExport, Session, User
from billing.models import LedgerEntry, RecurringMonth, StripeCustomer
from nexusvpn.admin_filters import MOST_LINKS
from tests.admin.rows import MAKERS, new_entry, new_recurring_month, new_server, new_session
from vpn.models import NodeHour, NodeTotal, Outage, QuotaMeter

pytestmark = pytest.mark.django_db


def page(staff: Client, address: str) -> str:
    answer = staff.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_sum_has_its_currency_in_the_list_and_on_the_rows_page(staff: Client) -> None:
    entry, month = new_entry(), new_recurring_month()
    RecurringMonth.objects.filter(pk=month.pk).update(currency="EUR", expansion=123456)
    for row in (entry, month):
        assert re.search(r"[$€]\d", page(staff, reverse(f"admin:billing_{row._meta.model_name}_changelist")))
    assert "$4.99" in page(staff, reverse("admin:billing_ledgerentry_change", args=[entry.pk]))
    assert "€1,234.56" in page(staff, reverse("admin:billing_recurringmonth_change", args=[month.pk]))
    assert "minor" not in LedgerEntry._meta.get_field("amount_minor").verbose_name


def test_a_sum_without_a_currency_is_not_known(staff: Client) -> None:
    customer = MAKERS[StripeCustomer]()
    StripeCustomer.objects.filter(pk=customer.pk).update(currency="")
    assert "0.00" not in page(staff, reverse("admin:billing_stripecustomer_changelist"))


@pytest.mark.parametrize(("model", "column"), [(NodeHour, "node_rx"), (NodeTotal, "tx"), (QuotaMeter, "used_bytes")])
def test_data_is_written_in_units_and_exactly_on_hover(staff: Client, model: type, column: str) -> None:
    row = MAKERS[model]()
    type(row).objects.filter(pk=row.pk).update(**{column: 1_400_000_000})
    name = row._meta.model_name
    for address in (reverse(f"admin:vpn_{name}_changelist"), reverse(f"admin:vpn_{name}_change", args=[row.pk])):
        assert 'title="1,400,000,000 bytes">1.4 GB<' in page(staff, address)


def test_a_program_is_named_and_what_it_said_of_itself_is_on_hover(staff: Client) -> None:
    agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    Session.objects.filter(pk=new_session().pk).update(user_agent=agent)
    assert f'<span title="{agent}">Firefox on Linux</span>' in page(staff, reverse("admin:accounts_session_changelist"))


def test_an_empty_list_says_that_it_is(staff: Client) -> None:
    address = reverse("admin:accounts_dataexport_changelist")
    assert "There is nothing here yet." in page(staff, address)
    for narrowed in ("?q=nobody", "?state__exact=ready"):
        assert "Nothing matches what you search or filter for." in page(staff, address + narrowed)
    MAKERS[DataExport]()
    assert "staff-empty" not in page(staff, address)


def test_few_choices_are_links_and_many_are_one_field(staff: Client) -> None:
    address = reverse("admin:vpn_outage_changelist")
    servers = [new_server() for _ in range(MOST_LINKS)]
    Outage.objects.create(server=servers[0], started_at="2026-10-01T00:00:00Z")
    few = page(staff, address)
    assert f"server__id__exact={servers[0].pk}" in few
    assert '<select name="server__id__exact"' not in few
    new_server()
    many = page(staff, f"{address}?ended_at__isempty=1")
    assert f"server__id__exact={servers[0].pk}" not in many
    assert f'<option value="{servers[0].pk}">' in many
    # What the list is narrowed by already stays.
    form = re.search(r'<form class="staff-picked".*?</form>', many, re.S)
    assert form
    assert '<input type="hidden" name="ended_at__isempty" value="1">' in form[0]
    chosen = page(staff, f"{address}?server__id__exact={servers[0].pk}")
    assert f'<option value="{servers[0].pk}" selected>' in chosen


def test_the_audit_logs_filter_says_actions_in_words(staff: Client) -> None:
    AuditEvent.objects.create(action="account_registered", actor_kind="person")
    found = page(staff, reverse("admin:accounts_auditevent_changelist"))
    assert '<a href="?action=account_registered">Account made</a>' in found


def test_a_list_is_called_the_same_on_the_pages_behind_it(staff: Client) -> None:
    flag = MAKERS[AbuseFlag]()
    pages: tuple[tuple[str, list[object]], ...] = (
        ("changelist", []),
        ("change", [flag.pk]),
        ("history", [flag.pk]),
        ("action", [flag.pk, "clear"]),
    )
    for name, args in pages:
        found = page(staff, reverse(f"admin:accounts_abuseflag_{name}", args=args))
        assert "Sign-ups to look at" in found.split('class="breadcrumbs"')[1].split("</div>")[0], name


def test_what_staff_type_is_a_password_and_nothing_takes_it_away(staff: Client, alice: User) -> None:
    form = staff.get(reverse("admin:auth_user_password_change", args=[alice.pk])).context["form"]
    assert list(form.fields) == ["password1", "password2"]
    assert all(field.required for field in form.fields.values())


def test_titles_and_what_adds_a_row_begin_with_a_capital_in_german(staff: Client) -> None:
    staff.cookies[settings.LANGUAGE_COOKIE_NAME] = "de"
    found = page(staff, reverse("admin:support_cannedreply_changelist"))
    assert re.search(r'class="addlink">\s*Vorbereitete Antwort hinzufügen', found)
    assert "<h1>Vorbereitete Antwort hinzufügen</h1>" in page(staff, reverse("admin:support_cannedreply_add"))


def test_no_note_to_ourselves_is_on_a_page(staff: Client) -> None:
    for name in ("accounts_session_changelist", "support_ticket_changelist", "vpn_server_add"):
        assert "{#" not in page(staff, reverse(f"admin:{name}"))
