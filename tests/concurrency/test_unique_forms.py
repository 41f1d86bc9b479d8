"""A name that somebody else takes between a form's look and its write: the form says so, and stays as it was typed."""

from __future__ import annotations

from threading import Thread
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEvent
from support.models import Tag
from tests.admin.addresses import change, shown
from tests.admin.conftest import browser_with_factor
from tests.concurrency.crowd import crowd
from tests.concurrency.waiting import until, waiting
from tests.factories.accounts import make_user

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]
ADD_TAG = reverse("admin:support_tag_add")


@pytest.fixture
def colleagues() -> list[Client]:
    people = [make_user(f"sam-{n}@example.com", is_staff=True, is_superuser=True) for n in range(2)]
    return [browser_with_factor(person) for person in people]


def sent_while_taken(browser: Client, address: str, form: dict[str, Any], taken: Any) -> Any:
    """What is answered to a form whose look comes before, and whose write comes after somebody else's commit of `taken`."""
    answers = []

    def send() -> None:
        answers.append(browser.post(address, form))
        connection.close()

    sender = Thread(target=send)
    with transaction.atomic():
        taken.save(force_insert=True)
        sender.start()
        until(lambda: waiting() == 1)
    sender.join(30)
    (answer,) = answers
    return answer


def test_a_new_row_is_refused_at_the_field_whose_value_was_taken(colleagues: list[Client]) -> None:
    answer = sent_while_taken(colleagues[0], ADD_TAG, {"name": "vip"}, Tag(name="vip"))
    assert answer.status_code == 200
    assert answer.context["adminform"].form.errors == {"name": ["Tag with this Name already exists."]}
    assert 'value="vip"' in answer.text
    assert not AuditEvent.objects.filter(action="staff_added").exists()


def test_so_is_a_change(colleagues: list[Client]) -> None:
    mine = Tag.objects.create(name="mine")
    form = {"name": "fair", **shown(colleagues[0], change(mine))}
    answer = sent_while_taken(colleagues[0], change(mine), form, Tag(name="fair"))
    assert answer.status_code == 200
    assert list(answer.context["adminform"].form.errors) == ["name"]
    mine.refresh_from_db()
    assert mine.name == "mine"


def test_of_two_who_add_the_same_one_does(colleagues: list[Client]) -> None:
    for turn in range(10):
        statuses = list[int]()

        def add(one: int, statuses: list[int] = statuses, name: str = f"tag-{turn}") -> None:
            statuses.append(colleagues[one].post(ADD_TAG, {"name": name}).status_code)

        assert crowd(2, add) == {"ok": 2}
        assert sorted(statuses) == [200, 302]
    assert AuditEvent.objects.filter(action="staff_added").count() == Tag.objects.count() == 10
