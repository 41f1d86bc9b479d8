"""System checks on configuration: each has an id and a hint."""

from __future__ import annotations

import ipaddress
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
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
def check_payments(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    if settings.STRIPE_LIVE_MODE and settings.DEBUG:
        hint = "Use a key of Stripe's test mode, or none: then `make run` starts a sandbox."
        found.append(Error("STRIPE_SECRET_KEY is a live key, and DEBUG is on.", hint=hint, id="nexusvpn.E004"))
    if any(not secret.startswith("whsec_") for secret in settings.STRIPE_WEBHOOK_SECRETS):
        hint = "Take them from the webhook endpoint's page at Stripe; they begin with whsec_."
        found.append(Error("STRIPE_WEBHOOK_SECRETS holds something else.", hint=hint, id="nexusvpn.E005"))
    if len(settings.STRIPE_WEBHOOK_SECRETS) > 2:
        hint = "One, and a second while it is being changed: each more is one more that must not leak."
        found.append(Warning("STRIPE_WEBHOOK_SECRETS names more than two.", hint=hint, id="nexusvpn.W001"))
    if settings.STRIPE_SECRET_KEY.startswith("sk_live_"):
        hint = "Make a restricted key (rk_live_…) with the permissions that the runbook names."
        found.append(Warning("STRIPE_SECRET_KEY may do anything at Stripe.", hint=hint, id="nexusvpn.W002"))
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
