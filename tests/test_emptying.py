"""After a test that commits nothing is left, not even what the database itself lets nobody delete."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission
from django.db import connection

from accounts.models import AuditEvent
from nexusvpn.audit import record_act
from tests.emptying import empty_database
from tests.factories.accounts import make_user


@pytest.mark.django_db(transaction=True)
def test_nothing_is_left_but_what_migrations_alone_write() -> None:
    alice = make_user("alice@example.com")
    record_act("export_requested", actor=alice, person=alice.pk)
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO nexusvpn_counter (key, count, expires_at) VALUES ('a', 1, now())")
    permissions = Permission.objects.count()
    empty_database()
    assert not AuditEvent.objects.exists()
    with connection.cursor() as cursor:
        cursor.execute("SELECT (SELECT count(*) FROM nexusvpn_counter) + (SELECT count(*) FROM accounts_user)")
        assert cursor.fetchone() == (0,)
    assert Permission.objects.count() == permissions > 0
