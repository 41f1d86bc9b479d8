"""An action that is confirmed after it has stopped being one: nothing is done, and whoever sent it is told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts.models import AuditEvent, Mail
from billing.models import GiftBatch, StripeEvent
from nexusvpn.errors import Conflict
from tests.admin.addresses import TOO_LATE, action, page
from tests.admin.rows import MAKERS
from tests.admin.rows.vpn import new_device, new_server
from tests.factories.vpn import new_key
from vpn.errors import InvalidEnrolmentToken
from vpn.models import NodeToken, Server
from vpn.services.emptying import move_devices_now, undrain_server
from vpn.services.nodes import accept_new_key, enrol_node, issue_enrolment_token


def waiting_event() -> StripeEvent:
    event: StripeEvent = MAKERS[StripeEvent]()
    StripeEvent.objects.filter(pk=event.pk).update(state=StripeEvent.State.WAITING)
    return event


def over_batch() -> GiftBatch:
    batch: GiftBatch = MAKERS[GiftBatch]()
    batch.codes.update(revoked_at=timezone.now())
    return batch


def decommissioned() -> Server:
    server = new_server()
    Server.objects.filter(pk=server.pk).update(state=Server.State.DECOMMISSIONED, public_key=None)
    return server


@pytest.mark.parametrize(
    ("make", "slug", "form"),
    [
        (new_server, "revoke-node", {}),
        (new_server, "undrain", {}),
        (decommissioned, "accept-key", {"old_machine": "settled"}),
        (decommissioned, "issue-enrolment", {}),
        (decommissioned, "drain", {}),
        (waiting_event, "process-again", {}),
        (over_batch, "revoke", {"reason": "Late"}),
        (MAKERS[Mail], "send-again", {}),
    ],
)
def test_what_does_not_apply_any_more_is_not_done(
    staff: Client, make: Callable[[], Any], slug: str, form: dict[str, str]
) -> None:
    row = make()
    before = type(row)._base_manager.values().get(pk=row.pk), ProcrastinateJob.objects.count()
    answer = staff.post(action(row, slug), form)
    assert answer.status_code == 409
    assert TOO_LATE in answer.text
    assert f'href="{answer.context["change_url"]}"' in answer.text
    assert (type(row)._base_manager.values().get(pk=row.pk), ProcrastinateJob.objects.count()) == before
    assert not AuditEvent.objects.exclude(action__startswith="signed").exists()
    assert not LogEntry.objects.exists()


def test_a_key_that_came_since_is_kept(staff: Client) -> None:
    server = new_server()
    former = str(server.public_key)
    assert former in page(staff, action(server, "accept-key"))
    form = {"old_machine": "settled", "public_key": former}
    assert staff.post(action(server, "accept-key"), form).status_code == 302
    fresh = new_key()
    enrol_node(token=issue_enrolment_token(server), public_key=fresh)
    Server.objects.filter(pk=server.pk).update(state=Server.State.ONLINE)
    answer = staff.post(action(server, "accept-key"), form, follow=True)
    assert "The key of this server has changed meanwhile." in answer.text
    server.refresh_from_db()
    assert (server.state, server.public_key) == ("online", fresh)
    assert AuditEvent.objects.filter(action="new_server_key_accepted").count() == 1
    with pytest.raises(Conflict):
        accept_new_key(decommissioned(), public_key=None, old_machine_is_settled=True)


@pytest.mark.django_db(transaction=True)
def test_a_drain_that_a_colleague_has_ended_is_not_begun_again() -> None:
    server = new_device().peers.get().server
    Server.objects.filter(pk=server.pk).update(state=Server.State.DRAINING)
    undrain_server(server_id=server.pk)
    jobs = ProcrastinateJob.objects.count()
    with pytest.raises(Conflict) as refused:
        move_devices_now(server_id=server.pk)
    assert refused.value.code == "server_state"
    assert Server.objects.get(pk=server.pk).state != Server.State.DRAINING
    assert ProcrastinateJob.objects.count() == jobs


def test_the_date_of_a_drain_that_a_colleague_has_set_meanwhile_stays(staff: Client) -> None:
    server = new_server()
    until = timezone.now() + timedelta(days=3)
    Server.objects.filter(pk=server.pk).update(state=Server.State.DRAINING, drain_until=until)
    assert staff.post(action(server, "move-now")).status_code == 302
    server.refresh_from_db()
    assert (server.state, server.drain_until) == ("draining", until)


def test_a_server_that_is_out_of_service_for_good_is_nobodys_node(db: None) -> None:
    server = new_server()
    token = issue_enrolment_token(server)
    Server.objects.filter(pk=server.pk).update(state=Server.State.DECOMMISSIONED, public_key=None)
    with pytest.raises(InvalidEnrolmentToken):
        enrol_node(token=token, public_key=new_key())
    with pytest.raises(Conflict) as refused:
        issue_enrolment_token(server)
    assert refused.value.code == "server_state"
    assert Server.objects.get(pk=server.pk).public_key is None
    assert not NodeToken.objects.exclude(kind=NodeToken.Kind.ENROLMENT).exists()
