"""The lines of the kill switch; tests/tunnel/test_kill_switch.py shows what they do to real packets."""

import ipaddress
import re
import subprocess
from pathlib import Path

import pytest

from tests.agent.needs import require_root_networking
from tests.vpn.wireguard.test_split import QUAD9, SERVER, split
from vpn.wireguard.config import ClientConfig, ClientInterface, InvalidConfigValue, ServerPeer, render_client_config
from vpn.wireguard.keys import generate_key_pair
from vpn.wireguard.kill_switch import FWMARK, Hooks, kill_switch
from vpn.wireguard.networks import Address
from vpn.wireguard.split import MAX_NETWORKS, Split, plan_routes

# The longest argument that Linux hands to a program: MAX_ARG_STRLEN, execve(2).
LONGEST_ARGUMENT = 131072
PIHOLE = ipaddress.ip_address("192.168.1.53")


def hooks(chosen: Split, *, dns: tuple[Address, ...] = (QUAD9,), ipv6: bool = True, by_name: bool = False) -> Hooks:
    routes = plan_routes(chosen, dns=dns, endpoint_host=SERVER, ipv6=ipv6)
    return kill_switch(chosen, routes, dns=dns, endpoint_is_name=by_name)


def guard(chosen: Split, **options: object) -> list[str]:
    """The rules that decide, once a packet is neither the tunnel's own nor for this computer."""
    (line,) = hooks(chosen, **options).post_up  # type: ignore[arg-type]
    found = re.search(r"chain guard \{ (.*?); \};", line)
    assert found is not None
    return found[1].split("; ")


def test_everything_that_is_not_in_the_tunnel_is_refused_in_both_families() -> None:
    assert guard(Split()) == ['oifname \\"%i\\" accept', "reject"]
    assert guard(Split(), ipv6=False) == guard(Split())


def test_only_what_a_split_includes_is_guarded_and_its_dns() -> None:
    assert guard(split("include", "10.0.0.0/8"))[1:] == [
        "ip daddr != { 9.9.9.9/32, 10.0.0.0/8 } accept",
        "meta nfproto ipv6 accept",
        "reject",
    ]


def test_what_a_split_excludes_passes_but_for_the_dns_in_it() -> None:
    rules = guard(split("exclude", "192.168.1.52/30", "fd00::/8"), dns=(PIHOLE, QUAD9))
    assert rules[1:] == [
        "ip daddr { 192.168.1.52/32, 192.168.1.54/31 } accept",
        "ip6 daddr { fd00::/8 } accept",
        "reject",
    ]


def test_the_tunnels_own_packets_get_a_mark_where_wg_quick_gives_none() -> None:
    assert hooks(Split()).fwmark is None
    assert hooks(split("exclude", "fd00::/8")).fwmark is None
    assert hooks(split("exclude", "10.0.0.0/8", "fd00::/8")).fwmark == FWMARK
    assert hooks(split("include", "10.0.0.0/8")).fwmark == FWMARK


def test_a_table_left_behind_is_removed_first_only_where_a_name_must_be_looked_up() -> None:
    assert hooks(Split()).pre_up == ()
    by_name = hooks(Split(), by_name=True)
    assert by_name.pre_up == by_name.pre_down


def test_the_longest_table_fits_into_one_argument() -> None:
    excluded = [f"{0x2000 + 2 * number:x}::/16" for number in range(MAX_NETWORKS)]
    dns = tuple(ipaddress.ip_address(f"{0x2000 + 2 * number:x}:5555::5555") for number in range(4))
    (line,) = hooks(split("exclude", *excluded), dns=dns).post_up
    assert line.count("/") > 4 * 100
    assert len(line) < LONGEST_ARGUMENT / 4


@pytest.mark.parametrize(
    "chosen",
    [
        Split(),
        split("include", "10.0.0.0/8"),
        split("include", "fd00::/8"),
        split("exclude", "0.0.0.0/0"),
        split("exclude", "9.9.9.9", "fd00::/8"),
        split("exclude", "192.168.0.0/16", "192.168.1.0/24", "0.0.0.0/8"),
    ],
)
def test_nftables_takes_every_form_of_the_table(chosen: Split) -> None:
    require_root_networking()
    (line,) = hooks(chosen).post_up
    # As the shell of wg-quick would hand it over.
    commands = line.removeprefix('nft "').removesuffix('"').replace('\\"', '"').replace("%i", "wg-test.0_a")
    commands = commands.replace("$(wg show wg-test.0_a fwmark)", "0xca6c")
    done = subprocess.run(["nft", "-c", commands], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def config(made: Hooks, comments: tuple[str, ...] = ()) -> str:
    interface = ClientInterface(("10.64.0.9/32",), (), 1420, generate_key_pair().private_key, made)
    return render_client_config(
        ClientConfig(interface, ServerPeer(generate_key_pair().public_key, "192.0.2.1", 51820), comments)
    )


def test_the_lines_stand_in_the_interface_section_and_strip_leaves_what_wg_takes(tmp_path: Path) -> None:
    text = config(hooks(split("include", "10.0.0.0/8"), by_name=True), ("Know this.", "And this."))
    assert text.startswith("# Know this.\n# And this.\n\n[Interface]\nPrivateKey = ")
    interface = text.split("[Peer]")[0]
    assert [line.split(" ")[0] for line in interface.splitlines()[4:] if line] == [
        "PrivateKey", "Address", "MTU", "FwMark", "PreUp", "PostUp", "PreDown"
    ]  # fmt: skip
    file = tmp_path / "wgtest.conf"
    file.write_text(text)
    file.chmod(0o600)
    stripped = subprocess.run(["wg-quick", "strip", str(file)], capture_output=True, text=True, check=True).stdout
    assert f"FwMark = {FWMARK}" in stripped
    assert "nft" not in stripped


@pytest.mark.parametrize(
    "made", [Hooks(post_up=("true # rest",)), Hooks(pre_up=("true\nPostUp = reboot",)), Hooks(pre_down=("ä",))]
)
def test_a_hook_that_wg_quick_would_read_otherwise_is_refused(made: Hooks) -> None:
    with pytest.raises(InvalidConfigValue):
        config(made)


@pytest.mark.parametrize("comment", ["a\nPostUp = reboot", "a\rb", "Zürich", "\x1b[2J"])
def test_a_comment_is_one_line_of_ascii(comment: str) -> None:
    with pytest.raises(InvalidConfigValue):
        config(Hooks(), (comment,))
