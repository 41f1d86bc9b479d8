"""Everything that is stored, for tests of what must not be."""

from __future__ import annotations

from django.contrib.sessions.backends.base import SessionBase
from django.db import connection

from accounts.models import Session
from accounts.session_store import SessionStore


def text_of_every_table() -> str:
    """Every row of every table of the product, as text, and what sessions hold inside of their encoding."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'")
        tables = [row[0] for row in cursor.fetchall()]
        assert {"vpn_vpnconfig", "vpn_peer", "accounts_session", "procrastinate_jobs"} <= set(tables)
        rows = []
        for table in tables:
            cursor.execute(f"SELECT t::text FROM {table} t")
            rows += [row[0] for row in cursor.fetchall()]
    store: SessionBase = SessionStore()
    rows += [str(store.decode(data)) for data in Session.objects.values_list("data", flat=True)]
    return "\n".join(rows)
