"""The nftables table of an interface."""

from tests.agent.namespaces import Namespace
from vpn.agent.forwarding import render_firewall

ADDRESSES = ("10.64.0.1/16", "fd00:64::1/64")


def test_the_table_is_replaced_in_one_transaction_and_no_other_is_named() -> None:
    lines = render_firewall("wg9", ADDRESSES).splitlines()
    assert lines[:3] == ["table inet nexusvpn_wg9", "delete table inet nexusvpn_wg9", "table inet nexusvpn_wg9 {"]
    assert not any("flush" in line for line in lines)


def test_both_families_are_masqueraded_and_clamped_and_customers_kept_apart(space: Namespace) -> None:
    space.run("nft", "-f", "-", stdin=render_firewall("wg-nexus_9", ADDRESSES))
    space.run("nft", "-f", "-", stdin=render_firewall("wg-nexus_9", ADDRESSES))
    shown = space.run("nft", "list", "ruleset")
    assert shown.count("table inet") == 1
    assert 'ip saddr 10.64.0.0/16 oifname != "wg-nexus_9" masquerade' in shown
    assert 'ip6 saddr fd00:64::/64 oifname != "wg-nexus_9" masquerade' in shown
    assert shown.count("tcp option maxseg size set rt mtu") == 2
    assert 'iifname "wg-nexus_9" oifname "wg-nexus_9" drop' in shown
