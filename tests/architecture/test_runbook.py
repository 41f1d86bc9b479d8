"""What the runbook sends staff to in the admin is called so there."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission

from accounts.admin.permissions import in_words
from accounts.models import RegistrationPolicy
from billing.models import Discrepancy
from nexusvpn.admin_actions import ActionsAdmin
from nexusvpn.admin_menu import NAMES
from nexusvpn.local.places import CHECKOUT

# Stripe's button, somebody else's file, a word of the API, a button above a list, a reason on customers' pages.
ELSEWHERE = {"Roll secret", "Pwned Passwords", "degraded", "Invite somebody", "debt"}


def labels() -> Iterator[str]:
    yield from (str(name) for name in NAMES.values())
    for own in admin.site._registry.values():
        if isinstance(own, ActionsAdmin):
            yield from (str(action.label) for action in own.object_actions())
    yield from (str(label) for label in RegistrationPolicy.Mode.labels)
    yield from (in_words(permission) for permission in Permission.objects.select_related("content_type"))


def runbook() -> str:
    text = (CHECKOUT / "docs" / "runbook.md").read_text()
    return re.sub(r"```.*?```", "", text, flags=re.DOTALL)


@pytest.mark.django_db
def test_what_the_runbook_quotes_is_a_list_an_action_or_a_choice_of_the_admin() -> None:
    quoted = set(re.findall(r'"([^"\n]+)"', runbook())) - ELSEWHERE
    differences = [str(label) for label in Discrepancy.Kind.labels]
    assert sorted(each for each in quoted - set(labels()) if not any(each in kind for kind in differences)) == []


def test_where_the_runbook_begins_in_the_admin_is_a_list_of_it_or_the_page_of_a_row() -> None:
    places = (*map(str, NAMES.values()), "the ", '"')
    begun = re.findall(r"Admin → (.{1,40})", runbook())
    assert len(begun) > 10
    assert [each for each in begun if not each.startswith(places)] == []
