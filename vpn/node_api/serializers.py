"""Shapes of the node API (docs/node-api.md). Newer agents may send more: unknown fields are ignored here."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from nexusvpn.api.fields import Text

BIG = 2**63 - 1
MOST_ROWS = 5000


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


class PeerRows(serializers.Field[list[Any], Any, Any, Any]):
    """A list as it came: its rows are checked by the service, since one bad row must not cost the good ones.

    DRF's own field for JSON would write and read all of it once more.
    """

    default_error_messages = {"invalid": "Must be a list.", "too_many": "At most 5000 rows a report."}

    def to_internal_value(self, data: Any) -> list[Any]:
        if not isinstance(data, list):
            self.fail("invalid")
        if len(data) > MOST_ROWS:
            self.fail("too_many")
        return data


class ReportForm(serializers.Serializer[Any]):
    report_id = serializers.IntegerField(min_value=0, max_value=BIG)
    epoch = serializers.UUIDField(allow_null=True)
    applied_rev = serializers.IntegerField(min_value=0, max_value=BIG)
    interface_epoch = Text(max_length=128)
    state_hash = Text(max_length=64, allow_null=True, required=False, default=None)
    agent_version = Text(max_length=32)
    protocol_version = serializers.IntegerField(min_value=1, max_value=1000)
    peers = PeerRows()
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
