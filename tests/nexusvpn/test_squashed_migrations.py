"""A database of before, whichever of the replaced migrations it has, comes to what an empty one comes to at once."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psycopg
import pytest
from django.db import connection
from django.db.migrations import Migration
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

ROOT = Path(__file__).resolve().parents[2]
Key = tuple[str, str]
ONE_BY_ONE = """
import django
django.setup()
from django.core.management import call_command
from django.db import connection
from django.db.migrations import Migration
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
executor = MigrationExecutor(connection)
executor.loader = MigrationLoader(connection, replace_migrations=False)
replaced = [found.replaces[-1] for (_, name), found in executor.loader.disk_migrations.items() if "_squashed_" in name]
executor.migrate(replaced)
call_command("migrate", verbosity=0)
"""
AT_ONCE = 'import django; django.setup(); from django.core.management import call_command; call_command("migrate", verbosity=0)'
# What PostgreSQL calls a NOT NULL says nothing.
SCHEMA = """
SELECT 'column', concat_ws(' ', c.relname, c.relkind, c.relpersistence, c.reloptions),
    string_agg(concat_ws(' ', a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity,
        pg_get_expr(d.adbin, d.adrelid)), ', ' ORDER BY a.attnum)
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'S', 'v') GROUP BY c.oid
UNION ALL SELECT 'partition', relname, pg_get_expr(relpartbound, oid) FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relispartition AND relkind = 'r'
UNION ALL SELECT 'index', tablename, indexdef FROM pg_indexes WHERE schemaname = 'public'
UNION ALL SELECT 'constraint', concat_ws(' ', conrelid::regclass, conname), concat_ws(' ', pg_get_constraintdef(oid), convalidated)
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype <> 'n'
UNION ALL SELECT 'trigger', concat_ws(' ', tgrelid::regclass, tgname), pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
UNION ALL SELECT 'function', p.proname, pg_get_functiondef(p.oid) FROM pg_proc p
    WHERE p.pronamespace = 'public'::regnamespace AND p.prokind = 'f'
ORDER BY 1, 2, 3
"""
ROWS = """
SELECT p.id, p.code, p.name, p.description, p.rank, p.device_limit, p.quota_bytes, p.premium_locations, p.is_offered,
    p.priority_support, p.stripe_product_id, p.trial_days FROM billing_plan p ORDER BY p.id;
SELECT id, plan_id, interval, currency, amount_minor, is_current, stripe_price_id FROM billing_planprice ORDER BY id;
SELECT id, is_open, mode, months, refund_days, hold_days, network_limit FROM referrals_referralprogramme ORDER BY id;
SELECT currency, referrer_minor, friend_minor, minimum_minor FROM referrals_rewardamount ORDER BY currency;
SELECT id, plan, priority, answer_minutes, resolution_minutes FROM support_servicelevel ORDER BY id
"""


@pytest.fixture
def migrated() -> Iterator[Callable[[str], psycopg.Connection[Any]]]:
    """Makes a database, migrates it in a program that is given, and opens it."""
    url, names = os.environ["DATABASE_URL"], []

    def make(program: str) -> psycopg.Connection[Any]:
        names.append(f"migrated_{uuid4().hex[:12]}")
        with psycopg.connect(url, autocommit=True) as link:
            link.execute(f'CREATE DATABASE "{names[-1]}"')
        there = urlunsplit(urlsplit(url)._replace(path=f"/{names[-1]}"))
        environment = {**os.environ, "DATABASE_URL": there, "DJANGO_SETTINGS_MODULE": "nexusvpn.settings"}
        subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=environment, check=True)
        return psycopg.connect(there)

    yield make
    with psycopg.connect(url, autocommit=True) as link:
        for name in names:
            link.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def contents(link: psycopg.Connection[Any]) -> list[list[tuple[Any, ...]]]:
    return [link.execute(statement).fetchall() for statement in (SCHEMA, *ROWS.split(";"))]


def test_one_by_one_and_at_once_end_at_the_same_database(
    migrated: Callable[[str], psycopg.Connection[Any]],
) -> None:
    with migrated(ONE_BY_ONE) as former, migrated(AT_ONCE) as fresh:
        (schema, *rows), (its_schema, *its_rows) = contents(former), contents(fresh)
    assert {kind for kind, *_ in schema} == {"column", "partition", "index", "constraint", "trigger", "function"}
    assert sorted(set(schema) ^ set(its_schema)) == []
    assert rows == its_rows
    assert all(rows)


@pytest.mark.django_db
def test_a_database_at_any_of_the_replaced_migrations_takes_each_of_the_others_once() -> None:
    _record([])
    loader = MigrationLoader(connection, replace_migrations=False)
    squashed = {key: list(found.replaces) for key, found in loader.disk_migrations.items() if "_squashed_" in key[1]}
    every = set(loader.disk_migrations) - set(squashed)
    # What depends on a squashed one came after all that it replaces.
    later = {key for each in squashed for key in loader.graph.backwards_plan(each)}
    for key in (key for replaced in squashed.values() for key in replaced):
        before, after = loader.graph.forwards_plan(key), loader.graph.backwards_plan(key)
        for state in (set(before), every - later - set(after)):
            whole = {each for each, replaced in squashed.items() if state.issuperset(replaced)}
            _record(loader.disk_migrations[each] for each in state | whole)
            assert _taken(squashed) == sorted(every - state), f"{key} of {len(state)}"


def _record(applied: Iterable[Migration]) -> None:
    """As if the database had these, and no others."""
    recorder = MigrationRecorder(connection)
    recorder.migration_qs.all().delete()
    keys = {key for found in applied for key in [(found.app_label, found.name), *found.replaces]}
    recorder.migration_qs.bulk_create(recorder.Migration(app=app, name=name) for app, name in keys)


def _taken(squashed: dict[Key, list[Key]]) -> list[Key]:
    """What `migrate` would do now, with each squashed migration as those that it stands for."""
    executor = MigrationExecutor(connection)
    executor.loader.check_consistent_history(connection)
    plan = [(found.app_label, found.name) for found, _ in executor.migration_plan(executor.loader.graph.leaf_nodes())]
    return sorted(key for each in plan for key in squashed.get(each, [each]))
