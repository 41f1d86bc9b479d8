"""What cannot be deleted says why, and what is done instead."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import User
from support.models import ArticleCategory, Tag
from tests.admin.addresses import allow, change, page
from tests.admin.rows import MAKERS
from tests.admin.rows.vpn import new_server
from tests.admin.test_every_model import address
from tests.factories.articles import make_article
from tests.factories.vpn import make_location
from tests.queries import recorded_queries
from vpn.models import Location, Server

pytestmark = pytest.mark.django_db


def test_a_server_with_a_history_is_decommissioned_instead(staff: Client) -> None:
    server = new_server()
    text = page(staff, address(Server, "delete", server.pk))
    assert f"“{server.name}” cannot be deleted: this would go with it" in text
    assert "<li>Node status</li>" in text
    assert "“Drain” and then, when it is empty, “Decommission”" in text
    assert f'<a href="{change(server)}">Back to {server.name}</a>' in text
    assert "your account doesn" not in text


DELETE = 'class="deletelink"'


def test_a_row_that_stays_offers_no_delete_and_says_what_is_done_instead(staff: Client) -> None:
    server = new_server()
    article = make_article("how-to")
    for row, instead in (
        (server, "“Drain” and then, when it is empty, “Decommission”"),
        (server.location, "Take the tick from “Is active”"),
        (article.category, "Give its articles another category first."),
    ):
        text = page(staff, change(row))
        assert DELETE not in text
        assert "This cannot be deleted, because of what belongs to it." in text
        assert instead in text


def test_a_row_to_which_nothing_belongs_offers_to_be_deleted(staff: Client) -> None:
    for row in (MAKERS[ArticleCategory](), make_location("nowhere"), MAKERS[Tag]()):
        text = page(staff, change(row))
        assert DELETE in text
        assert "This cannot be deleted" not in text


def test_who_may_delete_nothing_is_not_told_what_cannot_be_deleted(helper: User, helper_browser: Client) -> None:
    allow(helper, "view_server", "change_server")
    text = page(helper_browser, change(new_server()))
    assert DELETE not in text
    assert "This cannot be deleted" not in text


def test_whether_a_row_stays_is_asked_once_and_of_indexes_alone(staff: Client) -> None:
    server = new_server()
    with recorded_queries() as statements:
        page(staff, change(server))
    asked = [each for each in statements if each.count("EXISTS(") > 1]
    assert len(asked) == 1
    assert '"vpn_ipassignment"' in asked[0]
    with recorded_queries() as statements:
        page(staff, change(server.location))
    assert not any('"vpn_ipassignment"' in each for each in statements)


def test_a_location_with_a_server_is_no_longer_offered_instead(staff: Client) -> None:
    server = new_server()
    text = page(staff, address(Location, "delete", server.location_id))
    assert f"“{server.location.name}” cannot be deleted as long as this belongs to it." in text
    assert f'<li>Server: <a href="{change(server)}">{server.name}</a></li>' in text
    assert "Take the tick from “Is active”" in text
    assert "protected" not in text


def test_the_articles_of_a_category_get_another_one_first(staff: Client) -> None:
    article = make_article("how-to")
    text = page(staff, address(ArticleCategory, "delete", article.category_id))
    assert "Give its articles another category first." in text


def test_what_nothing_belongs_to_is_deleted(staff: Client) -> None:
    category = MAKERS[ArticleCategory]()
    address_of_it = address(ArticleCategory, "delete", category.pk)
    assert "nothing brings it back" in page(staff, address_of_it)
    staff.post(address_of_it, {"post": "yes"})
    assert not ArticleCategory.objects.filter(pk=category.pk).exists()
