"""Prepared answers: names in braces become what is known of the ticket, and nothing else becomes anything."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import AuditEvent, User
from nexusvpn.errors import InvalidInput
from support.models import CannedReply, Ticket
from support.services.canned import VARIABLES, check_variables, fill, replies_for
from tests.admin.conftest import browser_with_factor
from tests.factories.support import make_ticket

pytestmark = pytest.mark.django_db


def test_every_variable_stands_for_what_is_known_of_the_ticket(alice: User, helper: User) -> None:
    ticket = make_ticket(alice, subject="No tunnel", device_name="Laptop")
    body = "Hello {name}, about {subject} on {device} ({plan}): {link}\n{agent_first_name}"
    filled = fill(body, ticket=ticket, staff=helper)
    assert filled.startswith("Hello Alice, about No tunnel on Laptop (Free): http")
    assert filled.endswith(f"/support/{ticket.pk}\nHelga")
    check_variables(" ".join(f"{{{name}}}" for name in VARIABLES))


def test_what_is_not_known_is_said_in_words_that_fit(alice: User, helper: User) -> None:
    User.objects.filter(pk=alice.pk).update(full_name="")
    User.objects.filter(pk=helper.pk).update(full_name="")
    ticket = Ticket.objects.get(pk=make_ticket(alice).pk)
    filled = fill("Hello {name}, {device}. {agent_first_name}", ticket=ticket, staff=User.objects.get(pk=helper.pk))
    assert filled == "Hello there, your device. Support"


@pytest.mark.parametrize(
    "body",
    [
        "{nmae}",
        "{name.__class__}",
        "{name!r}",
        "{name:>10}",
        "{0}",
        "{}",
        "{ name }",
        "{ticket.user.password}",
        "{name}{settings}",
    ],
)
def test_what_is_no_variable_is_refused_when_it_is_saved(body: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        check_variables(body)
    assert "there is no such variable" in refusal.value.fields["body"][0]


def test_braces_that_hold_no_name_are_text(alice: User, helper: User) -> None:
    check_variables("{{name}} {")
    assert fill("{{name}} {", ticket=make_ticket(alice), staff=helper) == "{Alice} {"


@pytest.mark.parametrize(
    "name", ["{plan}", "{name}", "{name.__class__}", "%(plan)s", "<b>{subject}</b>", "\\g<0>", "$plan"]
)
def test_a_value_is_never_looked_at_again(alice: User, helper: User, name: str) -> None:
    User.objects.filter(pk=alice.pk).update(full_name=name)
    ticket = Ticket.objects.get(pk=make_ticket(alice, subject="{plan}", device_name="{link}").pk)
    filled = fill("{name}|{subject}|{device}", ticket=ticket, staff=helper)
    assert filled == f"{name}|{{plan}}|{{link}}"


def test_a_name_that_was_saved_before_it_went_away_is_left_for_staff_to_see(alice: User, helper: User) -> None:
    assert fill("{gone} {name}", ticket=make_ticket(alice), staff=helper) == "{gone} Alice"


def test_those_of_the_tickets_category_come_first_and_retired_ones_not_at_all(alice: User) -> None:
    for title, category, is_active in (
        ("A greeting", "", True),
        ("Refunds", "payments", True),
        ("Cables", "connection", True),
        ("Old", "payments", False),
    ):
        CannedReply.objects.create(title=title, category=category, body="Hello {name}", is_active=is_active)
    ticket = make_ticket(alice, category="payments")
    assert [reply.title for reply in replies_for(ticket)] == ["Refunds", "A greeting", "Cables"]


def test_the_admin_refuses_an_unknown_variable_at_its_field_and_logs_what_was_saved(sam: User) -> None:
    browser, address = browser_with_factor(sam), "/admin/support/cannedreply/add/"
    sent = {"title": "Greeting", "category": "", "body": "Hello {nmae}, this is it.", "is_active": "on"}
    page = browser.post(address, sent)
    assert page.status_code == 200
    assert "{nmae}: there is no such variable" in page.content.decode()
    assert browser.post(address, {**sent, "body": "Hello {name}, this is it."}).status_code == 302
    reply = CannedReply.objects.get()
    assert AuditEvent.objects.filter(action="staff_added", target_id=str(reply.pk), actor_id=sam.pk).exists()


def test_a_customer_reads_no_prepared_answers(alice: User) -> None:
    browser = Client()
    browser.force_login(alice)
    assert browser.get("/admin/support/cannedreply/", follow=True).status_code == 403
