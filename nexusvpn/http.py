"""What is known of a request's sender, and the context every page has."""

from __future__ import annotations

import ipaddress
import socket
import time
from contextlib import suppress
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.http import content_disposition_header, url_has_allowed_host_and_scheme

from nexusvpn.appearance import color_scheme, theme_of

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@lru_cache(maxsize=8)
def _trusted(networks: tuple[str, ...]) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(network) for network in networks)


def _parse(value: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(value.strip().strip("[]"))
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    return mapped or address


def client_address(request: HttpRequest) -> str:
    """The sender's address as text.

    `X-Forwarded-For` is walked from the right, and only as long as the hop that wrote it is one of `TRUSTED_PROXIES`; the first
    address that no trusted proxy vouches for is the client. A client can invent what stands further left, never this one.
    """
    cached: str | None = getattr(request, "_client_address", None)
    if cached is None:
        cached = _find_client(request.META)
        request._client_address = cached  # type: ignore[attr-defined]
    return cached


def _find_client(meta: dict[str, Any]) -> str:
    peer = _parse(meta.get("REMOTE_ADDR") or "") or ipaddress.ip_address("127.0.0.1")
    trusted = _trusted(tuple(settings.TRUSTED_PROXIES))
    if not trusted:
        return str(peer)
    hops = [hop for hop in meta.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
    client = peer
    while hops and any(client in network for network in trusted):
        earlier = _parse(hops.pop())
        if earlier is None:
            break
        client = earlier
    return str(client)


def user_agent(request: HttpRequest) -> str:
    """The sender's user agent, printable and at most 200 characters."""
    return "".join(c for c in request.META.get("HTTP_USER_AGENT", "") if c.isprintable())[:200]


def target_of_ours(request: HttpRequest, target: str) -> str:
    """The address if it leads to a page of ours, otherwise nothing: nobody is sent elsewhere by a link to us."""
    is_ours = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return target if is_ours else ""


def is_api(request: HttpRequest) -> bool:
    return request.path_info.startswith("/api/")


def with_retry_after(response: HttpResponse, seconds: int | None) -> HttpResponse:
    """The answer, which says when the same may be asked again if it was refused for now only."""
    if seconds is not None:
        response.headers["Retry-After"] = str(seconds)
    return response


def attachment(content: str | bytes, content_type: str, file_name: str) -> HttpResponse:
    """A file to save, which no cache keeps."""
    headers = {
        "Content-Disposition": content_disposition_header(as_attachment=True, filename=file_name),
        "Cache-Control": "no-store",
    }
    return HttpResponse(content, content_type=content_type, headers=headers)


def page_context(request: HttpRequest) -> dict[str, Any]:
    return {
        "request_id": getattr(request, "request_id", ""),
        "site_name": settings.BRAND_NAME,
        "demo": settings.DEBUG,
        "color_scheme": color_scheme(request),
        "theme": theme_of(request).value,
    }


# A refused body is read up to this length and for this long. A connection that is closed while its other end still sends is reset, and
# with it goes the answer that says why.
DISCARDED_BYTES = 16 * 1024 * 1024
DISCARDED_S = 2.0


def discard_body(request: HttpRequest, length: int) -> None:
    """Read a body of the announced length and forget it, if that takes neither long nor much."""
    link: Any = request.META.get("gunicorn.socket")
    if link is None or length > DISCARDED_BYTES:
        return
    ends = time.monotonic() + DISCARDED_S
    with suppress(OSError):
        while length > 0 and (left_s := ends - time.monotonic()) > 0:
            link.settimeout(left_s)
            part = len(request.META["wsgi.input"].read(min(length, 65536)))
            length = length - part if part else 0
    link.setblocking(True)
    if length > 0:
        # Or the server goes on where this ended, and waits for the rest.
        with suppress(OSError):
            link.shutdown(socket.SHUT_RD)
