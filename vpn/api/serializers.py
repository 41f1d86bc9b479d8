from __future__ import annotations

from typing import Any

from rest_framework import serializers

from nexusvpn.api.fields import StrictSerializer, Text


class DeviceForm(StrictSerializer):
    name = Text(min_length=1, max_length=64)
    location = Text(max_length=40)
    public_key = Text(max_length=64, required=False, trim_whitespace=False)


class RenameForm(StrictSerializer):
    name = Text(min_length=1, max_length=64)


class DeviceView(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    public_key = serializers.CharField()
    location = serializers.CharField(help_text="Slug of the location.")
    ipv4 = serializers.CharField()
    ipv6 = serializers.CharField()
    state = serializers.ChoiceField(
        choices=["active", "activating"], help_text="active: the node has confirmed the device."
    )
    connection = serializers.ChoiceField(
        choices=["online", "idle", "never", "unknown"],
        help_text="online: a handshake less than 180 s old; unknown: the node has been silent for a minute.",
    )
    connection_at = serializers.DateTimeField(allow_null=True, help_text="When the node last said so.")
    created_at = serializers.DateTimeField()


class CreatedDeviceView(DeviceView):
    private_key = serializers.CharField(required=False, help_text="Only without public_key in the request; shown once.")
    config = serializers.CharField(required=False, help_text="Only without public_key in the request; shown once.")


class ConfigView(serializers.Serializer[Any]):
    config = serializers.CharField(help_text="wg-quick file; a placeholder line stands for the private key.")


class LocationView(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    slug = serializers.CharField()
    name = serializers.CharField()
    city = serializers.CharField()
    country_code = serializers.CharField()
    latitude = serializers.FloatField()
    longitude = serializers.FloatField()
    premium = serializers.BooleanField()
    online = serializers.BooleanField()
    load = serializers.FloatField(allow_null=True, min_value=0, max_value=1, help_text="null: not known.")


class LocationsView(serializers.Serializer[Any]):
    items = LocationView(many=True)


class UsageDayView(serializers.Serializer[Any]):
    date = serializers.DateField()
    bytes_up = serializers.IntegerField()
    bytes_down = serializers.IntegerField()


class UsageView(serializers.Serializer[Any]):
    items = UsageDayView(many=True)
    bytes_up = serializers.IntegerField(help_text="Sum of the items.")
    bytes_down = serializers.IntegerField(help_text="Sum of the items.")
    period_start = serializers.DateField()
    period_bytes = serializers.IntegerField(help_text="Both ways, all devices, since period_start.")
    quota_bytes = serializers.IntegerField(allow_null=True, help_text="null: unlimited.")
    resets_at = serializers.DateTimeField()
