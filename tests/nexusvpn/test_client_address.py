from __future__ import annotations

from typing import Any

import pytest
from django.test import RequestFactory, override_settings

from nexusvpn.checks import check_trusted_proxies
from nexusvpn.http import client_address


def seen(remote: str, forwarded: str | None = None, **headers: str) -> str:
    meta: dict[str, Any] = {"REMOTE_ADDR": remote, **headers}
    if forwarded is not None:
        meta["HTTP_X_FORWARDED_FOR"] = forwarded
    return client_address(RequestFactory().get("/", **meta))


def test_without_trusted_proxies_no_header_counts() -> None:
    assert (
        seen("192.0.2.9", "198.51.100.1", HTTP_X_REAL_IP="198.51.100.2", HTTP_FORWARDED="for=198.51.100.3")
        == "192.0.2.9"
    )


@override_settings(TRUSTED_PROXIES=["10.0.0.0/8", "fd00::/8"])
@pytest.mark.parametrize(
    ("remote", "forwarded", "client"),
    [
        ("10.0.0.1", "198.51.100.7", "198.51.100.7"),
        # What the client itself wrote stands further left.
        ("10.0.0.1", "1.2.3.4, 198.51.100.7", "198.51.100.7"),
        ("10.0.0.1", "1.2.3.4, 198.51.100.7, 10.9.9.9", "198.51.100.7"),
        # Not from a proxy of ours: the header is anybody's invention.
        ("203.0.113.5", "198.51.100.7", "203.0.113.5"),
        ("10.0.0.1", "garbage", "10.0.0.1"),
        ("10.0.0.1", "198.51.100.7, garbage", "10.0.0.1"),
        ("10.0.0.1", None, "10.0.0.1"),
        ("fd00::1", "2001:db8::5", "2001:db8::5"),
        ("::ffff:10.0.0.1", "198.51.100.7", "198.51.100.7"),
    ],
)
def test_trusted_proxies_are_walked_from_the_right(remote: str, forwarded: str | None, client: str) -> None:
    assert seen(remote, forwarded) == client


@override_settings(TRUSTED_PROXIES=["10.0.0.0/8"])
@pytest.mark.parametrize("name", ["HTTP_X_REAL_IP", "HTTP_FORWARDED", "HTTP_TRUE_CLIENT_IP", "HTTP_CLIENT_IP"])
def test_behind_a_trusted_proxy_no_other_header_counts_either(name: str) -> None:
    """A proxy passes on what it does not know, so whoever writes these may be anybody."""
    assert seen("10.0.0.1", "198.51.100.7", **{name: "198.51.100.9"}) == "198.51.100.7"
    assert seen("10.0.0.1", None, **{name: "198.51.100.9"}) == "10.0.0.1"


def test_trusting_everybody_is_an_error() -> None:
    with override_settings(TRUSTED_PROXIES=["0.0.0.0/0", "nonsense"]):
        assert [found.id for found in check_trusted_proxies(None)] == ["nexusvpn.E002", "nexusvpn.E001"]
