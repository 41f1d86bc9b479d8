"""Webhook endpoints and the events that they get: https://docs.stripe.com/api/webhook_endpoints."""

from __future__ import annotations

from billing.sandbox.errors import StripeError
from billing.sandbox.listing import page, within
from billing.sandbox.metadata import checked, update_plain
from billing.sandbox.sandbox import Sandbox
from billing.sandbox.shapes import Obj
from billing.sandbox.store import token


def add_endpoint(sandbox: Sandbox, url: str, events: list[str], secret: str = "", **more: object) -> Obj:
    if not url.startswith(("http://", "https://")):
        raise StripeError("Invalid URL: An explicit scheme (such as https) must be provided.", param="url")
    return sandbox.store.add(
        "webhook_endpoint",
        {
            "enabled_events": events,
            "secret": secret or f"whsec_{token(32)}",
            "status": "enabled",
            "url": url,
            **more,
        },
    )


def place_endpoint(sandbox: Sandbox, url: str, secret: str) -> None:
    """The endpoint of whoever starts the sandbox: the one with their secret, at another address perhaps, or a new one for every event."""
    for endpoint in sandbox.store.all("webhook_endpoint", lambda endpoint: endpoint["secret"] == secret):
        endpoint["url"] = url
        return
    add_endpoint(sandbox, url, ["*"], secret)


def create_endpoint(sandbox: Sandbox, params: Obj) -> Obj:
    """The only answer that has the secret."""
    return add_endpoint(
        sandbox,
        params["url"],
        params["enabled_events"],
        api_version=params.get("api_version"),
        description=params.get("description"),
        metadata=checked(params.get("metadata")),
    )


def retrieve_endpoint(sandbox: Sandbox, params: Obj, id: str) -> Obj:
    return _without_secret(sandbox.store.need("webhook_endpoint", id))


def update_endpoint(sandbox: Sandbox, params: Obj, id: str) -> Obj:
    endpoint = sandbox.store.need("webhook_endpoint", id)
    update_plain(endpoint, params, ("description", "enabled_events", "url"))
    if "disabled" in params:
        endpoint["status"] = "disabled" if params["disabled"] else "enabled"
    return _without_secret(endpoint)


def delete_endpoint(sandbox: Sandbox, params: Obj, id: str) -> Obj:
    sandbox.store.remove("webhook_endpoint", id)
    return {"id": id, "object": "webhook_endpoint", "deleted": True}


def list_endpoints(sandbox: Sandbox, params: Obj) -> Obj:
    entries = [_without_secret(one) for one in sandbox.store.all("webhook_endpoint")]
    return page(entries, params, "/v1/webhook_endpoints")


def list_events(sandbox: Sandbox, params: Obj) -> Obj:
    if "type" in params and "types" in params:
        raise StripeError("You may specify either type or types, but not both.", param="types")
    delivered = params.get("delivery_success")

    def wanted(event: Obj) -> bool:
        kinds = params.get("types") or ([params["type"]] if "type" in params else None)
        return (
            (kinds is None or any(_matches(event["type"], kind) for kind in kinds))
            and ("created" not in params or within(event["created"], params["created"]))
            and (delivered is None or delivered == (event["pending_webhooks"] == 0))
        )

    return page(sandbox.store.all("event", wanted), params, "/v1/events")


def _matches(type: str, asked: str) -> bool:
    return type == asked or (asked.endswith(".*") and type.startswith(asked[:-1]))


def _without_secret(endpoint: Obj) -> Obj:
    return {**endpoint, "secret": None}
