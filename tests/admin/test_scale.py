"""Lists of any size: a bounded number of statements, no count without a limit, and rows, searches and counts that indexes answer."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.admin import ModelAdmin
from django.db import connection
from django.db.models import Model
from django.test import Client

from accounts.models import AuditEvent, User
from bench.filling import fill_table
from nexusvpn import admin_base, admin_lists, admin_search
from tests.admin.rows import MAKERS
from tests.admin.test_every_model import admin_of, every_model, list_address
from tests.factories.accounts import make_user
from tests.queries import recorded_queries
from vpn.models import IpAssignment

pytestmark = pytest.mark.django_db
ROWS = 400
# What grows with the number of customers and their days.
LARGE = {
    "accounts.User",
    "accounts.AuditEvent",
    "accounts.LoginHistory",
    "accounts.Mail",
    "billing.LedgerEntry",
    "billing.Invoice",
    "billing.Payment",
    "billing.StripeEvent",
    "billing.Subscription",
    "referrals.Referral",
    "referrals.Reward",
    "support.Ticket",
    "support.TicketMessage",
    "vpn.IpAssignment",
    "vpn.Peer",
    "vpn.UsageRecord",
    "vpn.VpnConfig",
}
large_models = pytest.mark.parametrize(
    "model", [model for model in MAKERS if model._meta.label in LARGE], ids=lambda model: model._meta.label
)


@pytest.fixture
def _no_scan() -> Any:
    """The planner reads a whole table only where no index would do."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL jit = off")


def plan_of(sql: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {sql}")
        return "\n".join(line for (line,) in cursor.fetchall())


def statements_of(browser: Client, address: str) -> list[str]:
    found: list[str] = []
    with connection.execute_wrapper(_Filled(found)):
        assert browser.get(address).status_code == 200
    return found


class _Filled:
    """Remembers statements with their values, as they can be explained."""

    def __init__(self, found: list[str]) -> None:
        self.found = found

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        answer = execute(sql, params, many, context)
        if sql.startswith("SELECT"):
            with connection.connection.cursor() as cursor:
                self.found.append(cursor.mogrify(sql, params) if params else sql)
        return answer


def scanned(sql: str, table: str) -> bool:
    return bool(re.search(rf"Seq Scan on {table}(_\w+)?\b", plan_of(sql)))


@every_model
def test_a_list_counts_nothing_without_a_limit(staff: Client, model: type[Model]) -> None:
    for _ in range(5):
        MAKERS[model]()
    staff.get(list_address(model))
    with recorded_queries() as few:
        assert staff.get(list_address(model)).status_code == 200
    unlimited = [sql for sql in few if re.search(r"count\(\*\)", sql, re.I) and "LIMIT" not in sql.upper()]
    # A table of few rows may be asked whether it has one; what is counted is always a bounded part.
    assert not [sql for sql in unlimited if f'FROM "{model._meta.db_table}"' in sql.split("WHERE")[0]], unlimited
    assert len(few) <= 10, "\n".join(few)


@every_model
def test_no_list_offers_what_would_read_the_whole_table(model: type[Model]) -> None:
    own: ModelAdmin = admin_of(model)
    assert own.show_full_result_count is False
    assert own.show_facets.value == "NEVER"
    # Django's date hierarchy reads every date of the table.
    assert own.date_hierarchy is None


@large_models
@pytest.mark.usefixtures("_no_scan")
def test_a_page_of_a_large_list_is_read_by_indexes(staff: Client, model: type[Model]) -> None:
    MAKERS[model]()
    statements = statements_of(staff, list_address(model))
    table = model._meta.db_table
    own = [sql for sql in statements if f'FROM "{table}"' in sql]
    assert own
    assert not [sql for sql in own if scanned(sql, table)], "\n".join(plan_of(sql) for sql in own)


@large_models
@pytest.mark.usefixtures("_no_scan")
def test_a_search_of_a_large_list_reads_no_more_than_is_counted(staff: Client, model: type[Model]) -> None:
    MAKERS[model]()
    address = list_address(model)
    address += ("&" if "?" in address else "?") + "q=alice@example.com"
    table = model._meta.db_table
    own = [sql for sql in statements_of(staff, address) if f'FROM "{table}"' in sql]
    assert not [sql for sql in own if scanned(sql, table)], "\n".join(plan_of(sql) for sql in own)


def test_the_count_of_a_large_table_ends_at_what_is_counted(staff: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (admin_base, admin_lists):
        monkeypatch.setattr(module, "COUNTED_ROWS", 100)
    fill_table(AuditEvent, ROWS, {"id": "n", "action": "'login'", "actor_kind": "'person'"})
    answer = staff.get(list_address(AuditEvent))
    assert answer.context["cl"].result_count == 100
    assert "There are more than 100 rows" in answer.content.decode()


def test_text_is_searched_in_the_newest_rows_and_an_address_in_all(
    staff: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = make_user("old@example.com")
    User.objects.filter(pk=old.pk).update(full_name="Olga Old", date_joined="2020-01-01T00:00:00Z")
    new = make_user("new@example.com")
    User.objects.filter(pk=new.pk).update(full_name="Nora Newman")

    def found(term: str) -> list[str]:
        rows = staff.get(list_address(User), {"q": term}).context["cl"].result_list
        return sorted(user.email for user in rows)

    assert found("Olga") == ["old@example.com"]
    monkeypatch.setattr(admin_search, "COUNTED_ROWS", 1)
    assert found("Olga") == []
    assert found("Newman") == ["new@example.com"]
    assert found("OLD@exa") == ["old@example.com"]
    assert found(str(old.pk)) == ["old@example.com"]
    assert found(old.referral_code.lower()) == ["old@example.com"]
    assert found("new@example.com Nora") == ["new@example.com"]
    assert found("new@example.com Olga") == []


def test_of_thousands_of_words_the_first_few_are_looked_for(staff: Client, alice: User) -> None:
    answer = staff.get(list_address(User), {"q": "alice " * 10 + "nowhere " * 300})
    assert [user.pk for user in answer.context["cl"].result_list] == [alice.pk]


def test_who_had_an_address_is_found_however_long_ago(staff: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    old, _new = MAKERS[IpAssignment](), MAKERS[IpAssignment]()
    monkeypatch.setattr(admin_search, "COUNTED_ROWS", 1)
    for address in (str(old.ipv4), str(old.ipv6)):
        rows = staff.get(list_address(IpAssignment), {"q": address}).context["cl"].result_list
        assert old.pk in {row.pk for row in rows}
    assert not staff.get(list_address(IpAssignment), {"q": "203.0.113.9"}).context["cl"].result_list
