"""What cannot be deleted says why, and what is done instead."""

from __future__ import annotations

import pytest
from django.test import Client

from support.models import ArticleCategory
from tests.admin.addresses import change, page
from tests.admin.rows import MAKERS
from tests.admin.rows.vpn import new_server
from tests.admin.test_every_model import address
from tests.factories.articles import make_article
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
    assert "Are you sure" in page(staff, address_of_it)
    staff.post(address_of_it, {"post": "yes"})
    assert not ArticleCategory.objects.filter(pk=category.pk).exists()
