import pytest
from tests.browser.test_second_factor import *  # noqa
from tests.browser.conftest import NARROW, WIDE

for n in [n for n in list(globals()) if n.startswith("test_")]:
    del globals()[n]
pytestmark = pytest.mark.live


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_shots(open_context, stack, person, scheme):
    ctx = open_context(base_url=f"http://localhost:{stack.port}", color_scheme=scheme)
    page = ctx.new_page()
    virtual_authenticator(page)

    def shot(name):
        for size, vp in (("wide", WIDE), ("narrow", NARROW)):
            page.set_viewport_size(vp)
            page.screenshot(path=f"/tmp/shots/{scheme}-{size}-{name}.png", full_page=True)
        page.set_viewport_size(WIDE)

    page.goto("/login")
    shot("login")
    sign_in(page, person.email)
    page.goto("/settings/security")
    shot("security-off")
    page.goto("/settings/security/confirm")
    shot("confirm")
    page.goto("/settings/security/authenticator")
    shot("auth0")
    page.get_by_role("button", name="Show QR code").click()
    page.wait_for_selector("[data-qr] svg")
    shot("auth1")
    secret = page.locator("#totp-secret").inner_text().replace(" ", "")
    seed = base64.b32decode(secret + "=" * (-len(secret) % 8))
    page.get_by_label("Code from the app").fill(code_at(seed, int(time.time()) // STEP_S))
    page.get_by_role("button", name="Switch on").click()
    page.wait_for_selector("#recovery-codes")
    shot("codes")
    page.goto("/settings/security/passkeys/new")
    shot("passkey-new")
    page.get_by_label("Name").fill("Laptop")
    page.get_by_role("button", name="Add passkey").click()
    page.wait_for_url("**/settings/security")
    shot("security-on")
    page.get_by_role("link", name="Rename or remove Laptop").click()
    shot("passkey")
    page.get_by_role("button", name="Sign out").click()
    give_password(page, person.email)
    page.wait_for_url("**/login/code")
    shot("code")
