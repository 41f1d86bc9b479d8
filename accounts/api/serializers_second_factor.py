from __future__ import annotations

from typing import Any

from rest_framework import serializers

from accounts.services.second_factor import Method
from accounts.validators import MAX_PASSWORD
from nexusvpn.api.fields import StrictSerializer, Text

CODE_LENGTH = 64


def code_if_any() -> Text:
    return Text(
        max_length=CODE_LENGTH, required=False, allow_blank=True, default="", help_text="If there is a second factor."
    )


class ProofForm(StrictSerializer):
    """Needed once the token is older than ten minutes."""

    password = Text(max_length=MAX_PASSWORD, required=False, trim_whitespace=False)
    code = code_if_any()


class EnableForm(StrictSerializer):
    code = Text(max_length=CODE_LENGTH, allow_blank=True, help_text="Six digits, of the authenticator that was set up.")


class DisableForm(StrictSerializer):
    password = Text(max_length=MAX_PASSWORD, trim_whitespace=False)
    code = Text(max_length=CODE_LENGTH, help_text="Of the authenticator, or a recovery code.")


class FactorAskedView(serializers.Serializer[Any]):
    requires_2fa = serializers.BooleanField(help_text="Always true: ask again with `code`.")
    methods = serializers.ListField(child=serializers.ChoiceField(choices=[(each.value, each.name) for each in Method]))


class SetupView(serializers.Serializer[Any]):
    secret = serializers.CharField(help_text="Base32, for typing.")
    otpauth_url = serializers.CharField(help_text="For a QR code.")


class RecoveryCodesView(serializers.Serializer[Any]):
    recovery_codes = serializers.ListField(
        child=serializers.CharField(), help_text="Shown this once. The former ones work no more."
    )


class PasskeyView(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    created_at = serializers.DateTimeField()
    last_used_at = serializers.DateTimeField(allow_null=True)
