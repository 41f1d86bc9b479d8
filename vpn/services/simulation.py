"""A fleet of servers for simulated agents (`vpn.agent.simulate`): made in bulk, as the services would have made them one by one.

Everything of it hangs on one location that customers do not see, and can be removed again.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Sequence

from django.db import transaction

from accounts.models import PeopleDay, User
from billing.models import Plan, PlanGrant
from vpn.models import IpAssignment, Location, NodeStatus, NodeToken, Peer, Server, UsageCounter, VpnConfig
from vpn.services.nodes import CREDENTIAL_PREFIX, hash_token
from vpn.services.preshared import new_preshared_key

SLUG = "simulated"
DOMAIN = "simulated.example"
PLAN = "pro"
_BATCH = 2000


def new_key() -> str:
    """A well-formed public key; nobody has its private half."""
    return base64.b64encode(secrets.token_bytes(32)).decode()


def make_fleet(*, nodes: int, devices: int) -> list[str]:
    """`nodes` servers with `devices` devices each; returns `node id:credential` of each, which nobody can show again."""
    limit = Plan.objects.values_list("device_limit", flat=True).get(code=PLAN)
    made = []
    with transaction.atomic(durable=True):
        location, _ = Location.objects.get_or_create(
            slug=SLUG,
            defaults={
                "name": "Simulated",
                "city": "Nowhere",
                "country_code": "XX",
                "latitude": 0,
                "longitude": 0,
                "is_active": False,
            },
        )
        first = location.servers.count()
        for number in range(first, first + nodes):
            credential = CREDENTIAL_PREFIX + secrets.token_urlsafe(32)
            server = _make_server(location, number, credential)
            customers = _make_customers(number, -(-devices // limit))
            for place, customer in enumerate(customers):
                fill_server(server, [customer], min(limit, devices - place * limit))
            made.append(f"{server.pk}:{credential}")
    return made


def _make_server(location: Location, number: int, credential: str) -> Server:
    server = Server.objects.create(
        location=location,
        name=f"{SLUG}-{number}",
        # For documentation (RFC 5737): nothing is reached under it.
        public_endpoint="198.51.100.1",
        network_v4="10.128.0.0/16",
        network_v6="fd80::/64",
        public_key=new_key(),
        capacity=60_000,
    )
    NodeStatus.objects.create(server=server)
    NodeToken.objects.create(server=server, kind=NodeToken.Kind.CREDENTIAL, token_hash=hash_token(credential))
    return Server.objects.get(pk=server.pk)


def _make_customers(number: int, count: int) -> list[User]:
    """Nobody can sign in as them: they have no password."""
    plan = Plan.objects.get(code=PLAN)
    users = [User(email=f"{SLUG}-{number}-{place}@{DOMAIN}") for place in range(count)]
    for user in users:
        user.set_unusable_password()
    User.objects.bulk_create(users)
    PlanGrant.objects.bulk_create([PlanGrant(user=user, plan=plan, reason="Simulation") for user in users])
    return users


def fill_server(server: Server, users: Sequence[User], each: int) -> list[VpnConfig]:
    """`each` devices of every person on a server from its next address on; its revision counts them. They must have room for them."""
    devices = [
        VpnConfig(user=user, location_id=server.location_id, name=f"Device {n}", public_key=new_key())
        for user in users
        for n in range(each)
    ]
    VpnConfig.objects.bulk_create(devices, batch_size=_BATCH)
    assignments = [
        IpAssignment(
            device=device,
            user_id=device.user_id,
            server=server,
            location_id=server.location_id,
            host=host,
            ipv4=str(server.network_v4.network_address + host),
            ipv6=str(server.network_v6.network_address + host),
            preshared_key=new_preshared_key(device.pk, server.pk),
        )
        for host, device in enumerate(devices, start=server.next_host)
    ]
    IpAssignment.objects.bulk_create(assignments, batch_size=_BATCH)
    wishes = zip(devices, assignments, range(server.revision + 1, server.revision + 1 + len(devices)), strict=True)
    peers = [
        Peer(server=server, device=d, assignment=a, public_key=d.public_key, revision=revision)
        for d, a, revision in wishes
    ]
    Peer.objects.bulk_create(peers, batch_size=_BATCH)
    Server.objects.filter(pk=server.pk).update(
        revision=server.revision + len(devices), next_host=server.next_host + len(devices)
    )
    server.refresh_from_db()
    return devices


def remove_fleet() -> int:
    """Everything that `make_fleet` made, and what simulated nodes have reported since; returns how many servers there were."""
    with transaction.atomic(durable=True):
        servers = Server.objects.filter(location__slug=SLUG)
        count = servers.count()
        Peer.objects.filter(server__in=servers).delete()
        IpAssignment.objects.filter(server__in=servers).delete()
        UsageCounter.objects.filter(server_id__in=servers.values("pk")).delete()
        User.objects.filter(email__endswith=f"@{DOMAIN}").delete()
        # Days that are over had them in their sums, since no other account's row goes; the job counts all days anew.
        PeopleDay.objects.all().delete()
        servers.delete()
        Location.objects.filter(slug=SLUG).delete()
    return count
