"""The roles of staff: what sync makes of them, and that nobody raises themselves or others above themselves."""

from __future__ import annotations

from io import StringIO

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.test import Client

from accounts.models import AuditEvent, User
from accounts.roles import BILLING, OWNER, ROLES, SUPPORT, permissions_held, sync_roles
from accounts.services.suspension import suspend_account
from nexusvpn.errors import NotAllowed
from tests.admin.addresses import change, save
from tests.admin.conftest import browser_with_factor
from tests.factories.accounts import make_user


def member(role: str, name: str = "") -> User:
    sync_roles()
    user = make_user(f"{name or role.lower()}@staff.example", is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    return User.objects.get(pk=user.pk)


@pytest.fixture
def owner(db: None) -> User:
    return member(OWNER)


@pytest.fixture
def browser(owner: User) -> Client:
    return browser_with_factor(owner)


def rights(user: User) -> tuple[bool, bool, list[str]]:
    now = User.objects.get(pk=user.pk)
    return now.is_staff, now.is_superuser, list(now.groups.values_list("name", flat=True))


@pytest.mark.django_db
def test_sync_owns_its_four_groups_and_leaves_others_and_members_alone() -> None:
    night = Group.objects.create(name="Night shift")
    some = Permission.objects.get(codename="view_ticket")
    night.permissions.add(some)
    helper = member(SUPPORT)
    support = Group.objects.get(name=SUPPORT)
    right = set(support.permissions.all())
    support.permissions.set(Permission.objects.filter(codename__in=("view_ticket", "delete_group")))
    said = StringIO()
    call_command("sync_roles", stdout=said)
    call_command("sync_roles", stdout=StringIO())
    assert set(support.permissions.all()) == right
    assert list(night.permissions.all()) == [some]
    assert list(helper.groups.all()) == [support]
    assert [line.split(":")[0] for line in said.getvalue().splitlines()] == list(ROLES)


@pytest.mark.django_db
def test_a_role_that_names_what_is_not_there_is_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    sync_roles()
    monkeypatch.setitem(ROLES, SUPPORT, {"accounts.user": "view fly"})
    with pytest.raises(ValueError, match="fly"):
        sync_roles()
    assert Group.objects.get(name=SUPPORT).permissions.count() > 10


def test_an_owner_makes_a_colleague_and_takes_it_back(browser: Client, owner: User, alice: User) -> None:
    address, support = f"{change(alice)}?rights=1", Group.objects.get(name=SUPPORT)
    save(browser, address, {"full_name": "Alice", "is_staff": "on", "groups": [support.pk]})
    assert rights(alice) == (True, False, [SUPPORT])
    act = AuditEvent.objects.get(action="rights_changed")
    assert (act.actor_id, act.person_id) == (owner.pk, alice.pk)
    save(browser, change(alice), {"full_name": "Alice"})
    assert rights(alice) == (False, False, [])


@pytest.mark.parametrize("role", [SUPPORT, BILLING])
def test_nobody_else_does(alice: User, role: str) -> None:
    browser = browser_with_factor(member(role))
    form = {"full_name": "Alice", "is_staff": "on", "is_superuser": "on", "groups": [Group.objects.get(name=role).pk]}
    save(browser, f"{change(alice)}?rights=1", form)
    assert rights(alice) == (False, False, [])
    group = Group.objects.create(name="Mine")
    assert browser.get("/admin/auth/group/add/").status_code == 403
    assert browser.post(f"/admin/auth/group/{group.pk}/change/", {"name": "Ours"}).status_code == 403


def test_an_owner_changes_neither_themselves_nor_whoever_may_do_more(browser: Client, owner: User, sam: User) -> None:
    other = member(OWNER, "second")
    other.user_permissions.add(Permission.objects.get(codename="delete_logentry"))
    form = {"full_name": "x", "is_staff": "", "is_superuser": "on"}
    for user in (owner, sam, other):
        before = rights(user)
        assert browser.post(f"{change(user)}?rights=1", form).status_code == 403
        assert rights(user) == before


def test_an_owner_gives_nothing_that_they_do_not_have(browser: Client, alice: User) -> None:
    beyond = Permission.objects.get(codename="delete_logentry")
    above = Group.objects.create(name="Above")
    above.permissions.add(beyond)
    own = Permission.objects.get(codename="view_ticket")
    form = {"full_name": "Alice", "is_staff": "on", "groups": [above.pk], "user_permissions": [own.pk]}
    assert save(browser, f"{change(alice)}?rights=1", form).status_code == 200
    assert rights(alice) == (False, False, [])
    form = {"full_name": "Alice", "is_staff": "on", "email": "mine@example.com", "is_superuser": "on"}
    save(browser, f"{change(alice)}?rights=1", {**form, "user_permissions": [own.pk]})
    assert rights(alice) == (True, False, [])
    assert not permissions_held(alice).exists()
    assert User.objects.get(pk=alice.pk).email == alice.email
    answer = browser.post("/admin/auth/group/add/", {"name": "Wide", "permissions": [beyond.pk]})
    assert answer.status_code == 200
    assert browser.post("/admin/auth/group/add/", {"name": "Narrow", "permissions": [own.pk]}).status_code == 302
    assert set(Group.objects.filter(name__in=("Wide", "Narrow")).values_list("name", flat=True)) == {"Narrow"}
    assert browser.post(f"/admin/auth/group/{above.pk}/change/", {"name": "Mine"}).status_code == 403
    assert browser.post(f"/admin/auth/group/{above.pk}/delete/", {"post": "yes"}).status_code == 403


def test_the_roles_themselves_are_changed_by_nobody_in_the_admin(browser: Client, sam: User) -> None:
    group = Group.objects.get(name=SUPPORT)
    for each in (browser, browser_with_factor(sam)):
        assert each.get(f"/admin/auth/group/{group.pk}/change/").status_code == 200
        assert each.post(f"/admin/auth/group/{group.pk}/change/", {"name": "Mine"}).status_code == 403
        assert each.post(f"/admin/auth/group/{group.pk}/delete/", {"post": "yes"}).status_code == 403


def test_an_owner_suspends_a_colleague_and_no_superuser(owner: User, sam: User) -> None:
    helper = member(SUPPORT)
    suspend_account(user=helper, by=owner)
    assert not User.objects.get(pk=helper.pk).is_active
    for by, user in ((owner, sam), (member(BILLING), owner)):
        with pytest.raises(NotAllowed):
            suspend_account(user=user, by=by)
