"""The contract's indexes, as PostgreSQL's own catalogue has them: not what the models say, what is there."""

from __future__ import annotations

import pytest
from django.db import connection

# table, the columns that an index must begin with. A composite index counts where its first column is the one named.
CONTRACT = [
    ("accounts_user", ["referred_by_id"]),
    ("accounts_user", ["stripe_customer_id"]),
    ("support_ticket", ["user_id"]),
    ("support_ticket", ["status"]),
    ("support_ticket", ["updated_at"]),
    ("support_ticketmessage", ["ticket_id"]),
    ("support_ticketmessage", ["created_at"]),
    ("vpn_usagerecord", ["user_id"]),
    ("vpn_usagerecord", ["user_id", "record_date"]),
    ("vpn_vpnconfig", ["user_id"]),
    ("vpn_vpnconfig", ["location_id"]),
    ("vpn_vpnconfig", ["public_key"]),
    ("accounts_loginhistory", ["user_id"]),
    ("accounts_loginhistory", ["timestamp"]),
    ("accounts_session", ["user_id"]),
    ("vpn_ipassignment", ["user_id"]),
    ("vpn_ipassignment", ["server_id"]),
]

_CATALOGUE = """
SELECT t.relname, i.relname, array_agg(a.attname ORDER BY k.n), bool_or(x.indpred IS NOT NULL)
FROM pg_index x
JOIN pg_class t ON t.oid = x.indrelid
JOIN pg_class i ON i.oid = x.indexrelid
CROSS JOIN LATERAL unnest(x.indkey::int[]) WITH ORDINALITY AS k(attnum, n)
JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.attnum
WHERE x.indisvalid AND t.relnamespace = 'public'::regnamespace
GROUP BY 1, 2
"""


@pytest.fixture
def catalogue(db: None) -> dict[str, list[tuple[str, list[str]]]]:
    """Per table, (index name, its columns) of every valid index that covers all rows."""
    found: dict[str, list[tuple[str, list[str]]]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_CATALOGUE)
        for table, index, columns, partial in cursor.fetchall():
            if not partial:
                found.setdefault(table, []).append((index, list(columns)))
    return found


@pytest.mark.parametrize(("table", "columns"), CONTRACT)
def test_the_index_of_the_contract_is_there(
    catalogue: dict[str, list[tuple[str, list[str]]]], table: str, columns: list[str]
) -> None:
    named = [index for index, has in catalogue[table] if has[: len(columns)] == columns and index.endswith("_idx")]
    assert named, f"no index of {table} begins with {columns}; there are {catalogue[table]}"


def test_there_are_seventeen_different_ones(catalogue: dict[str, list[tuple[str, list[str]]]]) -> None:
    """(user) and (user, record_date) of the usage records are two, though the second alone would answer for the first."""
    chosen = set()
    for table, columns in sorted(CONTRACT, key=lambda entry: -len(entry[1])):
        for index, has in sorted(catalogue[table]):
            if has[: len(columns)] == columns and index.endswith("_idx") and index not in chosen:
                chosen.add(index)
                break
    assert len(chosen) == len(CONTRACT) == 17
