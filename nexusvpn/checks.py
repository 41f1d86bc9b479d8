"""System checks on configuration: each has an id and a hint."""

from __future__ import annotations

import ipaddress
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.utils.module_loading import import_string


@register(Tags.security)
def check_trusted_proxies(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    for network in settings.TRUSTED_PROXIES:
        try:
            size = ipaddress.ip_network(network).prefixlen
        except ValueError:
            hint = "Write networks as 10.0.0.0/8 or 2001:db8::/32, separated by commas."
            found.append(Error(f"TRUSTED_PROXIES: {network!r} is not a network.", hint=hint, id="nexusvpn.E001"))
            continue
        if size == 0:
            hint = "Name your proxies only; otherwise any client can invent its address."
            found.append(Error("TRUSTED_PROXIES trusts everybody.", hint=hint, id="nexusvpn.E002"))
    return found


@register(Tags.security)
def check_sign_up_challenge(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    if not settings.SIGNUP_CHALLENGE:
        return []
    try:
        import_string(settings.SIGNUP_CHALLENGE)
    except ImportError:
        hint = "Name a class with its module, accounts.challenges.ProofOfWork for instance."
        return [Error("SIGNUP_CHALLENGE names nothing that can be imported.", hint=hint, id="nexusvpn.E003")]
    return []
