"""What lists and their rows are called, and what an empty list says of itself."""

from __future__ import annotations

import re
from ipaddress import ip_address, ip_network

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from accounts.models import DataExport
from billing.models import LedgerEntry
from nexusvpn.admin_empty import HOLDS
from nexusvpn.admin_menu import NAMES
from tests.admin.addresses import change, page
from tests.admin.rows import MAKERS
from tests.admin.rows.accounts import new_session
from tests.admin.rows.billing import new_price
from tests.admin.test_every_model import address as address_of
from vpn.models import FreeAddress, NodeNote, QuotaMeter, UsageMonth

pytestmark = pytest.mark.django_db


def test_an_empty_list_says_what_it_would_hold(staff: Client) -> None:
    address = reverse("admin:accounts_dataexport_changelist")
    assert str(HOLDS["DataExport"]) in page(staff, address)
    assert str(HOLDS["DataExport"]) not in page(staff, f"{address}?q=nobody")
    MAKERS[DataExport]()
    assert str(HOLDS["DataExport"]) not in page(staff, address)


def test_what_every_list_holds_is_known() -> None:
    # Tickets have views, each of which may be empty: they say so themselves.
    assert set(HOLDS) == set(NAMES) - {"Ticket"}


def test_an_empty_view_of_tickets_offers_nothing_to_do_with_none(staff: Client) -> None:
    text = page(staff, reverse("admin:support_ticket_changelist"))
    assert "No customer waits for an answer." in text
    assert "0 of 0 selected" not in text


def test_a_row_stands_below_the_name_of_its_list(staff: Client) -> None:
    session = new_session()
    text = page(staff, reverse("admin:accounts_session_change", args=[session.pk]))
    assert re.search(r"<h1>Sessions</h1>\s*<h2>API token, \d+\s\w{3}\s\d{4},\s\d\d:\d\d\sUTC</h2>", text)
    assert "Back to the list" in text


def test_a_quota_is_called_by_its_volume(staff: Client) -> None:
    meter = MAKERS[QuotaMeter]()
    QuotaMeter.objects.filter(pk=meter.pk).update(used_bytes=1_400_000_000, quota_bytes=10_000_000_000)
    assert "<h2>1.4\xa0GB of 10\xa0GB</h2>" in page(staff, reverse("admin:vpn_quotameter_change", args=[meter.pk]))


def test_how_a_sum_is_entered_is_not_said_of_one_that_is_written_out(staff: Client) -> None:
    price = new_price()
    assert "units of the currency" in page(staff, reverse("admin:billing_planprice_add"))
    text = page(staff, reverse("admin:billing_planprice_change", args=[price.pk]))
    assert f"<h2>{price.plan.name}, $4.99 a month</h2>" in text
    assert "units of the currency" not in text


def test_an_address_that_nobody_had_is_free_from_no_date_on(staff: Client) -> None:
    MAKERS[FreeAddress]()
    text = page(staff, reverse("admin:vpn_freeaddress_changelist"))
    assert "Now: nobody has had it" in text
    assert "Jan 1970" not in text


def test_a_free_address_is_shown_and_found_as_it_is_written_elsewhere(staff: Client) -> None:
    free = MAKERS[FreeAddress]()
    lists = reverse("admin:vpn_freeaddress_changelist")
    assert ip_address(free.ipv4) in ip_network(str(free.server.network_v4))
    for address in (free.ipv4, free.ipv6):
        assert address in page(staff, f"{lists}?q={address}")
        beyond = ip_address(address) + 1
        assert f">{free.ipv4}<" not in page(staff, f"{lists}?q={beyond}")
    assert f"<h2>{free.ipv4}, {free.ipv6}</h2>" in page(staff, reverse("admin:vpn_freeaddress_change", args=[free.pk]))


def test_a_month_is_called_by_its_name(staff: Client) -> None:
    month = MAKERS[UsageMonth]()
    UsageMonth.objects.filter(pk=month.pk).update(month="2026-10-01")
    listed, text = page(staff, reverse("admin:vpn_usagemonth_changelist")), page(staff, change(month))
    assert re.search(r'class="field-month_written[^>]*>(<a[^>]*>)?October\u00a02026<', listed)
    assert '<div class="readonly">October\u00a02026</div>' in text
    assert not re.search(r"\b1\sOct", listed + text)


@pytest.mark.parametrize(("level", "words"), [(0, "Not yet"), (80, "80\xa0%")])
def test_how_far_a_quota_was_used_when_its_customer_was_told_has_its_unit(
    staff: Client, level: int, words: str
) -> None:
    meter = MAKERS[QuotaMeter]()
    QuotaMeter.objects.filter(pk=meter.pk).update(warned=level)
    for address in (reverse("admin:vpn_quotameter_changelist"), change(meter)):
        assert re.search(rf'(field-warned_written[^>]*|class="readonly")>{words}<', page(staff, address)), address


@pytest.mark.parametrize(("language", "words"), [("en", "Foreign peer removed"), ("de", "Fremden Peer entfernt")])
def test_what_a_node_notes_is_said_in_words(staff: Client, language: str, words: str) -> None:
    staff.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    note = MAKERS[NodeNote]()
    listed, text = page(staff, reverse("admin:vpn_nodenote_changelist")), page(staff, change(note))
    assert words in listed
    assert f"<h2>{words}</h2>" in text
    assert "foreign_peer_removed" not in listed + text


def test_a_note_that_came_after_the_words_is_shown_with_blanks() -> None:
    assert str(NodeNote(code="clock_is_wrong")) == "clock is wrong"


def test_a_choice_that_sentences_use_too_begins_with_a_capital_where_it_stands_alone(staff: Client) -> None:
    entry = MAKERS[LedgerEntry]()
    kind = str(entry.get_kind_display())
    assert kind == kind.lower()
    listed, text = page(staff, address_of(LedgerEntry, "changelist")), page(staff, change(entry))
    assert re.search(rf'class="field-kind_written">{kind.capitalize()}<', listed)
    assert re.search(rf"kind__exact=\w+[^>]*>\s*{kind.capitalize()}<", listed)
    assert f'<div class="readonly">{kind.capitalize()}</div>' in text


def test_a_column_that_is_written_out_is_sorted_by_and_says_so(staff: Client) -> None:
    MAKERS[LedgerEntry]()
    listed = page(staff, address_of(LedgerEntry, "changelist"))
    assert 'class="sortable column-kind_written' in listed
    assert 'class="sortable column-kind_written sorted' in page(staff, address_of(LedgerEntry, "changelist") + "?o=1")
