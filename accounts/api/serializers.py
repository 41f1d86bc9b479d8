from __future__ import annotations

from typing import Any

from django.conf import settings
from rest_framework import serializers

from accounts.models import LoginHistory, Session
from accounts.validators import MAX_PASSWORD
from nexusvpn.api.fields import Address, StrictSerializer, Text


class RegisterForm(StrictSerializer):
    email = Address(max_length=254)
    password = Text(max_length=MAX_PASSWORD, min_length=8, trim_whitespace=False)
    full_name = Text(max_length=150, required=False, allow_blank=True, default="")
    referral_code = Text(max_length=16, required=False, allow_blank=True, default="")
    invitation_code = Text(max_length=64, required=False, allow_blank=True, default="")
    campaign = Text(
        max_length=40,
        required=False,
        allow_blank=True,
        default="",
        help_text="The `c` of the link that somebody came by. One that is not counted is ignored.",
    )
    challenge_answer = Text(max_length=300, required=False, allow_blank=True, default="")


class LoginForm(StrictSerializer):
    email = Text(max_length=254)
    password = Text(max_length=MAX_PASSWORD, trim_whitespace=False)
    code = Text(
        max_length=64,
        required=False,
        allow_blank=True,
        default="",
        help_text="Of the authenticator, or a recovery code; asked for by `requires_2fa`.",
    )


class ProfileForm(StrictSerializer):
    full_name = Text(max_length=150, allow_blank=True, required=False)
    language = serializers.ChoiceField(
        choices=settings.LANGUAGES, required=False, help_text="What we write to the person is in it from now on."
    )


class UserView(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    email = serializers.CharField()
    full_name = serializers.CharField()
    referral_code = serializers.CharField()
    language = serializers.ChoiceField(choices=settings.LANGUAGES, help_text="What we write to the person is in it.")
    date_joined = serializers.DateTimeField()


class NewUserView(serializers.Serializer[Any]):
    """With e-mail verification on, only the two that were sent: the rest would say whether there was an account."""

    id = serializers.UUIDField(required=False)
    email = serializers.CharField()
    full_name = serializers.CharField()
    referral_code = serializers.CharField(required=False)
    language = serializers.ChoiceField(choices=settings.LANGUAGES, required=False)
    date_joined = serializers.DateTimeField(required=False)


class RegisteredView(serializers.Serializer[Any]):
    """With e-mail verification on `verification_sent`, otherwise a token."""

    user = NewUserView()
    verification_sent = serializers.BooleanField(required=False)
    token = serializers.CharField(required=False)
    expires_at = serializers.DateTimeField(required=False)


class SignedInView(serializers.Serializer[Any]):
    user = UserView()
    token = serializers.CharField()
    expires_at = serializers.DateTimeField()


class SessionView(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=Session.Kind.choices)
    ip_address = serializers.CharField(allow_null=True)
    place = serializers.CharField(help_text="About where the address is; empty if that is not known.")
    user_agent = serializers.CharField()
    created_at = serializers.DateTimeField()
    last_seen_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    is_current = serializers.BooleanField()


class EndedView(serializers.Serializer[Any]):
    ended = serializers.IntegerField()


class LoginHistoryView(serializers.Serializer[Any]):
    timestamp = serializers.DateTimeField()
    outcome = serializers.ChoiceField(choices=LoginHistory.Outcome.choices)
    kind = serializers.ChoiceField(choices=Session.Kind.choices)
    ip_address = serializers.CharField(allow_null=True)
    user_agent = serializers.CharField()
    place = serializers.CharField(help_text="About where the address is; empty if that is not known.")
