"""The sign-ins of a development checkout: one for a customer, one for a superuser, one for each role of staff."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from accounts.models import User
from accounts.roles import OWNER, ROLES
from vpn.management.commands.create_demo_data import CUSTOMER, ROLE_ADDRESSES, STAFF


@pytest.mark.django_db
def test_every_role_has_a_sign_in_that_is_printed_once(settings: Any) -> None:
    settings.DEBUG = True
    said = StringIO()
    call_command("create_demo_data", stdout=said)
    printed = dict(line.split() for line in said.getvalue().splitlines()[1:])
    assert set(printed) == {CUSTOMER, STAFF, *ROLE_ADDRESSES.values()}
    for role in ROLES:
        user = User.objects.get(email=ROLE_ADDRESSES[role])
        assert user.check_password(printed[user.email])
        assert [group.name for group in user.groups.all()] == [role]
        assert user.is_staff
        assert not user.is_superuser
        assert user.has_perm("auth.change_group") is (role == OWNER)
    again = StringIO()
    call_command("create_demo_data", stdout=again)
    assert again.getvalue() == ""
