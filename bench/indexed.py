"""The tables of P16, what stands in them, and the query that each of their indexes is for (docs/architecture.md lists them)."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from django.db.models import Q, Sum
from django.utils import timezone

from accounts.models import (
    AbuseFlag,
    ApiKey,
    AuditEvent,
    DataExport,
    EmailToken,
    KnownClient,
    LoginHistory,
    Mail,
    Notification,
    Passkey,
    Session,
    SignupOrigin,
    User,
)
from bench.cases import A_SERVER, A_SERVERS, DAYS, EACH, OLD, PAGE, SOMEBODY, STAFFS_PAGE, Case, Filled
from bench.filling import earlier_sql, owner_sql
from bench.indexed_rewards import given_tables
from bench.indexed_support import support_tables
from vpn.models import FreeAddress, IpAssignment, UsageRecord, VpnConfig


def every_table(rows: int) -> list[Filled]:
    """With the queries for tables of this size, written n seconds ago for n from 1."""
    now = timezone.now()
    oldest = now - timedelta(seconds=rows - OLD)
    people = rows // EACH
    owner = owner_sql(people)
    return [
        *_people(now, owner),
        *_ways_in(now, oldest, owner),
        *_told(oldest, people),
        *support_tables(rows, now, oldest, owner),
        *_devices(rows, now, people),
        *given_tables(rows, now, people),
    ]


def _people(now: datetime, owner: str) -> list[Filled]:
    users = {
        "email": "n || '@bench.example'",
        "referral_code": "n::text",
        "referred_by_id": owner,
        "stripe_customer_id": "'cus_' || n",
        "is_active": "n %% 1000 NOT IN (0, 2)",
        "is_staff": "n %% 10000 = 1",
        # One in a thousand leaves, one every hour; fifty of them should be gone.
        "deletion_due_at": "CASE WHEN n %% 1000 = 0 THEN now() + (n / 1000 - 50) * interval '1 hour' END",
        # Another was erased, one every hour; fifty of them since they were last counted.
        "erased_at": "CASE WHEN n %% 1000 = 2 THEN now() - n / 1000 * interval '1 hour' END",
    }
    origins = {"user_id": "gen_random_uuid()", "network": f"left({owner}::text, 20)"}
    flags = {"cleared_at": "CASE WHEN n %% 1000 <> 0 THEN now() END"}
    network = str(SOMEBODY)[:20]
    return [
        Filled(
            User,
            users,
            [
                Case("user_referred_by_idx", User.objects.filter(referred_by=SOMEBODY)),
                Case(
                    "user_stripe_customer_idx",
                    User.objects.filter(stripe_customer_id="cus_4711"),
                    beside=("user_stripe_customer_unique",),
                ),
                Case("user_staff_idx", User.objects.filter(is_staff=True, is_active=True).order_by("email")),
                Case("user_deletion_due_idx", User.objects.filter(deletion_due_at__lte=now)),
                Case("user_erased_idx", User.objects.filter(erased_at__gte=now - timedelta(hours=50))),
            ],
        ),
        Filled(
            SignupOrigin,
            origins,
            [
                Case("signup_network_idx", SignupOrigin.objects.filter(network=network, created_at__gt=_ago(now, 30))),
                Case("signup_time_idx", SignupOrigin.objects.filter(created_at__gt=now - timedelta(hours=1))),
            ],
        ),
        Filled(
            AbuseFlag, flags, [Case("abuse_flag_open_idx", AbuseFlag.objects.filter(cleared_at=None)[:STAFFS_PAGE])]
        ),
    ]


def _ago(now: datetime, days: int) -> datetime:
    return now - timedelta(days=days)


def _ways_in(now: datetime, oldest: datetime, owner: str) -> list[Filled]:
    token = hashlib.md5(b"4711", usedforsecurity=False).hexdigest()
    mine = {"user_id": owner}
    return [
        Filled(
            Session,
            {**mine, "kind": "'token'", "key_hash": "md5(n::text)"},
            [
                Case("session_key_hash_unique", Session.objects.filter(key_hash=token), hot=True),
                Case("session_user_seen_idx", Session.objects.filter(user=SOMEBODY)),
            ],
        ),
        Filled(
            LoginHistory,
            mine,
            [
                Case("login_user_time_idx", LoginHistory.objects.filter(user=SOMEBODY)[:PAGE]),
                Case("login_time_idx", LoginHistory.objects.all()[:STAFFS_PAGE]),
            ],
        ),
        Filled(
            KnownClient,
            {**mine, "fingerprint": "n::text"},
            [Case("known_client_seen_idx", KnownClient.objects.filter(last_seen_at__lt=oldest))],
        ),
        Filled(
            EmailToken,
            {"token_hash": "n::text"},
            [Case("email_token_expiry_idx", EmailToken.objects.filter(expires_at__lt=oldest))],
        ),
        Filled(
            Passkey,
            {**mine, "credential_id": "decode(md5(n::text), 'hex')"},
            [Case("passkey_user_idx", Passkey.objects.filter(user=SOMEBODY))],
        ),
        Filled(
            ApiKey,
            {**mine, "key_hash": "n::text", "name": "n::text"},
            [Case("api_key_user_idx", ApiKey.objects.filter(user=SOMEBODY), beside=("api_key_name_unique",))],
        ),
        Filled(
            DataExport,
            {**mine, "state": "'ready'", "expires_at": "now() - n * interval '1 second'"},
            [
                Case("data_export_user_idx", DataExport.objects.filter(user=SOMEBODY)),
                Case("data_export_expiry_idx", DataExport.objects.filter(expires_at__lt=oldest)),
            ],
        ),
        Filled(
            AuditEvent,
            {"person_id": owner, "actor_id": owner, "target_type": "'user'", "target_id": f"{owner}::text"},
            [
                Case("audit_person_idx", AuditEvent.objects.filter(person_id=SOMEBODY)[:PAGE]),
                Case("audit_actor_idx", AuditEvent.objects.filter(actor_id=SOMEBODY)[:STAFFS_PAGE]),
                Case("audit_target_idx", AuditEvent.objects.filter(target_type="user", target_id=str(SOMEBODY))),
                Case("audit_time_idx", AuditEvent.objects.all()[:STAFFS_PAGE]),
            ],
        ),
    ]


def _told(oldest: datetime, people: int) -> list[Filled]:
    """What people are told: mails and notifications."""
    owner = owner_sql(people)
    # Of a thousand one waits, and is due.
    mails = {"user_id": owner, "state": "CASE WHEN n %% 1000 = 0 THEN 'queued' ELSE 'sent' END"}
    mine = Notification.objects.filter(user=SOMEBODY)
    return [
        Filled(
            Mail,
            mails,
            [
                Case("mail_due_idx", Mail.objects.filter(state="queued", due_at__lte=timezone.now())),
                Case("mail_user_idx", Mail.objects.filter(user=SOMEBODY)),
                Case("mail_newest_idx", Mail.objects.all()[:STAFFS_PAGE]),
            ],
        ),
        Filled(
            Notification,
            {"user_id": owner, "read_at": f"CASE WHEN {earlier_sql(people)} > 0 THEN now() END"},
            [
                Case("notification_user_idx", mine[:PAGE]),
                Case(
                    "notification_unread_idx",
                    mine.filter(read_at=None).order_by().values("pk"),
                    beside=("notification_user_idx",),
                ),
                Case("notification_time_idx", Notification.objects.filter(created_at__lt=oldest).order_by()),
            ],
        ),
    ]


def _devices(rows: int, now: datetime, people: int) -> list[Filled]:
    servers = rows // A_SERVERS
    owner, server = owner_sql(people), owner_sql(servers)
    devices = {
        "user_id": owner,
        "location_id": "n %% 100",
        "name": "n::text",
        "public_key": "n::text",
        "revoked_at": f"CASE WHEN {earlier_sql(people)} %% 10 = 0 THEN now() END",
    }
    assignments = {
        "user_id": owner,
        "server_id": server,
        "host": "n",
        "ipv4": "'10.0.0.0'::inet + n",
        "ipv6": "'fd00::'::inet + n",
        # Half of them were given back.
        "released_at": f"CASE WHEN {earlier_sql(servers)} %% 2 = 0 THEN now() END",
    }
    # Whoever uses it has two devices for each of so many days.
    users = rows // (2 * DAYS)
    usage = {"user_id": owner_sql(users), "record_date": f"current_date - ({earlier_sql(users)} %% {DAYS})::integer"}
    month = UsageRecord.objects.filter(user=SOMEBODY, record_date__gt=now.date() - timedelta(days=30))
    mine = VpnConfig.objects.filter(user=SOMEBODY)
    removed = Q(removal_confirmed_at=None) | Q(removal_confirmed_at__gt=now - timedelta(days=1))
    return [
        Filled(
            VpnConfig,
            devices,
            [
                Case(
                    "device_user_newest_idx",
                    mine.filter(revoked_at=None)[:PAGE],
                    beside=("device_name_unique",),
                    hot=True,
                ),
                Case(
                    "device_removed_idx",
                    mine.filter(removed, revoked_at__isnull=False).order_by(),
                    beside=("device_user_newest_idx",),
                ),
                Case("device_newest_idx", VpnConfig.objects.order_by("-created_at", "id")[:STAFFS_PAGE]),
                Case("device_location_idx", VpnConfig.objects.filter(location_id=7)[:STAFFS_PAGE]),
                Case("device_public_key_idx", VpnConfig.objects.filter(public_key="4711")),
            ],
        ),
        Filled(
            IpAssignment,
            assignments,
            [
                Case("assignment_user_idx", IpAssignment.objects.filter(user=SOMEBODY)),
                Case(
                    "assignment_server_idx",
                    IpAssignment.objects.filter(server=A_SERVER, released_at=None).order_by(),
                    beside=("assignment_host_unique", "assignment_ipv4_unique", "assignment_ipv6_unique"),
                ),
            ],
        ),
        Filled(
            FreeAddress,
            {"server_id": server, "host": "n"},
            [
                Case(
                    "freeaddress_next_idx",
                    FreeAddress.objects.filter(server=A_SERVER, available_at__lte=now).order_by("available_at", "host")[
                        :1
                    ],
                    beside=("freeaddress_host_unique",),
                )
            ],
        ),
        Filled(
            UsageRecord,
            usage,
            [
                Case("usage_user_idx", UsageRecord.objects.filter(user=SOMEBODY), beside=("usage_user_day_idx",)),
                Case(
                    "usage_user_day_idx",
                    month.order_by().values("record_date").annotate(up=Sum("bytes_up"), down=Sum("bytes_down")),
                    beside=("usage_user_idx",),
                    hot=True,
                ),
            ],
        ),
    ]
