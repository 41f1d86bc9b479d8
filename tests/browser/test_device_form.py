"""The form for a new device when things go wrong: nothing typed is lost, and no device is made twice."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.browser.people import Person, fill_device, private_key_of, read_qr, sign_in, submit_device
from tests.browser.watch import Watch
from tests.factories.vpn import new_key
from vpn.wireguard.keys import derive_public_key, generate_key_pair

pytestmark = pytest.mark.live


@pytest.fixture
def page(context: BrowserContext, watch: Watch, person: Person) -> Page:
    opened = context.new_page()
    sign_in(opened, person.email)
    return opened


def lose_the_next_answer(page: Page) -> None:
    """The request arrives and is carried out; its answer never comes back."""

    def lose(route: Route) -> None:
        assert route.fetch().status == 201
        route.abort("connectionreset")

    page.route("**/devices/new", lose, times=1)


def test_a_refusal_stands_at_its_field_and_the_rest_is_kept(page: Page, person: Person, watch: Watch) -> None:
    watch.expected = {409}
    person.add_device("Phone", new_key())
    fill_device(page, "phone", "demo-2")
    submit_device(page)
    name = page.get_by_label("Name")
    expect(name).to_be_focused()
    expect(name).to_have_attribute("aria-invalid", "true")
    expect(name).to_have_accessible_description(
        "What you call it: Phone, Work laptop, Router. You have a device with this name already."
    )
    expect(page.get_by_label("Location")).to_have_value("demo-2")
    name.fill("Laptop")
    submit_device(page)
    expect(page.get_by_role("heading", name="Laptop is added")).to_be_visible()
    assert {device["name"] for device in person.devices()} == {"Phone", "Laptop"}
    watch.assert_quiet()


def test_after_a_lost_answer_sending_again_gives_the_same_device(page: Page, person: Person) -> None:
    fill_device(page, "Laptop")
    lose_the_next_answer(page)
    submit_device(page)
    expect(page.get_by_role("alert")).to_contain_text("we do not know whether the device was added")
    assert len(person.devices()) == 1
    submit_device(page)
    config = read_qr(page.locator("[data-slot=qr] svg"))
    (device,) = person.devices()
    assert derive_public_key(private_key_of(config)) == device["public_key"]


def test_after_a_lost_answer_another_name_is_another_device_and_the_first_is_told(page: Page, person: Person) -> None:
    fill_device(page, "Laptop")
    lose_the_next_answer(page)
    submit_device(page)
    expect(page.get_by_role("alert")).to_contain_text("We got no answer")
    page.get_by_label("Name").fill("Phone")
    submit_device(page)
    expect(page.get_by_role("alert")).to_contain_text("An earlier try did add a device")
    submit_device(page)
    config = read_qr(page.locator("[data-slot=qr] svg"))
    keys = {device["name"]: device["public_key"] for device in person.devices()}
    assert keys["Phone"] == derive_public_key(private_key_of(config))
    assert set(keys) == {"Laptop", "Phone"}


@pytest.mark.parametrize(
    ("status", "headers", "text"),
    [
        (429, {"Retry-After": "17"}, "Try again in 17 seconds."),
        (500, {}, "because of a fault on our side"),
        (403, {}, "This page is out of date."),
    ],
)
def test_an_answer_that_is_no_json_is_told_in_words(
    page: Page, person: Person, status: int, headers: dict[str, str], text: str
) -> None:
    fill_device(page, "Laptop")
    page.route(
        "**/devices/new",
        lambda route: route.fulfill(status=status, headers={"Content-Type": "text/html", **headers}, body="<p>no</p>"),
        times=1,
    )
    submit_device(page)
    expect(page.get_by_role("alert")).to_contain_text(text)
    expect(page.get_by_label("Name")).to_have_value("Laptop")
    assert person.devices() == []


def test_two_quick_clicks_make_one_device(page: Page, person: Person) -> None:
    fill_device(page, "Laptop")
    page.get_by_role("button", name="Add device").dblclick()
    expect(page.get_by_role("heading", name="Laptop is added")).to_be_visible()
    assert len(person.devices()) == 1


def test_with_a_key_of_ones_own_there_is_no_qr_code_but_a_place_for_it(page: Page, person: Person) -> None:
    own = generate_key_pair()
    fill_device(page, "Router")
    page.get_by_text("Use a key that you already have").click()
    page.get_by_label("Public key").fill(own.public_key)
    submit_device(page)
    expect(page.get_by_text("Put your own private key in place of the line")).to_be_visible()
    expect(page.locator("[data-slot=qr]")).to_have_count(0)
    expect(page.locator("#device-config")).to_contain_text("# PrivateKey =")
    assert [device["public_key"] for device in person.devices()] == [own.public_key]


def test_a_hostile_name_is_text_in_what_scripts_write(page: Page, person: Person, watch: Watch) -> None:
    name = "<img src=x onerror=alert(1)>'\"&${1}"
    fill_device(page, name)
    submit_device(page)
    expect(page.get_by_role("heading", name=f"{name} is added")).to_be_visible()
    page.goto("/devices")
    expect(page.get_by_role("link", name=name)).to_be_visible()
    watch.assert_quiet()
