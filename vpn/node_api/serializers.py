"""Shapes of the node API (docs/node-api.md). Newer agents may send more: unknown fields are ignored here."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from nexusvpn.api.fields import Text

BIG = 2**63 - 1


class EnrolForm(serializers.Serializer[Any]):
    token = Text(max_length=100)
    public_key = Text(max_length=64)
    agent_version = Text(max_length=32)
    protocol_version = serializers.IntegerField(min_value=1, max_value=1000)


class LoadForm(serializers.Serializer[Any]):
    cpu_percent = serializers.FloatField(allow_null=True, required=False, min_value=0, max_value=100)
    memory_percent = serializers.FloatField(allow_null=True, required=False, min_value=0, max_value=100)
    peers = serializers.IntegerField(allow_null=True, required=False, min_value=0, max_value=2**31 - 1)
    rx_bytes = serializers.IntegerField(allow_null=True, required=False, min_value=0, max_value=BIG)
    tx_bytes = serializers.IntegerField(allow_null=True, required=False, min_value=0, max_value=BIG)


class NoteForm(serializers.Serializer[Any]):
    code = Text(max_length=40)
    detail = Text(max_length=300, allow_blank=True, default="")


class TotalsForm(serializers.Serializer[Any]):
    rx = serializers.IntegerField(min_value=0, max_value=2**62 - 1)
    tx = serializers.IntegerField(min_value=0, max_value=2**62 - 1)


class ReportForm(serializers.Serializer[Any]):
    report_id = serializers.IntegerField(min_value=0, max_value=BIG)
    epoch = serializers.UUIDField(allow_null=True)
    applied_rev = serializers.IntegerField(min_value=0, max_value=BIG)
    interface_epoch = Text(max_length=128)
    state_hash = Text(max_length=64, allow_null=True, required=False, default=None)
    agent_version = Text(max_length=32)
    protocol_version = serializers.IntegerField(min_value=1, max_value=1000)
    # Rows are checked one by one by the service: one bad row must not cost the good ones.
    peers = serializers.JSONField()
    load = LoadForm(required=False, default=dict)
    notes = NoteForm(many=True, required=False, default=list)
    totals = TotalsForm(required=False, allow_null=True, default=None)
    ports = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=65535),
        required=False,
        allow_null=True,
        default=None,
        max_length=32,
    )
    egress = serializers.ListField(
        child=serializers.IPAddressField(), required=False, allow_null=True, default=None, max_length=2
    )
    failed = serializers.ListField(child=Text(max_length=44), required=False, default=list, max_length=100)

    def validate_peers(self, value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise serializers.ValidationError("Must be a list.")
        if len(value) > 5000:
            raise serializers.ValidationError("At most 5000 rows a report.")
        return value
