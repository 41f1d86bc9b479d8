"""Ways in that must stay shut, and ways on that must stay open."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from accounts.errors import AccountSuspended
from accounts.models import User
from tests.factories.accounts import PASSWORD, make_user
from tests.factories.vpn import make_location, make_server, new_key
from vpn.models import Peer
from vpn.services.devices import add_device

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("target", ["device", "help", "foo", "devices"])
def test_a_strange_next_neither_fails_nor_keeps_anybody_out(alice: User, target: str) -> None:
    browser = Client()
    answer = browser.post("/login", {"email": alice.email, "password": PASSWORD, "next": target})
    assert answer.status_code == 302
    assert "_auth_user_id" in browser.session
    assert browser.get(f"/login?next={target}").status_code == 302


def test_support_staff_cannot_set_a_customers_password(alice: User) -> None:
    helper = make_user("helper@example.com", is_staff=True)
    helper.user_permissions.add(Permission.objects.get(codename="change_user"))
    browser = Client()
    browser.force_login(helper)
    address = f"/admin/accounts/user/{alice.pk}/password/"
    new = {"password1": "another long secret", "password2": "another long secret"}
    assert browser.get(address).status_code == 403
    assert browser.post(address, new).status_code == 403
    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)


def test_a_request_in_flight_adds_no_device_to_an_account_suspended_meanwhile(alice: User) -> None:
    make_server(make_location("ams"))
    User.objects.filter(pk=alice.pk).update(is_active=False)
    with pytest.raises(AccountSuspended):
        add_device(user=alice, name="x", location_slug="ams", public_key=new_key())
    assert not Peer.objects.exists()
