"""Legal texts: written by staff, shown once they are published, in the reader's language where there is one."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEvent, User
from nexusvpn.errors import Conflict, NotFound
from support.models import LegalPage
from support.services.legal import (
    find_legal_page,
    forget_links,
    legal_links,
    publish_legal_page,
    unpublish_legal_page,
)
from tests.admin.addresses import save
from tests.factories.accounts import make_user
from tests.queries import recorded_queries

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def staff(client: Client, sam: User) -> Client:
    client.force_login(sam)
    return client


def write(
    kind: str = "terms", language: str = "en", body: str = "## What holds", staff: User | None = None
) -> LegalPage:
    page = LegalPage.objects.create(kind=kind, language=language, body=body)
    if staff is not None:
        publish_legal_page(page_id=page.pk, staff=staff)
    return page


class TestReading:
    def test_a_published_text_is_a_page_for_everybody(self, client: Client, sam: User) -> None:
        write(body="## What holds\n\n<script>x</script> [us](/help)", staff=sam)
        text = client.get("/legal/terms").text
        assert "<h1>Terms of service</h1>" in text
        assert "<h2>What holds</h2>" in text
        assert "&lt;script&gt;" in text
        assert '<a href="/help">us</a>' in text

    def test_a_draft_and_an_unknown_kind_are_404(self, client: Client, alice: User) -> None:
        write()
        client.force_login(alice)
        assert [client.get(path).status_code for path in ("/legal/terms", "/legal/cookies")] == [404, 404]

    def test_a_draft_is_for_staff_who_may_see_texts(self, client: Client) -> None:
        write()
        helper = make_user("helper@example.com", is_staff=True)
        client.force_login(helper)
        assert client.get("/legal/terms").status_code == 404
        helper.user_permissions.set(Permission.objects.filter(codename="view_legalpage"))
        assert "This is a draft. Only staff can read it." in client.get("/legal/terms").text

    def test_the_readers_language_comes_first_and_any_other_is_better_than_none(
        self, client: Client, sam: User
    ) -> None:
        write(language="en", body="English", staff=sam)
        write(language="de", body="Deutsch", staff=sam)
        write("imprint", language="de", body="Angaben", staff=sam)
        assert find_legal_page("terms", "de").language == "de"
        assert find_legal_page("terms", "en").language == "en"
        german = client.get("/legal/terms", headers={"accept-language": "de"}).text
        assert "<h1>Nutzungsbedingungen</h1>" in german
        imprint = client.get("/legal/imprint").text
        assert '<article class="prose reading" lang="de">' in imprint
        assert "There is no translation of this text into your language." in imprint

    def test_a_text_of_the_greatest_length_is_still_markdown(self, client: Client, sam: User) -> None:
        write(body="**first**\n\n" + "word " * 19_990, staff=sam)
        assert "<strong>first</strong>" in client.get("/legal/terms").text


class TestPublishing:
    def test_only_what_is_published_is_linked_in_the_foot_of_pages(self, client: Client, sam: User) -> None:
        page = write(staff=sam)
        write("privacy")
        foot = client.get("/login").text
        assert '<a href="/legal/terms">Terms of service</a>' in foot
        assert "/legal/privacy" not in foot
        unpublish_legal_page(page_id=page.pk, staff=sam)
        assert "/legal/terms" not in client.get("/login").text

    def test_a_page_costs_no_query_for_its_links(self, sam: User) -> None:
        write(staff=sam)
        write("imprint", language="de", staff=sam)
        forget_links()
        assert [link.kind for link in legal_links()] == ["terms", "imprint"]
        with recorded_queries() as statements:
            legal_links()
        assert statements == []

    def test_each_is_done_once_and_is_an_act(self, sam: User) -> None:
        page = write()
        publish_legal_page(page_id=page.pk, staff=sam)
        with pytest.raises(Conflict):
            publish_legal_page(page_id=page.pk, staff=sam)
        unpublish_legal_page(page_id=page.pk, staff=sam)
        with pytest.raises(Conflict):
            unpublish_legal_page(page_id=page.pk, staff=sam)
        acts = AuditEvent.objects.filter(target_type="support.legalpage").order_by("at", "id")
        assert [act.action for act in acts] == ["legal_page_published", "legal_page_unpublished"]
        with pytest.raises(NotFound):
            find_legal_page("terms", "en")


class TestAdmin:
    def test_staff_write_look_and_publish(self, staff: Client) -> None:
        staff.post(
            reverse("admin:support_legalpage_add"), {"kind": "terms", "language": "en", "body": "Draft of terms"}
        )
        page = LegalPage.objects.get()
        change = reverse("admin:support_legalpage_change", args=[page.pk])
        assert page.published_at is None
        assert "View on site" not in staff.get(change).text
        preview = staff.post(reverse("admin:support_legalpage_preview"), {"kind": "terms", "body": "**Hi**"})
        assert "<strong>Hi</strong>" in preview.text
        ask = reverse("admin:support_legalpage_action", args=[page.pk, "publish"])
        assert staff.get(ask).status_code == 200
        page.refresh_from_db()
        assert page.published_at is None
        staff.post(ask)
        assert "Draft of terms" in Client().get("/legal/terms").text
        assert re.search(r'href="/legal/terms"[^>]*>View on site<', staff.get(change).text)

    def test_a_change_is_dated_and_the_log_keeps_no_text(self, staff: Client) -> None:
        page = write(body="before")
        save(staff, reverse("admin:support_legalpage_change", args=[page.pk]), {"body": "after all"})
        changed = LegalPage.objects.get()
        assert (changed.body, changed.updated_at > page.updated_at) == ("after all", True)
        act = AuditEvent.objects.get(action="staff_changed")
        assert act.details["body"] == ["6 characters", "9 characters"]

    def test_what_is_shown_cannot_be_deleted(self, staff: Client, sam: User) -> None:
        shown, draft = write(staff=sam), write("privacy")
        for page, left in ((shown, True), (draft, False)):
            staff.post(reverse("admin:support_legalpage_delete", args=[page.pk]), {"post": "yes"})
            assert LegalPage.objects.filter(pk=page.pk).exists() is left

    def test_who_may_only_look_publishes_and_previews_nothing(self, client: Client) -> None:
        page = write()
        helper = make_user("helper@example.com", is_staff=True)
        helper.user_permissions.set(Permission.objects.filter(codename="view_legalpage"))
        client.force_login(helper)
        publish = reverse("admin:support_legalpage_action", args=[page.pk, "publish"])
        assert client.post(publish).status_code == 403
        assert client.post(reverse("admin:support_legalpage_preview"), {"body": "x"}).status_code == 403
        assert LegalPage.objects.filter(published_at=None).exists()
