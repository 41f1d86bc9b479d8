"""Whatever ends the session of staff who act as a customer ends the acting, and that is written down where its start was."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from accounts.activity import acts_of
from accounts.models import AuditEvent, Session, User
from accounts.services.sessions import end_other_sessions, end_session
from accounts.services.suspension import suspend_account
from accounts.session_store import SessionStore
from tests.accounts.test_acting import acting, browser, helper
from tests.admin.addresses import change, save
from tests.admin.conftest import browser_with_factor

__all__ = ["acting", "browser", "helper"]
pytestmark = pytest.mark.django_db(transaction=True)


def signs_out_in_the_admin(browser: Client, helper: User, sam: User) -> None:
    browser.post("/admin/logout/")


def signs_out_on_the_site(browser: Client, helper: User, sam: User) -> None:
    browser.post("/logout")


def ends_it_elsewhere(browser: Client, helper: User, sam: User) -> None:
    end_session(user=helper, session_id=Session.objects.get(user=helper).pk)


def ends_all_others_elsewhere(browser: Client, helper: User, sam: User) -> None:
    mine = Session.objects.get(user=helper).pk
    kept = Client()
    kept.force_login(helper)
    end_other_sessions(user=helper, kept=Session.objects.exclude(pk=mine).get(user=helper).pk)


def is_suspended(browser: Client, helper: User, sam: User) -> None:
    suspend_account(user=helper, by=sam)


def loses_the_rights(browser: Client, helper: User, sam: User) -> None:
    answer = save(browser_with_factor(sam), change(helper), {"email": helper.email, "full_name": helper.full_name})
    assert answer.status_code == 302
    helper.refresh_from_db()
    assert not helper.is_staff


def a_colleague_ends_the_session(browser: Client, helper: User, sam: User) -> None:
    form = {"action": "end_sessions", "_selected_action": [str(Session.objects.get(user=helper).pk)]}
    browser_with_factor(sam).post("/admin/accounts/session/", form)


def gets_another_key(browser: Client, helper: User, sam: User) -> None:
    SessionStore(browser.cookies[settings.SESSION_COOKIE_NAME].value).cycle_key()


ENDS = [
    signs_out_in_the_admin,
    signs_out_on_the_site,
    ends_it_elsewhere,
    ends_all_others_elsewhere,
    is_suspended,
    loses_the_rights,
    a_colleague_ends_the_session,
    gets_another_key,
]


@pytest.mark.parametrize("end", ENDS)
def test_the_acting_ends_with_the_session(
    acting: Client, alice: User, helper: User, sam: User, end: Callable[[Client, User, User], None]
) -> None:
    mine = Session.objects.get(user=helper).pk
    end(acting, helper, sam)
    assert not Session.objects.filter(pk=mine).exists()
    ended = AuditEvent.objects.get(action="acting_ended")
    assert (ended.actor_id, ended.person_id, ended.actor_kind) == (helper.pk, alice.pk, "staff")
    assert ended.details == {"why": "signed_out"}
    told = next(act for act in acts_of(alice) if act["action"] == "acting_ended")
    assert (told["by"], told["ip_address"]) == ("staff", None)


@pytest.mark.parametrize("over", ["acting_until", "expires_at"])
def test_what_lasted_until_a_session_was_forgotten_had_its_time(acting: Client, helper: User, over: str) -> None:
    past = timezone.now() - timedelta(minutes=1)
    Session.objects.filter(user=helper).update(**{over: past})
    Session.objects.filter(user=helper).update(expires_at=past)
    SessionStore.clear_expired()
    assert AuditEvent.objects.get(action="acting_ended").details == {"why": "expired"}


def test_an_end_that_is_told_already_is_not_told_again(acting: Client) -> None:
    acting.post("/acting/end")
    acting.post("/admin/logout/")
    assert AuditEvent.objects.get(action="acting_ended").details == {"why": "asked"}
