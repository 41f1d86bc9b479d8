"""Who comes in, by which door, and what the home says."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import LoginHistory, User
from tests.admin.addresses import allow
from tests.admin.rows.libraries import new_job
from tests.admin.rows.vpn import new_server
from tests.factories.accounts import PASSWORD
from tests.factories.support import make_ticket
from vpn.models import NodeStatus


def test_staff_sign_in_by_the_sites_own_page_and_arrive_where_they_wanted(sam: User) -> None:
    browser = Client()
    wanted = "/admin/support/ticket/"
    assert browser.get(wanted, follow=True).redirect_chain[-1] == (f"/login?next={wanted}", 302)
    answer = browser.post(
        f"/login?next={wanted}", {"email": sam.email, "password": PASSWORD, "next": wanted}, follow=True
    )
    assert answer.status_code == 200
    assert answer.request["PATH_INFO"] == wanted
    assert LoginHistory.objects.filter(user=sam, outcome="success").count() == 1


def test_the_admins_own_form_takes_no_password(sam: User) -> None:
    answer = Client().post("/admin/login/", {"username": sam.email, "password": PASSWORD})
    assert (answer.status_code, answer["Location"]) == (302, "/login?next=/admin/")
    assert not LoginHistory.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("wanted", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_nobody_is_sent_to_another_site(wanted: str) -> None:
    assert Client().get("/admin/login/", {"next": wanted})["Location"] == "/login?next=/admin/"


def test_a_signed_in_customer_is_refused_without_a_loop(alice: User) -> None:
    browser = Client()
    browser.force_login(alice)
    answer = browser.get("/admin/", follow=True)
    assert answer.status_code == 403
    assert answer.redirect_chain == [("/admin/login/?next=/admin/", 302)]


def test_suspended_staff_are_out_at_once(staff: Client, sam: User) -> None:
    User.objects.filter(pk=sam.pk).update(is_active=False)
    assert staff.get("/admin/")["Location"].startswith("/admin/login/")


def test_signing_out_of_the_admin_is_signing_out(staff: Client, sam: User) -> None:
    assert staff.post("/admin/logout/")["Location"] == "/"
    assert not sam.sessions.exists()


def test_the_home_says_what_needs_staff_the_urgent_first(staff: Client, alice: User) -> None:
    assert "Nothing needs you now." in staff.get("/admin/").content.decode()
    silent, differing = new_server(), new_server()
    NodeStatus.objects.filter(pk=silent.pk).update(last_report_at=timezone.now() - timedelta(minutes=3))
    NodeStatus.objects.filter(pk=differing.pk).update(in_sync=False)
    make_ticket(alice, updated_at=timezone.now() - timedelta(days=2))
    page = staff.get("/admin/").content.decode()
    assert page.index(f"{silent.name}: node silent") < page.index(f"{differing.name}: node whose interface")
    assert "1 ticket waits and nobody has it, the longest for 2 days" in page


def test_the_home_tells_nobody_what_they_may_not_see(helper: User, helper_browser: Client, alice: User) -> None:
    make_ticket(alice)
    NodeStatus.objects.filter(pk=new_server().pk).update(last_report_at=None)
    assert "Nothing needs you now." in helper_browser.get("/admin/").content.decode()
    allow(helper, "view_ticket")
    assert "1 ticket waits" in helper_browser.get("/admin/").content.decode()


def test_jobs_are_shown_without_what_they_say(staff: Client) -> None:
    job = new_job()
    for address in (
        "/admin/procrastinate/procrastinatejob/",
        f"/admin/procrastinate/procrastinatejob/{job.pk}/change/",
    ):
        page = staff.get(address).content.decode()
        assert "deliver_mail" in page
        assert "somebody@example.com" not in page


@pytest.mark.parametrize("key", ["\0", "no key"])
def test_an_action_on_what_is_no_row_is_400(staff: Client, key: str) -> None:
    form = {"action": "end_sessions", "_selected_action": key}
    assert staff.post(reverse("admin:accounts_session_changelist"), form).status_code == 400
