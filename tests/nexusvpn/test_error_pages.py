"""The pages of refusals and faults: in the reader's language, with what to do next, and without a database."""

from __future__ import annotations

from uuid import UUID

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.test import Client, RequestFactory
from django.utils import timezone, translation

from accounts.models import Session, User
from nexusvpn.errors import Conflict, NotAllowed, NotFound, RateLimited, Unavailable
from nexusvpn.pages import bad_request, csrf_failure, error_page, not_found, permission_denied, server_error, too_large


@pytest.fixture
def request_of(rf: RequestFactory) -> HttpRequest:
    request = rf.get("/devices", headers={"accept": "text/html"})
    request.user = AnonymousUser()
    request.request_id = "d422e51e"  # type: ignore[attr-defined]
    return request


# None of these tests may use the database: a page that says that it is away must not need it.
@pytest.mark.parametrize(
    ("status", "english", "german"),
    [
        (400, "That request does not work", "Das hat so nicht geklappt"),
        (403, "You may not open this", "Das darfst du nicht öffnen"),
        (404, "There is nothing here", "Hier ist nichts"),
        (500, "Something went wrong on our side", "Bei uns ist etwas schiefgegangen"),
    ],
)
def test_a_page_has_its_heading_in_each_language(
    request_of: HttpRequest, status: int, english: str, german: str
) -> None:
    makers = {
        400: lambda: bad_request(request_of, ValueError()),
        403: lambda: permission_denied(request_of, PermissionError()),
        404: lambda: not_found(request_of, ValueError()),
        500: lambda: server_error(request_of),
    }
    for language, heading in (("en", english), ("de", german)):
        with translation.override(language):
            page = makers[status]()
        assert page.status_code == status
        assert f"<h1>{heading}</h1>" in page.text
        assert f'<html lang="{language}"' in page.text
        assert "<code>d422e51e</code>" in page.text
        # It may say who is signed in, and what is not there today may be there tomorrow.
        assert page.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("seconds", "english", "german"),
    [(1, "in 1 second.", "in 1 Sekunde noch"), (42, "in 42 seconds.", "in 42 Sekunden noch")],
)
def test_too_many_attempts_say_for_how_long(request_of: HttpRequest, seconds: int, english: str, german: str) -> None:
    for language, words in (("en", english), ("de", german)):
        with translation.override(language):
            page = error_page(request_of, RateLimited(retry_after=seconds))
        assert (page.status_code, page.headers["Retry-After"]) == (429, str(seconds))
        assert words in page.text


def test_who_sent_something_too_often_reads_that_it_was_not_taken(request_of: HttpRequest) -> None:
    said = {}
    for request_of.method in ("GET", "POST"):
        said[request_of.method] = "What you sent was not taken." in error_page(request_of, RateLimited()).text
    assert said == {"GET": False, "POST": True}


@pytest.mark.parametrize(
    ("error", "status", "german"),
    [
        (NotAllowed, 403, "Das darfst du nicht."),
        (NotFound, 404, "Vielleicht stimmt die Adresse nicht"),
        (Conflict, 409, "Das ist im Moment nicht möglich."),
        (Unavailable, 503, "Der Dienst ist im Moment nicht erreichbar."),
    ],
)
def test_a_rules_own_words_are_in_the_readers_language(
    request_of: HttpRequest, error: type[NotAllowed], status: int, german: str
) -> None:
    with translation.override("de"):
        page = error_page(request_of, error())
    assert page.status_code == status
    assert german in page.text


def test_a_form_that_is_out_of_date_and_a_body_that_is_too_large_say_so(request_of: HttpRequest) -> None:
    with translation.override("de"):
        old = csrf_failure(request_of)
        assert "Dieses Formular ist veraltet, und nichts wurde gesendet." in old.text
        # It is nobody else's page, and whoever is signed in need not sign in again.
        assert (old.status_code, "<h1>Das hat so nicht geklappt</h1>" in old.text) == (403, True)
        large = too_large(request_of, 1048576)
    assert (large.status_code, "höchstens 1048576 Bytes" in large.text) == (413, True)


@pytest.mark.django_db
def test_programs_get_a_bare_405_and_people_a_page(client: Client) -> None:
    program = client.get("/logout")
    assert (program.status_code, program.content) == (405, b"")
    person = client.get("/logout", headers={"accept": "text/html,*/*", "accept-language": "de"})
    assert (person.status_code, person.headers["Allow"]) == (405, program.headers["Allow"])
    assert "<h1>Das geht hier nicht</h1>" in person.text
    assert person.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("path", "page"),
    [
        (f"/devices/{UUID(int=7)}/rename", f"/devices/{UUID(int=7)}"),
        ("/locations/7/favourite", "/locations"),
        ("/billing/gift", "/billing"),
        ("/logout", "/"),
        # Without the redirections below the admin, which lead back to the address itself.
        ("/admin/settings/registration/", "/admin/settings/"),
        (f"/admin/support/ticket/{UUID(int=7)}/assign/", "/admin/support/ticket/"),
    ],
)
@pytest.mark.django_db
def test_who_was_signed_out_before_they_sent_a_form_finds_its_page_again(
    client: Client, alice: User, path: str, page: str
) -> None:
    User.objects.filter(pk=alice.pk).update(is_staff=True, is_superuser=True)
    client.force_login(alice)
    Session.objects.update(second_factor_at=timezone.now())
    answer = client.get(path, headers={"accept": "text/html"})
    assert answer.status_code == 405
    assert f'<p><a href="{page}">' in answer.text
