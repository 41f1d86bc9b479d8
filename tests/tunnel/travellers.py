"""A customer whose machine reaches the same hosts with and without the tunnel, so that it shows which way packets go."""

from __future__ import annotations

import subprocess
import time
from dataclasses import dataclass
from urllib.parse import urlencode

from tests.live.stack import Stack
from tests.tunnel.cable import listen
from tests.tunnel.lab import Lab
from vpn.wireguard.config import PRIVATE_KEY_PLACEHOLDER

OTHER_V4, OTHER_V6 = "198.51.100.9", "2001:db8:9::9"
PRIVATE_V4, PRIVATE_V6 = "10.77.0.1", "fd77::1"
QUAD9_V4, QUAD9_V6 = "9.9.9.9", "2620:fe::fe"
BESIDE_QUAD9 = "9.9.9.10"
HOSTS = (OTHER_V4, OTHER_V6, PRIVATE_V4, PRIVATE_V6, QUAD9_V4, QUAD9_V6, BESIDE_QUAD9)

TUNNEL, OUTSIDE, BLOCKED = "through the tunnel", "outside", "blocked"


def prepare(lab: Lab) -> None:
    """`world` is all of these hosts; the node has routes to them, and the client's way without a tunnel leads there too."""
    gateways = {"-4": f"{lab.network}.4", "-6": f"fd99:{lab.number:x}::4"}
    for address in HOSTS:
        family, length = ("-6", 128) if ":" in address else ("-4", 32)
        lab.in_("world", "ip", family, "addr", "add", f"{address}/{length}", "dev", "lo")
        lab.in_("node", "ip", family, "route", "add", f"{address}/{length}", "via", gateways[family])
    for family, gateway in gateways.items():
        lab.in_("client", "ip", family, "route", "add", "default", "via", gateway)


@dataclass
class Traveller:
    """A customer with one device, made by the API."""

    lab: Lab
    stack: Stack
    token: str
    device: str
    private_key: str

    def config(self, **choices: str) -> tuple[str, str]:
        """The file and its name as the API gives them, with the private key filled in as the customer would."""
        # A minute's requests are limited, and this suite makes more.
        self.stack.sql("TRUNCATE nexusvpn_counter")
        answer = self.stack.api("GET", f"devices/{self.device}/config?{urlencode(choices)}", token=self.token)
        assert answer.status == 200, answer.body
        text = answer.data["config"]
        assert text.count(PRIVATE_KEY_PLACEHOLDER) == 1
        return text.replace(PRIVATE_KEY_PLACEHOLDER, f"PrivateKey = {self.private_key}"), answer.data["file_name"]

    @property
    def cable(self) -> str:
        return f"nx3v{self.lab.tag}"

    def way_to(self, target: str) -> str:
        """How a packet to the target goes: each way is seen on the cable, and both lead to an answer."""
        with listen(self.cable) as heard:
            answered = self.ping(target)
        if heard.to(target):
            return OUTSIDE
        return TUNNEL if answered else BLOCKED

    def ping(self, target: str, seconds: float = 1) -> bool:
        family = "-6" if ":" in target else "-4"
        command = ["ip", "netns", "exec", self.lab.client, "ping", family, "-n", "-c1", "-W", str(seconds), target]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0

    def wait_until_through(self, target: str, seconds: float = 8) -> None:
        deadline = time.monotonic() + seconds
        while not self.ping(target, 0.3):
            assert time.monotonic() < deadline, f"no answer from {target} within {seconds} s"


def make_traveller(lab: Lab, stack: Stack) -> Traveller:
    stack.sql("TRUNCATE nexusvpn_counter")
    token = stack.new_customer(f"t{time.monotonic_ns()}@example.com")
    made = stack.api("POST", "devices", {"name": f"q{lab.tag}", "location": "demo-1"}, token)
    assert made.data["state"] == "active", made.body
    return Traveller(lab, stack, token, made.data["id"], made.data["private_key"])
