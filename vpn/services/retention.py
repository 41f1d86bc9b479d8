"""How long usage is kept, and forgetting it. Days and node hours go by dropping partitions.

Registers cannot: a register must be unique over its whole life, which may be years, so no time range can hold it. They are deleted in
batches once no node can report them any more.
"""

from __future__ import annotations

from datetime import date, timedelta

from django.conf import settings
from django.db import connection, transaction

from vpn.partitions import NODE_HOURS, USAGE_DAYS, USAGE_MONTHS, add_months, drop_before

BATCH = 10_000

_FOLD = """
INSERT INTO vpn_usagemonth AS m (user_id, month, bytes_up, bytes_down)
SELECT user_id, date_trunc('month', record_date)::date, sum(bytes_up), sum(bytes_down) FROM vpn_usagerecord
WHERE record_date < %(before)s GROUP BY 1, 2
ON CONFLICT (user_id, month) DO UPDATE SET bytes_up = excluded.bytes_up, bytes_down = excluded.bytes_down
"""

# Of a peer that no server holds any more, and unchanged for long: no honest report can name it.
_OLD_REGISTERS = """
DELETE FROM vpn_usagecounter c USING (
    SELECT r.id FROM vpn_usagecounter r
    WHERE r.grown_at < now() - make_interval(days => %(days)s)
      AND NOT EXISTS (SELECT 1 FROM vpn_peer p WHERE p.server_id = r.server_id AND p.device_id = r.device_id)
    LIMIT %(batch)s
) old WHERE c.id = old.id
"""
_OLD_TOTALS = "DELETE FROM vpn_nodetotal WHERE grown_at < now() - make_interval(days => %(days)s)"


def forget_old_usage(today: date) -> None:
    """Fold days that are too old into their months, then forget whatever has had its time. May be repeated."""
    days_from = add_months(today, -settings.USAGE_DAYS_KEPT_MONTHS)
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute(_FOLD, {"before": days_from})
        drop_before(USAGE_DAYS, days_from)
    drop_before(USAGE_MONTHS, date(today.year - settings.USAGE_MONTHS_KEPT_YEARS, 1, 1))
    drop_before(NODE_HOURS, today - timedelta(days=settings.NODE_HOURS_KEPT_DAYS))
    _delete_in_batches(_OLD_REGISTERS)
    _delete_in_batches(_OLD_TOTALS)


def _delete_in_batches(statement: str) -> None:
    while True:
        with connection.cursor() as cursor:
            cursor.execute(statement, {"days": settings.USAGE_REGISTERS_KEPT_DAYS, "batch": BATCH})
            if cursor.rowcount < BATCH:
                return
