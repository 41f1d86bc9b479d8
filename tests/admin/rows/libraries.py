"""Rows of the models of Django and of the job queue."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts.models import User
from accounts.services.outbox import queue_mail
from tests.admin.rows.accounts import new_user


def new_log_entry() -> LogEntry:
    kind = ContentType.objects.get_for_model(User)
    values = {"object_repr": "Somebody", "change_message": "Changed", "action_flag": CHANGE, "content_type": kind}
    return LogEntry.objects.create(user=new_user(), object_id=str(uuid4()), **values)


def new_job() -> ProcrastinateJob:
    queue_mail("welcome", "somebody@example.com", {"name": "Somebody"})
    return ProcrastinateJob.objects.latest("id")


MAKERS: dict[type[Model], Callable[[], Any]] = {
    LogEntry: new_log_entry,
    Group: lambda: Group.objects.create(name=uuid4().hex),
    ProcrastinateJob: new_job,
}
