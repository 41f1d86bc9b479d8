from __future__ import annotations

import pytest
from pytest_django import Settings

from accounts.models import User
from accounts.services.registration import register_account
from referrals.models import Referral
from tests.api_client import ApiClient
from tests.factories.accounts import make_user
from tests.queries import recorded_queries

LOCAL_PARTS = "xavier.longbottom"


def bring(referrer: User, count: int) -> list[User]:
    """People who joined with the referrer's link, the first one first."""
    people = [make_user(f"{LOCAL_PARTS}{n}@secret-domain{n}.org", referred_by=referrer) for n in range(count)]
    for person in people:
        Referral.objects.create(referrer=referrer, referred=person)
    return people


def test_who_signs_up_with_a_code_appears_masked(alice: User, alice_api: ApiClient) -> None:
    register_account(email="xavier@secret-domain.org", password="a long enough pass", referral_code=alice.referral_code)
    answer = alice_api.get("referrals")
    (item,) = answer.data["items"]
    assert set(item) == {"email", "created_at", "state", "awaits_payment", "reward"}
    assert item["email"] == "x•••@s•••.org"
    assert "xavier" not in str(answer.body)
    assert "secret-domain" not in str(answer.body)


def test_no_part_of_an_answer_holds_an_address(alice: User, alice_api: ApiClient) -> None:
    bring(alice, 3)
    for path in ("referrals", "referrals/summary"):
        text = str(alice_api.get(path).body)
        assert LOCAL_PARTS not in text
        assert "secret-domain" not in text


def test_the_summary_begins_with_code_link_and_count(alice: User, alice_api: ApiClient, settings: Settings) -> None:
    settings.SITE_URL = "https://vpn.example"
    bring(alice, 2)
    summary = alice_api.get("referrals/summary").data
    link = f"https://vpn.example/r/{alice.referral_code}"
    assert (summary["code"], summary["link"], summary["counts"]) == (alice.referral_code, link, {"total": 2})
    assert summary["share_text"].endswith(f": {link}")
    assert set(summary) - {"code", "link", "counts", "share_text"} == {
        "reward",
        "own_reward",
        "credit",
        "next_steps",
        "programme",
    }


def test_everybody_sees_only_whom_they_brought(alice: User, alice_api: ApiClient, bob_api: ApiClient) -> None:
    bring(alice, 2)
    assert alice_api.get("referrals").data["total"] == 2
    assert bob_api.get("referrals").data == {"items": [], "page": 1, "limit": 20, "total": 0, "total_pages": 0}
    assert bob_api.get("referrals/summary").data["counts"] == {"total": 0}


def test_referrals_come_in_pages_the_newest_first(alice: User, alice_api: ApiClient) -> None:
    bring(alice, 5)
    pages = [alice_api.get(f"referrals?page={n}&limit=2").data for n in (1, 2, 3, 4)]
    assert [len(page["items"]) for page in pages] == [2, 2, 1, 0]
    assert {page["total"] for page in pages} == {5}
    moments = [item["created_at"] for page in pages for item in page["items"]]
    assert moments == sorted(moments, reverse=True)


@pytest.mark.parametrize(
    ("query", "field"),
    [("page=-1", "page"), ("page=abc", "page"), ("limit=0", "limit"), ("limit=101", "limit"), ("limit=abc", "limit")],
)
def test_a_page_out_of_range_is_refused_by_name(alice_api: ApiClient, query: str, field: str) -> None:
    answer = alice_api.get(f"referrals?{query}")
    assert answer.status == 400
    assert list(answer.fields) == [field]


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["referrals", "referrals/summary"])
def test_nobody_sees_referrals_without_a_token(api: ApiClient, path: str) -> None:
    assert api.get(path).status == 401


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
def test_referrals_cannot_be_written(alice_api: ApiClient, method: str) -> None:
    assert alice_api.request(method, "referrals", {}).status == 405


def test_the_list_costs_two_queries_with_1_and_with_50_rows(alice: User, alice_api: ApiClient) -> None:
    """Token with person, then the page with its total; the limits' counter is left out."""
    bring(alice, 1)
    with recorded_queries() as few:
        alice_api.get("referrals")
    bring_more = [make_user(f"more{n}@example.com") for n in range(49)]
    Referral.objects.bulk_create(Referral(referrer=alice, referred=person) for person in bring_more)
    with recorded_queries() as many:
        assert len(alice_api.get("referrals?limit=100").data["items"]) == 50
    assert len(few) == len(many) == 2, many
