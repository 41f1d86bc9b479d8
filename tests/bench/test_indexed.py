"""The queries of P16: each is answered by its index, and none of the documented indexes is without one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.db import connection

from bench.cases import Case, Filled
from bench.filling import fill_table, owner_id, owner_sql
from bench.indexed import every_table
from bench.indexes import _execute_without
from support.models import Ticket

ROWS = 10_000
TABLES = every_table(ROWS)
ARCHITECTURE = Path(__file__).resolve().parents[2] / "docs/architecture.md"


def _named(table: Filled) -> str:
    return table.model.__name__


def _plan(case: Case) -> str:
    return str(case.query.all().explain(costs=False))


@pytest.mark.django_db
@pytest.mark.parametrize("table", TABLES, ids=_named)
def test_a_query_is_answered_by_the_index_that_is_for_it(table: Filled) -> None:
    fill_table(table.model, ROWS, table.columns)
    with connection.cursor() as cursor:
        cursor.execute(f'ANALYZE "{table.model._meta.db_table}"')
        cursor.execute("SET LOCAL enable_seqscan = off")
        for case in table.cases:
            for index in case.beside:
                assert index != case.index
            # Partitions have names of their own.
            name = "user_id_record_date_idx|user_id_idx" if case.index.startswith("usage_") else case.index
            assert re.search(name, _plan(case)) or any(each in _plan(case) for each in case.beside), case.index
            assert case.query.all().exists(), f"{case.index}: the query finds nothing"


@pytest.mark.django_db
@pytest.mark.parametrize("table", TABLES, ids=_named)
def test_without_its_index_another_way_is_taken_and_the_index_is_back_afterwards(table: Filled) -> None:
    def indexes() -> set[str]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT indexname FROM pg_indexes WHERE schemaname = 'public'")
            return {name for (name,) in cursor.fetchall()}

    before = indexes()
    for case in table.cases:
        assert {case.index, *case.beside} <= before
        _execute_without((case.index, *case.beside), case.query)
    assert indexes() == before


def test_every_documented_index_has_a_query() -> None:
    section = ARCHITECTURE.read_text().partition("### Indexes and the queries they serve")[2].partition("\n`tests/")[0]
    cells = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    documented = {name for cell in cells for name in re.findall(r"`(\w+)", cell)}
    assert len(documented) > 30
    assert documented <= {case.index for table in TABLES for case in table.cases}


@pytest.mark.django_db
def test_rows_belong_to_the_people_that_python_knows() -> None:
    fill_table(Ticket, 40, {"user_id": owner_sql(10), "status": "'open'"})
    assert Ticket.objects.filter(user=owner_id(7)).count() == 4
