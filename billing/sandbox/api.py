"""A call of the API: who calls, with which parameters, once only; then its handler."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass

from billing.sandbox.errors import StripeError
from billing.sandbox.events import API_VERSION
from billing.sandbox.expand import expand
from billing.sandbox.faults import Dropped
from billing.sandbox.forms import parse_form
from billing.sandbox.params import check_params
from billing.sandbox.routes import find_route
from billing.sandbox.sandbox import Sandbox
from billing.sandbox.shapes import Obj
from billing.sandbox.store import token

_KEY = re.compile(r"(sk|rk)_test_[A-Za-z0-9]{24,}\Z")


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: str
    # Lower case names.
    headers: dict[str, str]
    body: str

    def idempotency_key(self) -> str | None:
        return self.headers.get("idempotency-key") if self.method == "POST" else None


def new_request_id() -> str:
    return f"req_{token(14)}"


def answer(sandbox: Sandbox, request: Request, request_id: str) -> tuple[int, Obj, dict[str, str]]:
    """Status, body and further headers. Raises `Dropped` when a fault cuts the connection."""
    try:
        _check_key(request.headers.get("authorization", ""))
        _check_version(request.headers.get("stripe-version"))
        return _once(sandbox, request, request_id)
    except StripeError as error:
        return error.status, error.body(), {}


def _once(sandbox: Sandbox, request: Request, request_id: str) -> tuple[int, Obj, dict[str, str]]:
    key = request.idempotency_key()
    if key is None:
        return *_faulty(sandbox, request, request_id), {}
    if len(key) > 255:
        raise StripeError("Idempotency keys must be at most 255 characters.", type="idempotency_error")
    headers = {"Idempotency-Key": key}
    known = sandbox.keys.begin(key, f"{request.method} {request.path}", request.body)
    if known:
        return *known, {**headers, "Idempotent-Replayed": "true"}
    try:
        found = _faulty(sandbox, request, request_id)
    finally:
        # What was done is kept by `_work`; a request that never came so far may be sent again.
        sandbox.keys.forget_unfinished(key)
    return *found, headers


def _faulty(sandbox: Sandbox, request: Request, request_id: str) -> tuple[int, Obj]:
    fault = sandbox.faults.before(request.path)
    found = _work(sandbox, request, request_id)
    if fault and fault.mode == "drop":
        raise Dropped
    return found


def _work(sandbox: Sandbox, request: Request, request_id: str) -> tuple[int, Obj]:
    """Under the lock, one request after the other. What the handler answers, refusals too, is the key's answer from now
    on; a request that was refused before its handler is not."""
    found = find_route(request.method, request.path)
    if found is None:
        raise StripeError(f"Unrecognized request URL ({request.method}: {request.path}).", status=404)
    route, ids = found
    values = {**parse_form(request.query), **parse_form(request.body)}
    params = check_params(values, route.params)
    expanded = params.pop("expand", [])
    key = request.idempotency_key()
    with sandbox.lock:
        sandbox.events.cause = (request_id, key)
        try:
            try:
                result = 200, expand(sandbox.store, route.handler(sandbox, params, *ids), expanded)
            except StripeError as error:
                result = error.status, error.body()
        finally:
            sandbox.events.cause = (None, None)
        if key:
            sandbox.keys.finish(key, result)
        sandbox.events.send()
    return result


def _check_key(authorization: str) -> None:
    scheme, _, given = authorization.partition(" ")
    if scheme.lower() == "basic":
        try:
            given = base64.b64decode(given).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            given = ""
    if not given:
        raise StripeError(
            "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer "
            "auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY').",
            status=401,
        )
    if not _KEY.match(given):
        raise StripeError(f"Invalid API Key provided: {given[:8]}{'*' * 8}", status=401)


def _check_version(version: str | None) -> None:
    if version not in (None, API_VERSION):
        raise StripeError(f"Invalid Stripe API version: {version}. The sandbox speaks {API_VERSION}.")
