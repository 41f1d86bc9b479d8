"""Lists as files: what is filtered, for whom, with nothing that a spreadsheet would run, and written to the audit log."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEvent, User
from nexusvpn import admin_export
from nexusvpn.audit import record_act
from nexusvpn.csv_files import lines, plain
from support.models import Ticket
from tests.admin.addresses import allow
from tests.admin.rows import MAKERS
from tests.factories.support import make_ticket

pytestmark = pytest.mark.django_db
EXPORTED = [model for model, own in admin.site._registry.items() if getattr(own, "export", None)]
exported_models = pytest.mark.parametrize("model", EXPORTED, ids=lambda model: model._meta.label)


def address(model: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_export")


def rows_of(answer: Any) -> list[dict[str, str]]:
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/csv")
    return list(csv.DictReader(io.StringIO(answer.getvalue().decode())))


def test_the_main_lists_can_be_taken_along() -> None:
    labels = {model._meta.label for model in EXPORTED}
    assert labels >= {
        "accounts.User",
        "accounts.AuditEvent",
        "referrals.Reward",
        "support.Ticket",
        "vpn.Server",
        "vpn.VpnConfig",
    }


@exported_models
def test_every_export_has_its_columns_and_is_offered_on_its_list(staff: Client, model: Any) -> None:
    MAKERS[model]()
    answer = staff.get(address(model), {"view": "all"} if model._meta.model_name == "ticket" else {})
    rows = rows_of(answer)
    assert rows
    assert list(rows[0]) == admin.site._registry[model].export.headings  # type: ignore[attr-defined]
    page = staff.get(reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"))
    assert address(model) in page.content.decode()
    assert staff.post(address(model)).status_code == 405


def test_the_file_holds_the_list_as_it_is_filtered_and_searched(staff: Client, alice: User, bob: User) -> None:
    User.objects.filter(pk=bob.pk).update(is_active=False)
    assert [row["email"] for row in rows_of(staff.get(address(User), {"is_active__exact": "0"}))] == [bob.email]
    assert [row["email"] for row in rows_of(staff.get(address(User), {"q": "alice@"}))] == [alice.email]
    assert staff.get(address(User), {"nothing": "1"}).status_code == 400


def test_who_took_what_and_how_much_of_it_is_in_the_log_and_nobodys_address(
    staff: Client, sam: User, alice: User
) -> None:
    staff.get(address(User), {"q": alice.email}).getvalue()
    act = AuditEvent.objects.get(action="list_exported")
    assert act.actor_id == sam.pk
    assert act.details == {"list": "people", "rows": 1, "filters": ["q"]}


def test_a_file_ends_at_the_most_rows(staff: Client, alice: User, bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admin_export, "MOST_ROWS", 2)
    assert len(rows_of(staff.get(address(User)))) == 2
    assert AuditEvent.objects.get(action="list_exported").details["rows"] == 2


@pytest.mark.parametrize(
    "text",
    [
        "=HYPERLINK(1)",
        "+1",
        "-1",
        "@SUM(1)",
        " =1",
        "\t1",
        "\r1",
        "＝1",
        "＋1",
        "－1",
        "＠1",
        "\ufeff=1",
        "\u200b\u3000＝1",
        '"=1"',
    ],
)
def test_no_text_is_a_formula_to_a_spreadsheet(text: str) -> None:
    assert plain(text) == f"'{text}"


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Bob;=1+cmd|' /C calc'!A0;", "Bob;'=1+cmd|' /C calc'!A0;"),
        ("a; -5", "a; '-5"),
        ("a\t+1", "a\t'+1"),
        ("a|@SUM(1)", "a|'@SUM(1)"),
        ("a\n- b\r\n=c", "a\n'- b\r\n'=c"),
        ("a;\u200b\u3000＝1", "a;\u200b\u3000'＝1"),
        ('a;"=1', "a;\"'=1"),
        (";;=1", ";;'=1"),
        ("=1;=2", "'=1;'=2"),
        ("\t=1", "'\t'=1"),
    ],
)
def test_nor_is_what_follows_another_spreadsheets_end_of_a_cell(text: str, written: str) -> None:
    assert plain(text) == written


@pytest.mark.parametrize("divider", list(";|\t,"))
def test_no_cell_is_a_formula_whatever_divides_them(divider: str) -> None:
    texts = [
        f'{before}{mark}{after}=1+1{mark}x, y"'
        for before in ("", "Bob")
        for mark in ";|\t\r\n"
        for after in ("", " ", '"')
    ]
    table = "".join(lines(["first", "second"], [[text, text] for text in texts]))
    for row in csv.reader(io.StringIO(table, newline=""), delimiter=divider):
        assert not any(cell.strip().strip('"').strip().startswith("=") for cell in row), row


def test_what_a_customer_wrote_is_none_in_the_file(staff: Client, alice: User) -> None:
    make_ticket(alice, subject="=HYPERLINK(1)")
    (row,) = rows_of(staff.get(address(Ticket), {"view": "all"}))
    assert row["subject"] == "'=HYPERLINK(1)"


def test_other_texts_and_numbers_stay_as_they_are() -> None:
    assert [plain(value) for value in ("a=b", "", "１", -3, None, "\u200b")] == ["a=b", "", "１", -3, "", "\u200b"]
    for text in ("2026-11-28; a-b", "a;b|c\td\ne", "a, -5", '{"a": [1, -2]}', "x;'=1", ";", "\u200b;"):
        assert plain(text) == text


def test_seeing_a_list_is_not_enough_to_take_it_along(helper: User, helper_browser: Client) -> None:
    allow(helper, "view_user")
    assert helper_browser.get(address(User)).status_code == 403
    assert "Download as CSV" not in helper_browser.get("/admin/accounts/user/").content.decode()
    allow(helper, "change_user")
    assert helper_browser.get(address(User)).status_code == 200


def test_details_can_be_read_by_a_program(staff: Client) -> None:
    record_act("list_exported", details={"list": "people", "filters": ["q"]})
    (row,) = rows_of(staff.get(address(AuditEvent), {"actor_kind__exact": "system"}))
    assert json.loads(row["details"]) == {"list": "people", "filters": ["q"]}


def test_the_audit_log_is_taken_along_by_whoever_may_see_it(helper: User, helper_browser: Client) -> None:
    assert helper_browser.get(address(AuditEvent)).status_code == 403
    allow(helper, "view_auditevent")
    assert helper_browser.get(address(AuditEvent)).status_code == 200
