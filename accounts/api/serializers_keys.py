from __future__ import annotations

from typing import Any

from rest_framework import serializers

from accounts.api.serializers_second_factor import ProofForm
from accounts.services.api_keys import MAX_NAME
from nexusvpn.api.fields import Text
from nexusvpn.api.scopes import Scope

SCOPES = [(scope.value, scope.value) for scope in Scope]


class ApiKeyForm(ProofForm):
    name = Text(max_length=MAX_NAME)
    scopes = serializers.ListField(child=serializers.ChoiceField(choices=SCOPES), min_length=1, max_length=len(Scope))
    expires_at = serializers.DateTimeField(required=False, allow_null=True, default=None)


class ApiKeyView(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    prefix = serializers.CharField(help_text="What the key begins with.")
    scopes = serializers.ListField(child=serializers.ChoiceField(choices=SCOPES))
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(allow_null=True)
    last_used_at = serializers.DateTimeField(allow_null=True)


class CreatedApiKeyView(ApiKeyView):
    key = serializers.CharField(help_text="Shown this once.")
