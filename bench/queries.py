"""P5: SQL queries of every list endpoint, with one row and with fifty."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.db import connection
from django.test import Client
from django.utils import timezone
from drf_spectacular.generators import SchemaGenerator

from accounts.models import ApiKey, AuditEvent, LoginHistory, Passkey, Session
from bench.context import Bench
from bench.network import fill_server, make_location, make_servers
from bench.people import Person, make_people, make_tickets
from bench.results import Result
from billing.models import Invoice, Plan
from referrals.models import Referral
from support.models import Article, ArticleCategory, TicketMessage
from support.services.article_editing import index_article
from support.services.articles import SUGGESTED
from vpn.models import FavouriteLocation, Location, UsageRecord, VpnConfig

MOST = 2
SIZES = (1, 50)
# Without Redis the limits count in this table: one statement a request, which with Redis is none.
COUNTERS = "nexusvpn_counter"
# Whether the site is at work: asked once in two seconds by a process, by whichever request comes then.
SITE_STATE = "nexusvpn_sitestate"
# Puts so many rows in front of the person; returns what stands in the address for the id, or "".
Seed = Callable[[Person, int], str]


def _tickets(person: Person, rows: int) -> str:
    make_tickets([person], rows)
    return ""


def _messages(person: Person, rows: int) -> str:
    ticket = make_tickets([person], 1)[0]
    TicketMessage.objects.bulk_create(
        [TicketMessage(ticket=ticket, author=person.user, body="More about it.") for _ in range(rows - 1)]
    )
    return str(ticket.pk)


def _devices(person: Person, rows: int) -> str:
    fill_server(make_servers([make_location(f"l-{uuid4().hex[:8]}")])[0], [person], rows)
    return ""


def _sessions(person: Person, rows: int) -> str:
    ends = timezone.now() + timedelta(days=1)
    Session.objects.bulk_create(
        [
            Session(user=person.user, kind=Session.Kind.TOKEN, key_hash=uuid4().hex, expires_at=ends)
            for _ in range(rows - 1)
        ]
    )
    return ""


def _history(person: Person, rows: int) -> str:
    LoginHistory.objects.bulk_create(
        [
            LoginHistory(user=person.user, outcome=LoginHistory.Outcome.SUCCESS, kind=Session.Kind.TOKEN)
            for _ in range(rows)
        ]
    )
    return ""


def _activity(person: Person, rows: int) -> str:
    AuditEvent.objects.bulk_create([AuditEvent(person_id=person.id, action="password_changed") for _ in range(rows)])
    return ""


def _api_keys(person: Person, rows: int) -> str:
    ApiKey.objects.bulk_create(
        [ApiKey(user=person.user, name=f"Key {n}", prefix="nvk_", key_hash=uuid4().hex) for n in range(rows)]
    )
    return ""


def _passkeys(person: Person, rows: int) -> str:
    Passkey.objects.bulk_create(
        [Passkey(user=person.user, name=f"Key {n}", credential_id=uuid4().bytes, credential=b"") for n in range(rows)]
    )
    return ""


def _referrals(person: Person, rows: int) -> str:
    others = make_people(rows, plan="free")
    Referral.objects.bulk_create([Referral(referrer=person.user, referred=other.user) for other in others])
    return ""


def _plans(person: Person, rows: int) -> str:
    """The standard ones are there already; they count as the one row."""
    Plan.objects.bulk_create(
        [Plan(code=f"extra-{n}", name="Extra", rank=1000 + n, device_limit=1) for n in range(rows - 1)]
    )
    return ""


def _locations(person: Person, rows: int) -> str:
    make_servers([make_location(f"l-{uuid4().hex[:8]}") for _ in range(rows)])
    return ""


def _usage(person: Person, rows: int) -> str:
    _devices(person, 1)
    device = VpnConfig.objects.get(user=person.user)
    today = timezone.now().date()
    UsageRecord.objects.bulk_create(
        [
            UsageRecord(user=person.user, device=device, record_date=today - timedelta(days=n), bytes_up=1)
            for n in range(rows)
        ]
    )
    return ""


def _invoices(person: Person, rows: int) -> str:
    now = timezone.now()
    Invoice.objects.bulk_create(
        [
            Invoice(
                stripe_id=f"in_{uuid4().hex}",
                user=person.user,
                status=Invoice.Status.PAID,
                currency="USD",
                total_minor=499,
                created_at=now - timedelta(days=n),
                synced_at=now,
            )
            for n in range(rows)
        ]
    )
    return ""


def _favourites(person: Person, rows: int) -> str:
    _locations(person, rows)
    newest = Location.objects.order_by("-pk")[:rows]
    FavouriteLocation.objects.bulk_create([FavouriteLocation(user=person.user, location=place) for place in newest])
    return ""


def _articles(person: Person, rows: int) -> str:
    """All of them answer the question."""
    category, _ = ArticleCategory.objects.get_or_create(slug="bench", defaults={"name": "Bench"})
    for n in range(rows):
        article = Article.objects.create(
            slug=f"bench-{uuid4().hex[:8]}",
            category=category,
            title=f"The kill switch, part {n}",
            body="It stops the rest.",
            state=Article.State.PUBLISHED,
            published_at=timezone.now(),
        )
        index_article(article)
    return ""


# Every list, by its address in the OpenAPI document: how to fill it, and what to ask it for.
LISTS: dict[str, tuple[Seed, str]] = {
    "/api/v1/auth/history": (_history, "limit=100"),
    "/api/v1/auth/passkeys": (_passkeys, "limit=100"),
    "/api/v1/auth/sessions": (_sessions, "limit=100"),
    "/api/v1/billing/invoices": (_invoices, "limit=100"),
    "/api/v1/billing/plans": (_plans, "limit=100"),
    "/api/v1/devices": (_devices, "limit=100"),
    "/api/v1/help/articles/suggested": (_articles, "q=kill+switch"),
    "/api/v1/locations": (_locations, ""),
    "/api/v1/locations/favourites": (_favourites, ""),
    "/api/v1/referrals": (_referrals, "limit=100"),
    "/api/v1/tickets": (_tickets, "limit=100"),
    "/api/v1/tickets/{id}/messages": (_messages, "limit=100"),
    "/api/v1/usage": (_usage, "days=100"),
    "/api/v1/users/me/activity": (_activity, "limit=100"),
    "/api/v1/users/me/api-keys": (_api_keys, "limit=100"),
}
# Lists that show a few of what there is.
SHOWN = {"/api/v1/help/articles/suggested": SUGGESTED}


def run_p5(bench: Bench) -> list[Result]:
    samples: dict[str, dict[str, int]] = {}
    for path, (seed, query) in LISTS.items():
        samples[path] = {}
        for rows in SIZES:
            person = make_people(1)[0]
            address = path.replace("{id}", seed(person, rows))
            samples[path][str(rows)] = _queries(f"{address}?{query}", person, min(rows, SHOWN.get(path, rows)))
    Plan.objects.filter(code__startswith="extra-").delete()
    unknown = sorted(_documented_lists() - set(LISTS))
    bad = [path for path, counts in samples.items() if max(counts.values()) > MOST or len(set(counts.values())) > 1]
    most = max(max(counts.values()) for counts in samples.values())
    how = f"{len(LISTS)} lists in process through Django's test client, counted by an execute wrapper, limits in {bench.limits_in}"
    how += ", without the look at maintenance mode that a process takes once in two seconds"
    how += ", each with 1 and with 50 rows: " + ", ".join(
        f"{path.removeprefix('/api/v1/')} {'/'.join(map(str, counts.values()))}" for path, counts in samples.items()
    )
    how += f". Lists without a case here: {', '.join(unknown)}." if unknown else "."
    measure = "SQL queries of every list, with 1 and with 50 rows"
    shown = f"at most {most}" + (f"; not: {', '.join(path.removeprefix('/api/v1/') for path in bad)}" if bad else "")
    met = not bad and not unknown
    return [Result("P5", measure, "–", "≤ 2, equal", float(most), shown, met, how, {"rows": list(SIZES)}, samples)]


def _queries(address: str, person: Person, rows: int) -> int:
    """How many statements one request makes; raises RuntimeError when it does not show the rows."""
    client = Client(SERVER_NAME="127.0.0.1", headers={"Authorization": f"Bearer {person.token}"})
    statements: list[str] = []

    def record(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if COUNTERS not in sql and SITE_STATE not in sql:
            statements.append(sql)
        return execute(sql, params, many, context)

    # The first request pays for what is kept in the process.
    client.get(address)
    with connection.execute_wrapper(record):
        answer = client.get(address)
    if answer.status_code != 200 or len(answer.json()["data"]["items"]) < rows:
        raise RuntimeError(f"{address} answered {answer.status_code} and did not show {rows} rows")
    return len(statements)


def _documented_lists() -> set[str]:
    """The addresses whose answer has `items`, as the product's own OpenAPI document says."""
    document = SchemaGenerator().get_schema(request=None, public=True)
    found = set()
    for path, operations in document["paths"].items():
        content = operations.get("get", {}).get("responses", {}).get("200", {}).get("content", {})
        data = content.get("application/json", {}).get("schema", {}).get("properties", {}).get("data", {})
        name = str(data.get("$ref", "")).rpartition("/")[2]
        if "items" in document["components"]["schemas"].get(name, {}).get("properties", {}):
            found.add(re.sub(r"\{\w+\}", "{id}", path).rstrip("/"))
    return found
