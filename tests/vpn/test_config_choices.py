"""What a person may choose for a configuration, and that nothing else is taken."""

from __future__ import annotations

import ipaddress
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexusvpn.errors import InvalidInput
from vpn.errors import SplitTooLarge, UnknownLocation
from vpn.services.config_choices import DEFAULT_CHOICES, PARSERS, ConfigChoices, parse_choices
from vpn.wireguard.mobileconfig import OnDemand, Platform, ProfileOptions
from vpn.wireguard.split import PRIVATE, Split, SplitMode


def addresses(*texts: str) -> tuple[Any, ...]:
    return tuple(ipaddress.ip_address(text) for text in texts)


def networks(*texts: str) -> tuple[Any, ...]:
    return tuple(ipaddress.ip_network(text) for text in texts)


def refusal(**values: str) -> dict[str, list[str]]:
    with pytest.raises(InvalidInput) as caught:
        parse_choices(values)
    return caught.value.fields


def test_nothing_said_is_everything_as_we_have_it() -> None:
    assert parse_choices({}) == DEFAULT_CHOICES == ConfigChoices()


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"location": "ams-1"}, ConfigChoices(location="ams-1")),
        ({"dns": "server"}, ConfigChoices(dns=None)),
        ({"dns": "none"}, ConfigChoices(dns=())),
        ({"dns": "10.0.0.53"}, ConfigChoices(dns=addresses("10.0.0.53"))),
        ({"dns": "9.9.9.9, 2620:fe::fe,1.1.1.1 ,fd00::53"}, None),
        ({"mtu": "1280"}, ConfigChoices(mtu=1280)),
        ({"mtu": "1500"}, ConfigChoices(mtu=1500)),
        ({"port": "1"}, ConfigChoices(port=1)),
        ({"port": "65535"}, ConfigChoices(port=65535)),
        ({"ipv6": "on", "kill_switch": "off", "split": "none"}, DEFAULT_CHOICES),
        ({"ipv6": "off", "kill_switch": "on"}, ConfigChoices(ipv6=False, kill_switch=True)),
        (
            {"split": "include:10.0.0.0/8, fd00::/8,192.0.2.1"},
            ConfigChoices(split=Split(SplitMode.INCLUDE, networks("10.0.0.0/8", "fd00::/8", "192.0.2.1/32"))),
        ),
        (
            {"split": "exclude:private,203.0.113.0/24"},
            ConfigChoices(split=Split(SplitMode.EXCLUDE, (*PRIVATE, *networks("203.0.113.0/24")))),
        ),
        (
            {"platform": "macos", "on_demand": "wifi", "trusted_wifi": "Home\r\n Büro\n\nHome"},
            ConfigChoices(profile=ProfileOptions(Platform.MACOS, OnDemand.WIFI, ("Home", " Büro"))),
        ),
    ],
)
def test_what_is_taken(values: dict[str, str], expected: ConfigChoices | None) -> None:
    if expected is None:
        expected = ConfigChoices(dns=addresses("9.9.9.9", "2620:fe::fe", "1.1.1.1", "fd00::53"))
    assert parse_choices(values) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("quad9", addresses("9.9.9.9", "149.112.112.112", "2620:fe::fe", "2620:fe::9")),
        ("cloudflare", addresses("1.1.1.1", "1.0.0.1", "2606:4700:4700::1111", "2606:4700:4700::1001")),
        ("adguard", addresses("94.140.14.14", "94.140.15.15", "2a10:50c0::ad1:ff", "2a10:50c0::ad2:ff")),
    ],
)
def test_a_resolver_may_be_chosen_by_name(name: str, expected: tuple[Any, ...]) -> None:
    assert parse_choices({"dns": name}).dns == expected
    assert parse_choices({"dns": name, "ipv6": "off"}).dns == expected[:2]


@pytest.mark.parametrize(
    ("field", "text"),
    [
        *(("location", text) for text in ("", "a b", "../x", "ä", "x" * 41, "a\0", "a\n")),
        *(("dns", text) for text in ("", ",", "mullvad", "Quad9", "9.9.9", "9.9.9.9,", "9.9.9.9;1.1.1.1", "one.one.one.one")),
        *(("dns", text) for text in ("1.1.1.1,1.0.0.1,9.9.9.9,8.8.8.8,8.8.4.4", "9.9.9.9,9.9.9.9", "fd00::1,FD00:0::1")),
        *(("dns", text) for text in ("0.0.0.0", "::", "127.0.0.1", "::1", "224.0.0.251", "ff02::fb", "fe80::1", "169.254.1.1")),
        *(("dns", text) for text in ("fd00::1%$(reboot)", "9.9.9.9\nPostUp = reboot", "9.9.9.9 #", "٩.9.9.9", "09.9.9.9")),
        *(("mtu", text) for text in ("", "1279", "1501", "-1400", "+1400", "1400.0", "1e3", "01400x", "１４００", " 1400")),
        *(("port", text) for text in ("", "0", "65536", "-1", "http", "443 ", "000443")),
        *((name, text) for name in ("ipv6", "kill_switch") for text in ("", "ON", "1", "true", "yes")),
        *(("split", text) for text in ("", "all", "include", "include:", "exclude: ", "only:10.0.0.0/8", "Include:10.0.0.0/8")),
        *(("split", f"include:{text}") for text in ("10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/255.0.0.0", "x", ",")),
        *(("split", f"exclude:{text}") for text in ("fd00::%$(reboot)/64", "10.0.0.0/8,", "10.0.0.0/8 fd00::/8", "Private", "::/129")),
        ("platform", "android"),
        ("platform", ""),
        ("on_demand", "always "),
        *(("trusted_wifi", text) for text in ("x" * 33, "ä" * 17, "a\0b", "\ud800", "\n".join(map(str, range(17))))),
    ],
)  # fmt: skip
def test_what_is_refused_names_its_field(field: str, text: str) -> None:
    assert list(refusal(**{field: text})) == [field]


def test_an_unknown_choice_is_named() -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_choices({"dns": "none", "killswitch": "on", "x": ""})
    assert (caught.value.code, list(caught.value.fields)) == ("unknown_field", ["killswitch", "x"])


def test_every_bad_choice_is_named_at_once() -> None:
    assert list(refusal(mtu="9", dns="x", ipv6="off", split="?")) == ["mtu", "dns", "split"]


def test_a_malformed_slug_is_an_unknown_location() -> None:
    assert refusal(location="a b") == {"location": [UnknownLocation.message]}


def test_a_network_with_host_bits_is_refused_with_the_one_that_was_meant() -> None:
    (message,) = refusal(split="exclude:10.0.0.0/8,192.168.1.7/24")["split"]
    assert message == "Entry 2 is an address within a network; the network is 192.168.1.0/24."


def test_sixty_four_networks_are_taken_and_one_more_is_not() -> None:
    many = [f"10.{number}.0.0/24" for number in range(65)]
    assert len(parse_choices({"split": "exclude:" + ",".join(many[:64])}).split.networks) == 64
    with pytest.raises(SplitTooLarge) as caught:
        parse_choices({"split": "exclude:" + ",".join(many)})
    assert (caught.value.code, list(caught.value.fields)) == ("split_too_large", ["split"])


def test_an_ipv6_dns_server_of_ones_own_needs_ipv6() -> None:
    assert list(refusal(dns="9.9.9.9,fd00::53", ipv6="off")) == ["dns"]
    assert parse_choices({"dns": "9.9.9.9", "ipv6": "off"}).dns == addresses("9.9.9.9")


@pytest.mark.parametrize("on_demand", ["off", "not_wifi"])
def test_trusted_networks_without_connecting_on_wifi_are_refused(on_demand: str) -> None:
    assert list(refusal(on_demand=on_demand, trusted_wifi="Home")) == ["trusted_wifi"]


@given(st.dictionaries(st.sampled_from(sorted(PARSERS)), st.text(max_size=60)))
def test_any_text_is_either_taken_or_refused(values: dict[str, str]) -> None:
    with suppress(InvalidInput):
        parse_choices(values)
