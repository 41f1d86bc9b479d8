"""Where the object's history alone tells what staff did: without its entry nothing is done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection, transaction
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts.models import AbuseFlag, AuditEvent, Mail, User
from billing.models import Plan, ReconcileRun, StripeCustomer, StripeEvent, StripeOrder
from nexusvpn.locks import lock_row
from tests.admin.addresses import action
from tests.admin.conftest import browser_with_factor
from tests.admin.rows import MAKERS
from tests.billing.sandbox.world import KEY
from tests.concurrency.crowd import crowd
from tests.factories.accounts import make_user
from vpn.models import Incident

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sam(db: None) -> User:
    return make_user("sam@example.com", is_staff=True, is_superuser=True)


@pytest.fixture
def _no_history() -> Iterator[None]:
    """As if the process were killed before the entry: the database takes none."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION no_history() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no history'; END $$;"
            " CREATE TRIGGER no_history BEFORE INSERT ON django_admin_log FOR EACH ROW EXECUTE FUNCTION no_history()"
        )
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP FUNCTION no_history CASCADE")


def failed_mail() -> Mail:
    mail: Mail = MAKERS[Mail]()
    Mail.objects.filter(pk=mail.pk).update(state=Mail.State.FAILED)
    return mail


def ignored_event() -> StripeEvent:
    event: StripeEvent = MAKERS[StripeEvent]()
    StripeEvent.objects.filter(pk=event.pk).update(state=StripeEvent.State.IGNORED)
    return event


def waiting_order() -> StripeOrder:
    order: StripeOrder = MAKERS[StripeOrder]()
    StripeOrder.objects.filter(pk=order.pk).update(state=StripeOrder.State.OPEN, finished_at=None, is_durable=True)
    return order


ACTIONS = pytest.mark.parametrize(
    ("make", "slug"),
    [
        (MAKERS[Incident], "resolve"),
        (ignored_event, "process-again"),
        (MAKERS[AbuseFlag], "clear"),
        (failed_mail, "send-again"),
    ],
    ids=["incident", "event", "flag", "mail"],
)


def stored(row: Any) -> Any:
    """The row as it is, and how many jobs and acts there are."""
    return type(row).objects.values().get(pk=row.pk), ProcrastinateJob.objects.count(), AuditEvent.objects.count()


@ACTIONS
@pytest.mark.usefixtures("_no_history")
def test_what_cannot_be_written_down_is_not_done(sam: User, make: Callable[[], Any], slug: str) -> None:
    row, browser = make(), browser_with_factor(sam)
    browser.raise_request_exception = False
    before = stored(row)
    assert browser.post(action(row, slug)).status_code == 500
    assert stored(row) == before


@ACTIONS
def test_what_is_done_is_written_down(sam: User, make: Callable[[], Any], slug: str) -> None:
    row, browser = make(), browser_with_factor(sam)
    before = stored(row)
    assert browser.post(action(row, slug)).status_code == 302
    assert stored(row) != before
    entry = LogEntry.objects.get()
    assert (entry.object_id, entry.user_id) == (str(row.pk), sam.pk)


@pytest.mark.parametrize(
    ("make", "slug"),
    [
        (MAKERS[StripeCustomer], "sync-now"),
        (waiting_order, "try-again"),
        (MAKERS[Plan], "push"),
        (MAKERS[ReconcileRun], "compare-now"),
    ],
    ids=["customer", "order", "plan", "run"],
)
def test_a_job_is_asked_for_while_another_holds_the_row(
    sam: User, make: Callable[[], Any], slug: str, settings: Any
) -> None:
    settings.STRIPE_SECRET_KEY = KEY
    row, browser = make(), browser_with_factor(sam)
    jobs = ProcrastinateJob.objects.count()

    def ask(_number: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '1s'")
        assert browser.post(action(row, slug)).status_code == 302

    with transaction.atomic():
        lock_row(type(row), row.pk)
        # The crowd is a thread with a connection of its own; this one goes on holding the lock.
        assert crowd(1, ask) == {"ok": 1}
    assert ProcrastinateJob.objects.count() > jobs
    assert LogEntry.objects.get().object_id == str(row.pk)
