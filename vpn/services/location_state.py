"""Whether a location works, as every page says it: by its servers in service, and how many of them are heard."""

from __future__ import annotations

from vpn.services.heard import HEARD_SQL

_SERVING = "s.state IN ('online', 'draining', 'offline')"
# Two columns, `servers` and `working`, over `vpn_server s` and `vpn_nodestatus n`; they take what HEARD_SQL takes.
COUNTS_SQL = f"""count(s.id) FILTER (WHERE {_SERVING}) AS servers,
       count(s.id) FILTER (WHERE {_SERVING} AND s.stopped_at IS NULL AND {HEARD_SQL}) AS working"""
NOT_IN_SERVICE = "not_in_service"


def state_of(*, servers: int, working: int) -> str:
    """up: every server in service works; degraded: some do; down: none does; not_in_service: there is none, not yet or not any more."""
    if not servers:
        return NOT_IN_SERVICE
    if working == servers:
        return "up"
    return "degraded" if working else "down"
