"""Accounts that staff should look at. Their owners see nothing of it, and nothing happens by itself."""

from __future__ import annotations

import ipaddress
from datetime import timedelta

from disposable_email_domains import blocklist
from django.conf import settings

from accounts.models import AbuseFlag, SignupOrigin, User

PREFIX = {4: 24, 6: 48}
DAY = timedelta(days=1)


def network_of(address: str) -> str:
    """The /24 or /48 that an address is in: what is kept of where an account was made."""
    ip = ipaddress.ip_address(address)
    return str(ipaddress.ip_network((ip, PREFIX[ip.version]), strict=False))


def disposable_domain(email: str) -> str:
    """The domain of the list of throw-away mailboxes that the address belongs to, itself or as a subdomain; otherwise nothing."""
    labels = email.rpartition("@")[2].lower().rstrip(".").split(".")
    parents = (".".join(labels[start:]) for start in range(len(labels) - 1))
    return next((domain for domain in parents if domain in blocklist), "")


def flag_sign_up(user: User) -> None:
    """Look at how the account was made. Looking again flags nothing anew, also after staff cleared it."""
    found = []
    domain = disposable_domain(user.email)
    if domain:
        found.append(AbuseFlag(user=user, reason=AbuseFlag.Reason.DISPOSABLE, detail=domain[:120]))
    crowd = _crowd(user)
    if crowd:
        found.append(AbuseFlag(user=user, reason=AbuseFlag.Reason.NETWORK, detail=crowd))
    AbuseFlag.objects.bulk_create(found, ignore_conflicts=True)


def _crowd(user: User) -> str:
    """What is to be said of the network that the account came from, if it was one too many that day."""
    origin = SignupOrigin.objects.filter(user=user).exclude(network="").first()
    if origin is None:
        return ""
    day = SignupOrigin.objects.filter(
        network=origin.network, created_at__gt=origin.created_at - DAY, created_at__lte=origin.created_at
    )
    accounts = day.count()
    return f"{origin.network}: {accounts} in a day" if accounts > settings.ABUSE_ACCOUNTS_PER_NETWORK else ""
