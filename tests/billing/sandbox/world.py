"""A sandbox as a test uses it: stripe-python over real HTTP, a browser's forms, and the tester's own switches."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urljoin

import stripe

from billing.sandbox.server import SandboxServer
from tests.billing.sandbox.hooks import Receiver

KEY = "sk_test_" + "a" * 24
DAY = 86400


@dataclass
class Page:
    status: int
    url: str
    text: str

    @property
    def alert(self) -> str:
        found = re.search(r'role="alert">([^<]*)<', self.text)
        return found[1] if found else ""


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


@dataclass
class World:
    server: SandboxServer
    receiver: Receiver
    client: stripe.StripeClient

    @property
    def api(self) -> stripe._v1_services.V1Services:
        return self.client.v1

    def control(self, name: str, **body: Any) -> Any:
        """A GET if there is nothing to say."""
        data = json.dumps(body).encode() if body else None
        with urllib.request.urlopen(f"{self.server.url}/_sandbox/{name}", data) as answer:
            return json.loads(answer.read())

    def post(self, name: str, **body: Any) -> Any:
        with urllib.request.urlopen(f"{self.server.url}/_sandbox/{name}", json.dumps(body).encode()) as answer:
            return json.loads(answer.read())

    def advance(self, days: float = 0, seconds: int = 0) -> int:
        return int(self.post("advance", seconds=round(days * DAY) + seconds)["now"])

    def open(self, url: str, **fields: str) -> Page:
        """One step of a browser that follows no redirect: `Page.url` is where it would go, or where it is."""
        request = urllib.request.Request(urljoin(self.server.url, url), urlencode(fields).encode() if fields else None)
        try:
            with urllib.request.build_opener(_Stay).open(request) as answer:
                return Page(answer.status, url, answer.read().decode("latin-1"))
        except urllib.error.HTTPError as error:
            with error:
                return Page(error.code, error.headers.get("Location") or url, error.read().decode())

    def settled(self) -> list[str]:
        """The types of all events that arrived, once nothing is on its way any more."""
        assert self.server.sandbox.deliveries.drain(10)
        return self.receiver.types()

    def price(self, amount: int = 499, interval: str = "month", name: str = "Basic", **more: Any) -> stripe.Price:
        params: Any = {"currency": "usd", "unit_amount": amount, "product_data": {"name": name}, **more}
        params["recurring"] = {"interval": interval}
        return self.api.prices.create(params)

    def payer(self, card: str = "pm_card_visa") -> stripe.Customer:
        """A customer whose card is stored."""
        customer = self.api.customers.create({"email": "alice@example.com"})
        method = self.api.payment_methods.attach(card, {"customer": customer.id})
        return self.api.customers.update(customer.id, {"invoice_settings": {"default_payment_method": method.id}})

    def subscribe(
        self, price: stripe.Price, customer: stripe.Customer | None = None, **more: Any
    ) -> stripe.Subscription:
        customer = customer or self.payer()
        params: Any = {"customer": customer.id, "items": [{"price": price.id}], **more}
        return self.api.subscriptions.create(params)

    def card_becomes(self, number: str, customer: str) -> None:
        for method in self.api.payment_methods.list({"customer": customer}):
            self.post("cards", payment_method=method.id, number=number)

    def subscription(self, id: str) -> stripe.Subscription:
        return self.api.subscriptions.retrieve(id)
