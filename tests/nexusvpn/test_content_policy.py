"""The Content-Security-Policy: kept for plain answers, and put together for every other one, as the library would."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from csp.decorators import csp_exempt, csp_update
from csp.exceptions import CSPNonceError
from csp.middleware import CSPMiddleware
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory, override_settings

from nexusvpn.content_policy import ContentPolicyMiddleware

HEADER = "Content-Security-Policy"
View = Callable[[HttpRequest], HttpResponse]


def plain(request: HttpRequest) -> HttpResponse:
    return HttpResponse("{}")


def with_a_nonce(request: HttpRequest) -> HttpResponse:
    # Fixed, so that two answers can be compared.
    request._csp_nonce = "n"  # type: ignore[attr-defined]
    return HttpResponse(str(request.csp_nonce))  # type: ignore[attr-defined]


def with_its_own_header(request: HttpRequest) -> HttpResponse:
    return HttpResponse("", headers={HEADER: "default-src 'self'"})


with_rules = csp_update({"connect-src": ["https://198.51.100.1"]})(plain)
exempt = csp_exempt()(plain)


@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.parametrize("view", [plain, with_a_nonce, with_its_own_header, with_rules, exempt])
def test_every_answer_has_the_policy_that_the_library_gives_it(view: View, debug: bool) -> None:
    with override_settings(DEBUG=debug):
        given = [
            middleware(view)(RequestFactory().get("/")).headers.get(HEADER)
            for middleware in (CSPMiddleware, ContentPolicyMiddleware)
        ]
    assert given[0] == given[1]


def test_what_is_refused_before_anything_reads_it_has_it_too(client: Client) -> None:
    answer = client.post("/login", CONTENT_LENGTH=10**9)
    assert answer.status_code == 413
    assert "default-src" in answer.headers[HEADER]


def test_the_policies_differ_where_they_should() -> None:
    answers = [ContentPolicyMiddleware(view)(RequestFactory().get("/")) for view in (plain, with_a_nonce, with_rules)]
    assert len({answer.headers[HEADER] for answer in answers}) == 3
    assert "'nonce-n'" in answers[1].headers[HEADER]


def test_a_nonce_that_would_not_be_in_the_header_is_refused() -> None:
    request = RequestFactory().get("/")
    ContentPolicyMiddleware(plain)(request)
    with pytest.raises(CSPNonceError):
        str(request.csp_nonce)  # type: ignore[attr-defined]
