"""Every page of the site as staff see it in a customer's place, found in the list of addresses: a new page is tested by being there."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, get_resolver

from accounts.acting import APPEARANCE, END, SIGN_OUT, WRITES, is_shown
from accounts.models import AuditEvent, Notification, User
from tests.accounts.test_acting import BANNER, acting, browser, helper
from tests.factories.articles import make_article
from tests.factories.payments import make_invoice, make_subscription
from tests.factories.support import make_attachment, make_ticket
from tests.factories.vpn import make_location, make_server
from tests.queries import forget_counts
from tests.vpn.acting import add

__all__ = ["acting", "browser", "helper"]
# Stripe's links to an invoice, which need no session and outlive the acting.
AT_STRIPE: dict[str, Any] = {
    "hosted_url": "https://invoice.stripe.com/i/secret",
    "pdf_url": "https://pay.stripe.com/invoice/secret/pdf",
}
# Not pages of a person, whoever looks at them: programs, files, and what is answered by address alone.
PROGRAMS = ("api/", "webhooks/", "brand/", "node/", "unsubscribe/", "static/", "admin/", "metrics")


def pages() -> list[tuple[str, str]]:
    """The name and the address, with its placeholders, of all that the apps' `urls.py` have."""
    found = []
    for resolver in get_resolver().url_patterns:
        for entry in getattr(resolver, "url_patterns", [resolver]):
            path = str(entry.pattern)
            if isinstance(entry, URLPattern) and not str(resolver.pattern) and not path.startswith(PROGRAMS):
                found.append((str(entry.name), path))
    return found


@pytest.fixture
def addresses(alice: User) -> list[tuple[str, str]]:
    """Each page with rows of Alice's in the places of its placeholders; a payment of hers is missing."""
    subscription = make_subscription(alice, status="past_due")
    make_invoice(alice, subscription, **AT_STRIPE)
    make_invoice(alice, subscription, status="open", amount_due_minor=499, paid_at=None, **AT_STRIPE)
    location = make_location("ams")
    make_server(location)
    device, ticket = add(alice), make_ticket(alice)
    news = Notification.objects.create(user=alice, kind="usage", title="Told")
    article = make_article("connection")
    rows: dict[str, Any] = {
        "devices/": device.pk,
        "locations/": location.pk,
        "support/": ticket.pk,
        "notifications/": news.pk,
        "help/": article.slug,
    }
    made = []
    for name, shape in pages():
        pk = next(
            (value for start, value in rows.items() if shape.startswith(start)), "d7e4f9a8-0000-4000-8000-000000000000"
        )
        path = shape.replace("<uuid:attachment_id>", str(make_attachment(ticket.messages.get()).pk))
        path = path.replace("<slug:system>", "linux").replace("<str:token>", "x" * 43)
        path = path.replace("<slug:kind>", "terms")
        path = re.sub(r"<(uuid:pk|int:pk|slug:slug)>", str(pk), path)
        made.append((name, "/" + re.sub(r"\^r/.*", "r/ABCDEFGHJKMN", path)))
    return made


def test_every_page_is_served_with_the_banner_or_refused_with_it(
    acting: Client, addresses: list[tuple[str, str]]
) -> None:
    served = 0
    for name, path in addresses:
        forget_counts()
        answer = acting.get(path)
        assert answer.status_code in (200, 302, 400, 403, 404, 405), f"{name}: {answer.status_code}"
        assert (answer.status_code == 403) is not is_shown(name), name
        if answer.status_code != 405 and not answer.streaming and b"<!doctype html>" in answer.content:
            assert BANNER in answer.text, name
            assert not [url for url in AT_STRIPE.values() if url in answer.text], name
            served += answer.status_code == 200
    assert served >= 20


def test_nothing_else_than_what_is_listed_can_be_sent(acting: Client, addresses: list[tuple[str, str]]) -> None:
    refused = 0
    for name, path in addresses:
        if name in {APPEARANCE, END, SIGN_OUT}:
            continue
        forget_counts()
        answer = acting.post(path)
        assert (answer.status_code == 403) is (name not in WRITES), name
        refused += answer.status_code == 403
    assert refused == len(addresses) - len(WRITES) - 3
    assert AuditEvent.objects.filter(action="denied").count() == refused
    assert AuditEvent.objects.filter(action="acting_wrote").count() == len(WRITES)


def test_the_customer_has_the_links_that_staff_have_not(
    acting: Client, addresses: list[tuple[str, str]], alice: User, client: Client
) -> None:
    client.force_login(alice)
    for path, links in (("/billing", set(AT_STRIPE.values())), ("/dashboard", {AT_STRIPE["hosted_url"]})):
        assert {url for url in AT_STRIPE.values() if url in client.get(path).text} == links
        assert "Your payment failed." in acting.get(path).text
