"""A new SECRET_KEY, with the former one among SECRET_KEY_FALLBACKS."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import Session, User

pytestmark = pytest.mark.django_db


def test_people_stay_signed_in_and_their_session_goes_over_to_the_new_key(alice: User, settings: Settings) -> None:
    browser = Client()
    browser.force_login(alice)
    former = settings.SECRET_KEY
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another-key-" * 6, [former]
    assert browser.get("/dashboard").status_code == 200
    settings.SECRET_KEY_FALLBACKS = []
    assert browser.get("/dashboard").status_code == 200
    assert Session.objects.filter(user=alice).count() == 1


def test_without_it_they_sign_in_again(alice: User, settings: Settings) -> None:
    browser = Client()
    browser.force_login(alice)
    settings.SECRET_KEY = "another-key-" * 6
    assert browser.get("/dashboard").status_code == 302
