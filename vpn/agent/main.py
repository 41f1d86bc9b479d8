"""The command line: `python -m vpn.agent enrol|run|teardown|status`."""

import argparse
import ipaddress
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from vpn.agent.backends.base import BackendError
from vpn.agent.backends.choose import BACKENDS
from vpn.agent.backoff import CAP_S
from vpn.agent.control import ControlError
from vpn.agent.daemon import Daemon, run_until_signal
from vpn.agent.desired import BadAnswer
from vpn.agent.enrolment import enrol
from vpn.agent.files import StateDirError, StateDirLock, prepare_state_dir
from vpn.agent.identity import load_identity, load_or_make_private_key
from vpn.agent.interface_lock import InterfaceLock
from vpn.agent.link import check_interface_name
from vpn.agent.logs import set_up_logging
from vpn.agent.made import load_made
from vpn.agent.node import Node
from vpn.agent.status import describe
from vpn.agent.tools import ToolError

TOKEN_VARIABLE: Final = "NEXUSVPN_ENROLMENT_TOKEN"
DEFAULT_STATE_DIR: Final = "/var/lib/nexusvpn-agent"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status: 0 done, 1 failed (with a line on standard error), 2 wrong usage."""
    options = _parser().parse_args(arguments)
    set_up_logging()
    try:
        status: int = options.command(options)
    except (ControlError, BadAnswer, StateDirError, ToolError, BackendError, ValueError) as error:
        print(f"{options.name}: {error}", file=sys.stderr)
        return 1
    return status


def run_enrol(options: argparse.Namespace) -> int:
    """Enrol this node."""
    token = _read_token(options.token_file)
    name = check_interface_name(options.interface)
    prepare_state_dir(options.state_dir)
    with StateDirLock(options.state_dir):
        identity = enrol(options.control_url, token, options.state_dir, name, options.listen_port, options.backend)
    print(f"enrolled as {identity.node_id}")
    return 0


def run_agent(options: argparse.Namespace) -> int:
    """Serve until a signal comes."""
    identity = load_identity(options.state_dir)
    with StateDirLock(options.state_dir), InterfaceLock(identity.interface):
        run_until_signal(Daemon(options.state_dir, options.backoff_cap, options.allow_network), options.ephemeral)
    return 0


def run_teardown(options: argparse.Namespace) -> int:
    """Remove what the agent made; keys, credential and counters stay. Nothing made is nothing to do."""
    if not options.state_dir.exists():
        return 0
    with StateDirLock(options.state_dir):
        if load_made(options.state_dir) is None:
            return 0
        identity = load_identity(options.state_dir)
        node = Node(options.state_dir, identity, load_or_make_private_key(options.state_dir))
        with InterfaceLock(identity.interface):
            node.find_interface()
            node.remove_interface()
    return 0


def run_status(options: argparse.Namespace) -> int:
    """Print a short status."""
    print(describe(options.state_dir))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m vpn.agent", description="The NexusVPN node agent.")
    commands = parser.add_subparsers(dest="name", required=True)

    command = commands.add_parser("enrol", help="make this machine a node, with a one-time token")
    command.description = f"The token comes from ${TOKEN_VARIABLE}, from --token-file, or from standard input."
    command.set_defaults(command=run_enrol)
    command.add_argument("--control-url", required=True, help="base URL of the control plane")
    command.add_argument("--interface", default="wg-nexus", help="name for the WireGuard interface")
    command.add_argument("--listen-port", type=int, help="UDP port, instead of the control plane's choice")
    command.add_argument("--token-file", type=Path, help="file that holds the token")
    command.add_argument("--backend", choices=BACKENDS, default="auto", help="how to reach WireGuard")
    _add_state_dir(command)

    command = commands.add_parser("run", help="serve, follow the control plane, report")
    command.set_defaults(command=run_agent)
    command.add_argument("--ephemeral", action="store_true", help="remove everything when ended by a signal")
    command.add_argument("--backoff-cap", type=float, default=CAP_S, help="longest wait between attempts, in s")
    command.add_argument(
        "--allow-network",
        action="append",
        default=[],
        type=_network,
        metavar="CIDR",
        help="a private network that customers may reach behind this node; may be repeated (otherwise none)",
    )
    _add_state_dir(command)

    command = commands.add_parser("teardown", help="remove the interface, firewall table and sysctl changes")
    command.set_defaults(command=run_teardown)
    _add_state_dir(command)

    command = commands.add_parser("status", help="print a short status")
    command.set_defaults(command=run_status)
    _add_state_dir(command)
    return parser


def _add_state_dir(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--state-dir", type=Path, default=Path(DEFAULT_STATE_DIR), help="where the agent keeps its files"
    )


def _network(text: str) -> str:
    """A network in CIDR form; raises ValueError, which argparse turns into a complaint."""
    return str(ipaddress.ip_network(text))


def _read_token(token_file: Path | None) -> str:
    """Return the token; never from the arguments, which every user of the machine can read.

    Raises ValueError.
    """
    token = os.environ.pop(TOKEN_VARIABLE, "")
    if not token:
        token = token_file.read_text(encoding="ascii") if token_file else sys.stdin.readline()
    token = token.strip()
    if not token:
        raise ValueError("the enrolment token is empty")
    return token
