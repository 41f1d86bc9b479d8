"""Becoming a node of a control plane with a one-time token."""

import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from vpn.agent.backoff import Backoff
from vpn.agent.control import ControlClient, ControlError, Refused
from vpn.agent.desired import BadAnswer, parse_interface
from vpn.agent.files import StateDirError, prepare_state_dir
from vpn.agent.identity import (
    DEFAULT_REPORT_INTERVAL_S,
    IDENTITY_NAME,
    Identity,
    load_identity,
    load_or_make_private_key,
    public_key_of,
)
from vpn.agent.logs import log_event
from vpn.agent.version import AGENT_VERSION, PROTOCOL_VERSION

ATTEMPTS: Final = 10


def enrol(
    control_url: str,
    token: str,
    state_dir: Path,
    interface: str,
    listen_port: int | None = None,
    backend: str = "auto",
    sleep: Callable[[float], None] = time.sleep,
) -> Identity:
    """Enrol this node and keep what the control plane says about it; returns the identity.

    A lost reply is no harm: the same token with the same key may be sent again. Raises Refused at once if
    the control plane says no, ControlError after ten attempts without an answer, StateDirError if the
    directory already serves another interface.
    """
    prepare_state_dir(state_dir)
    if control_url.startswith("http://"):
        log_event("control_url_not_encrypted", level=logging.WARNING)
    if (state_dir / IDENTITY_NAME).exists() and load_identity(state_dir).interface != interface:
        raise StateDirError("this state directory belongs to another interface")
    public_key = public_key_of(load_or_make_private_key(state_dir))
    data = _ask(ControlClient(control_url), token, public_key, sleep)
    identity = _identity(data, control_url, interface, listen_port, backend)
    identity.save(state_dir)
    log_event("enrolled", node_id=identity.node_id, public_key=public_key)
    return identity


def _ask(client: ControlClient, token: str, public_key: str, sleep: Callable[[float], None]) -> dict[str, Any]:
    body = {
        "token": token,
        "public_key": public_key,
        "agent_version": AGENT_VERSION,
        "protocol_version": PROTOCOL_VERSION,
    }
    backoff = Backoff(cap_s=10.0)
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return client.post("enrol", body)
        except ControlError as error:
            final = isinstance(error, Refused) and error.status < 500 and error.status != 429
            if final or attempt == ATTEMPTS:
                raise
            delay_s = backoff.next_delay(error.retry_after_s)
            log_event("enrolment_retry", level=logging.WARNING, detail=str(error), retry_in_s=round(delay_s, 2))
            sleep(delay_s)
        finally:
            client.close()
    raise AssertionError("the loop returns or raises")


def _identity(
    data: dict[str, Any], control_url: str, interface: str, listen_port: int | None, backend: str
) -> Identity:
    settings = parse_interface(data.get("interface"))
    node_id, credential, poll_url = data.get("node_id"), data.get("credential"), data.get("poll_url")
    if not isinstance(node_id, str) or not isinstance(credential, str) or not credential.isprintable():
        raise BadAnswer("the enrolment's answer is malformed")
    interval = data.get("report_interval_s")
    return Identity(
        control_url=control_url,
        poll_url=poll_url if isinstance(poll_url, str) else "",
        node_id=node_id,
        credential=credential,
        interface=interface,
        addresses=settings.addresses,
        port=settings.listen_port,
        mtu=settings.mtu,
        report_interval_s=float(interval) if isinstance(interval, int | float) else DEFAULT_REPORT_INTERVAL_S,
        listen_port=listen_port,
        backend=backend,
        extra_ports=settings.extra_ports,
        speed_test_port=settings.speed_test_port,
    )
