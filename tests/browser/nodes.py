"""What the demo's nodes would report, written as a report writes it; and a page that looks at once."""

from __future__ import annotations

from playwright.sync_api import Page

from tests.live.stack import Stack

APPLIED = """
UPDATE vpn_nodestatus n SET applied_revision = s.revision, applied_epoch = s.epoch FROM vpn_server s WHERE s.id = n.server_id
"""
FORGET = "DELETE FROM vpn_peer WHERE NOT wanted"
PROVE = """
UPDATE vpn_vpnconfig d SET removal_confirmed_at = now()
WHERE revoked_at IS NOT NULL AND removal_confirmed_at IS NULL AND NOT EXISTS (SELECT 1 FROM vpn_peer p WHERE p.device_id = d.id)
"""


def nodes_confirm(stack: Stack) -> None:
    """Every node has applied everything that is wished now, the removals among them."""
    for statement in (APPLIED, FORGET, PROVE):
        stack.sql(statement)


def node_says(stack: Stack, device: str, connection: str) -> None:
    nodes_confirm(stack)
    stack.sql("UPDATE vpn_peer SET connection = %s WHERE device_id = %s", connection, device)


def ask_now(page: Page) -> None:
    """What the page does when it is looked at again, without waiting for its next turn."""
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
