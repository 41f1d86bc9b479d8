"""The audit log and the log of the admin say in words what was done, and to what, with the way there."""

from __future__ import annotations

import re

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.test import Client
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts.models import ApiKey, AuditEvent, SignupOrigin, User
from nexusvpn.audit import record_act
from tests.admin.addresses import allow, change, page
from tests.admin.rows import MAKERS
from tests.factories.accounts import make_user
from tests.queries import recorded_queries
from vpn.models import Server

LOG = "/admin/accounts/auditevent/"


def cell(text: str, name: str) -> list[str]:
    return re.findall(rf'class="field-{name}[^"]*"[^>]*>(.*?)</t[dh]>', text, re.DOTALL)


def test_an_act_on_a_server_names_it_and_leads_there(staff: Client, sam: User) -> None:
    server = MAKERS[Server]()
    record_act("enrolment_token_issued", actor=sam, target=server)
    link = f'Servers: <a href="{change(server)}">{server}</a>'
    assert cell(page(staff, LOG), "about")[0] == link
    text = page(staff, change(AuditEvent.objects.get(target_type="vpn.server")))
    assert re.search(r"<h2>Enrolment command issued, \d+", text)
    assert link in text


def test_the_log_costs_a_query_for_each_table_and_none_for_each_row(staff: Client, sam: User) -> None:
    for _ in range(3):
        record_act("server_drained", actor=sam, target=MAKERS[Server]())
    page(staff, LOG)
    with recorded_queries() as statements:
        page(staff, LOG)
    assert len([each for each in statements if 'FROM "vpn_server"' in each]) == 1


def test_people_are_named_beside_their_ids_while_they_have_an_account(staff: Client, sam: User, alice: User) -> None:
    record_act("account_suspended", actor=sam, person=alice.pk, target=alice)
    event = AuditEvent.objects.get(action="account_suspended")
    text = page(staff, change(event))
    for person in (sam, alice):
        assert f'<a href="{change(person)}">{person.email}</a> ({person.pk})' in text
    key, way = alice.pk, change(alice)
    alice.delete()
    text = page(staff, change(event))
    assert f"People: {key}" in text
    assert way not in text


def test_what_the_reader_may_not_see_is_told_by_its_key(helper: User, helper_browser: Client, sam: User) -> None:
    allow(helper, "view_auditevent")
    server = MAKERS[Server]()
    record_act("server_drained", actor=sam, target=server)
    text = page(helper_browser, LOG)
    assert cell(text, "about")[0] == f"Servers: {server.pk}"
    assert server.name not in text


def test_what_staff_did_here_is_said_by_list_and_name(staff: Client, sam: User, alice: User) -> None:
    kind = ContentType.objects.get_for_model(User)
    entry = LogEntry.objects.create(
        user=sam, content_type=kind, object_id=str(alice.pk), object_repr="Alice", action_flag=CHANGE
    )
    text = page(staff, "/admin/admin/logentry/")
    assert [cell(text, name)[0] for name in ("listed", "called", "kind")] == ["People", "Alice", "Change"]
    own = page(staff, change(entry))
    assert "<h2>People: Alice</h2>" in own
    for words in ("bject repr", "ction flag", "ontent type"):
        assert words not in text + own


def test_scopes_are_explained_without_names_of_code(staff: Client) -> None:
    text = page(staff, change(MAKERS[ApiKey]()))
    assert "What programs that bring the key may do." in text
    assert "nexusvpn.api" not in text


def test_where_sign_ups_came_from_begins_with_the_latest(staff: Client) -> None:
    made = [
        SignupOrigin.objects.create(user=make_user(f"p{n}@example.com"), network=f"10.0.{n}.0/24") for n in range(3)
    ]
    found = staff.get(reverse("admin:accounts_signuporigin_changelist")).context["cl"].result_list
    assert list(found) == made[::-1]


def test_a_job_has_its_state_in_words_and_is_called_by_name_and_number(staff: Client) -> None:
    job = MAKERS[ProcrastinateJob]()
    text = page(staff, "/admin/procrastinate/procrastinatejob/")
    assert "Waits for its turn" in text
    assert "todo" not in "".join(cell(text, "status_written"))
    own = page(staff, change(job))
    assert f"<h2>{job.task_name}, {job.pk}</h2>" in own
    assert "Waits for its turn" in own
    german = staff.get(change(job), headers={"Accept-Language": "de"}).text
    assert "Wartet, bis er an der Reihe ist" in german
