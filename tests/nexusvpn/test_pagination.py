from __future__ import annotations

from uuid import uuid4

import pytest
from django.db.models import QuerySet

from accounts.models import User
from nexusvpn.api.pagination import CompiledPage, Page, PageRequest, fetch_page
from tests.api_client import ApiClient

LISTS = ["auth/sessions", "auth/history", "devices", "billing/plans"]


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("page=-1", "page"),
        ("page=0", "page"),
        ("page=1.5", "page"),
        ("page=", "page"),
        ("page=abc", "page"),
        ("page=٣", "page"),
        ("page=99999999999999999999", "page"),
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=-5", "limit"),
        ("limit=%00", "limit"),
    ],
)
def test_a_bad_page_or_limit_is_400_and_named(alice_api: ApiClient, path: str, query: str, field: str) -> None:
    answer = alice_api.get(f"{path}?{query}")
    assert (answer.status, answer.code) == (400, "invalid_input")
    assert list(answer.fields) == [field]


@pytest.mark.parametrize("path", LISTS)
def test_a_page_past_the_end_is_empty_and_still_counts(alice_api: ApiClient, path: str) -> None:
    first = alice_api.get(f"{path}?limit=1").data
    beyond = alice_api.get(f"{path}?page=1000000").data
    assert beyond["items"] == []
    assert beyond["total"] == first["total"]


def test_pages_do_not_overlap_and_cover_everything(alice_api: ApiClient) -> None:
    whole = alice_api.get("billing/plans").data
    parts = [alice_api.get(f"billing/plans?limit=1&page={page}").data for page in (1, 2, 3)]
    assert [part["items"][0] for part in parts] == whole["items"]
    assert {part["total_pages"] for part in parts} == {3}


@pytest.mark.django_db
@pytest.mark.parametrize("page", [1, 2, 1_000])
@pytest.mark.parametrize("empty", [User.objects.none(), User.objects.filter(pk__in=[])], ids=["none", "no keys"])
def test_a_list_in_which_nothing_can_be_has_an_empty_page(empty: QuerySet[User], page: int) -> None:
    wanted = PageRequest(page, 20)
    expected = Page([], page, 20, 0)
    assert fetch_page(empty, wanted, ("pk",), str) == expected
    assert CompiledPage(lambda owner: empty.filter(pk=owner), ("pk",), str).fetch(uuid4(), wanted) == expected
