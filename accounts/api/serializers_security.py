"""Inputs and answers about proving an address, recovering, and changing how one signs in."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from accounts.api.serializers_second_factor import code_if_any
from accounts.validators import MAX_PASSWORD
from nexusvpn.api.fields import Address, StrictSerializer, Text


def _password() -> Text:
    return Text(max_length=MAX_PASSWORD, trim_whitespace=False)


class TokenForm(StrictSerializer):
    token = Text(max_length=64)


class AddressForm(StrictSerializer):
    email = Address(max_length=254)


class ResetForm(StrictSerializer):
    token = Text(max_length=64)
    password = Text(max_length=MAX_PASSWORD, min_length=8, trim_whitespace=False)


class PasswordChangeForm(StrictSerializer):
    current_password = _password()
    code = code_if_any()
    new_password = Text(max_length=MAX_PASSWORD, min_length=8, trim_whitespace=False)


class AddressChangeForm(StrictSerializer):
    email = Address(max_length=254)
    password = _password()
    code = code_if_any()


class PendingAddressView(serializers.Serializer[Any]):
    email = serializers.CharField()
    waits_for_old = serializers.BooleanField()
    waits_for_new = serializers.BooleanField()


class AddressView(serializers.Serializer[Any]):
    email = serializers.CharField()
    is_verified = serializers.BooleanField()
    pending = PendingAddressView(allow_null=True)


class AddressConfirmedView(serializers.Serializer[Any]):
    changed = serializers.BooleanField()


class ChallengeView(serializers.Serializer[Any]):
    """What else is in it depends on the kind; `none` asks for nothing."""

    kind = serializers.CharField()
    challenge = serializers.CharField(required=False)
    bits = serializers.IntegerField(required=False)
    lifetime_s = serializers.IntegerField(required=False)
