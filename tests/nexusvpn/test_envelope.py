"""Every answer under /api/ has the envelope, whatever went wrong and wherever (ApiClient asserts its shape)."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, RequestFactory, override_settings

from accounts.models import User
from nexusvpn.pages import csrf_failure
from tests.api_client import ApiClient
from tests.conftest import token_of


@pytest.mark.django_db
class TestErrors:
    def test_an_unknown_address_is_404(self, api: ApiClient) -> None:
        assert api.get("no/such/thing").code == "not_found"
        assert api.request("PUT", "no").status == 404

    def test_a_malformed_id_is_404(self, alice_api: ApiClient) -> None:
        assert alice_api.get("devices/42").status == 404
        assert alice_api.get("devices/00000000-0000-0000-0000-000000000000").code == "not_found"

    def test_a_method_that_is_not_there_is_405(self, alice_api: ApiClient) -> None:
        answer = alice_api.request("PUT", "devices")
        assert (answer.status, answer.code) == (405, "method_not_allowed")

    def test_options_tell_nothing_of_our_classes(self, alice_api: ApiClient) -> None:
        answer = alice_api.request("OPTIONS", "tickets")
        assert (answer.status, answer.code) == (405, "method_not_allowed")
        assert answer.headers["Allow"] == "GET, HEAD, POST"

    def test_a_form_without_its_token_is_403_in_the_envelope(self) -> None:
        answer = csrf_failure(RequestFactory().post("/api/anything"), "no cookie")
        body = json.loads(answer.content)
        assert (answer.status_code, body["error"]["code"]) == (403, "csrf_failed")

    def test_no_token_is_401_and_says_how(self, api: ApiClient) -> None:
        answer = api.get("devices")
        assert (answer.status, answer.code) == (401, "not_authenticated")
        assert answer.headers["WWW-Authenticate"] == "Bearer"

    @pytest.mark.parametrize("token", ["nvs_unknown", "nvs_", "x", "nvs_é", "nvs_\t", "nvn_node", "a b"])
    def test_a_wrong_token_is_401(self, token: str) -> None:
        assert ApiClient(token).get("devices").code == "invalid_token"

    def test_broken_json_is_400(self, api: ApiClient) -> None:
        for body in (b"{", b"\xff\xfe", b'{"email": NaN}', b"nul"):
            answer = api.request("POST", "auth/login", body)
            assert (answer.status, answer.code) == (400, "malformed_json"), body

    @pytest.mark.parametrize("body", [b"[]", b'"text"', b"7", b"null", b"[1, 2]"])
    def test_json_that_is_no_object_is_400(self, api: ApiClient, body: bytes) -> None:
        answer = api.request("POST", "auth/login", body)
        assert (answer.status, answer.code) == (400, "invalid_input")

    def test_other_content_types_are_415(self, api: ApiClient) -> None:
        answer = api.request("POST", "auth/login", b"email=x", content_type="application/x-www-form-urlencoded")
        assert (answer.status, answer.code) == (415, "unsupported_media_type")

    def test_ten_megabytes_are_413(self, api: ApiClient) -> None:
        answer = api.request("POST", "auth/login", b" " * 10_000_000)
        assert (answer.status, answer.code) == (413, "payload_too_large")

    def test_a_page_takes_no_large_body_either(self) -> None:
        browser = Client()
        for sent in ({"file": SimpleUploadedFile("x", b"x" * 2_000_000)}, {"email": "x" * 2_000_000}):
            answer = browser.post("/login", sent)
            assert answer.status_code == 413
            assert "at most 1048576 bytes" in answer.text

    def test_unknown_fields_are_refused_by_name(self, api: ApiClient) -> None:
        answer = api.post("auth/login", {"email": "a@example.com", "password": "x", "is_staff": True})
        assert (answer.status, answer.code) == (400, "unknown_field")
        assert list(answer.fields) == ["is_staff"]

    @pytest.mark.parametrize(("path", "broken"), [("schema", "docs._schema"), ("docs", "docs.render")])
    def test_documents_fail_in_the_envelope_too(self, path: str, broken: str, monkeypatch: pytest.MonkeyPatch) -> None:
        def explode(*args: Any) -> None:
            raise RuntimeError("secret")

        monkeypatch.setattr(f"nexusvpn.api.{broken}", explode)
        answer = Client(raise_request_exception=False).get(f"/api/{path}")
        body = json.loads(answer.content)
        assert (answer.status_code, body["error"]["code"], body["data"]) == (500, "internal_error", None)
        assert "secret" not in answer.text

    def test_a_wrong_host_is_told_in_the_envelope(self) -> None:
        answer = Client(headers={"host": "evil.example"}).get("/api/health")
        assert (answer.status_code, json.loads(answer.content)["error"]["code"]) == (400, "malformed_request")

    def test_an_unforeseen_exception_is_500_and_tells_nothing(
        self, alice: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def explode(*args: Any, **kwargs: Any) -> None:
            raise RuntimeError("secret path /etc/passwd")

        monkeypatch.setattr("vpn.api.locations.list_locations", explode)
        quiet = ApiClient(token_of(alice), raise_exceptions=False)
        for debug in (False, True):
            with override_settings(DEBUG=debug):
                answer = quiet.get("locations")
            assert (answer.status, answer.code) == (500, "internal_error")
            assert "secret" not in str(answer.body)
            assert "RuntimeError" not in str(answer.body)


@pytest.mark.django_db
class TestRequestIds:
    def test_a_good_one_is_kept(self, api: ApiClient) -> None:
        assert api.get("locations", **{"X-Request-ID": "deploy-7_a.b"}).body["request_id"] == "deploy-7_a.b"

    @pytest.mark.parametrize("offered", ["", "a b", "a" * 129, "ü", "x\ny", "<script>"])
    def test_another_one_is_replaced_by_a_uuid(self, api: ApiClient, offered: str) -> None:
        kept = api.get("locations", **{"X-Request-ID": offered}).body["request_id"]
        assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", kept)

    def test_pages_have_one_too(self) -> None:
        answer = Client().get("/no-such-page", headers={"X-Request-ID": "page-1"})
        assert answer.status_code == 404
        assert answer.headers["X-Request-ID"] == "page-1"


@pytest.mark.django_db
def test_a_trailing_slash_changes_nothing(api: ApiClient) -> None:
    assert api.get("locations").data == api.get("locations/").data


@pytest.mark.django_db
def test_the_timestamp_is_utc_with_milliseconds(api: ApiClient) -> None:
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", api.get("locations").body["timestamp"])
