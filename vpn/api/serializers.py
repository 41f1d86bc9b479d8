from __future__ import annotations

from typing import Any

from rest_framework import serializers

from nexusvpn.api.fields import StrictSerializer, Text

PLACE_STATES = ["active", "activating", "suspending", "suspended", "stopped"]
DEVICE_STATES = ["active", "activating", "suspending", "suspended", "stopped", "unplaced", "removing", "removed"]


class DeviceForm(StrictSerializer):
    name = Text(min_length=1, max_length=64)
    location = Text(max_length=40)
    public_key = Text(max_length=64, required=False, trim_whitespace=False)


class ChangeForm(StrictSerializer):
    name = Text(min_length=1, max_length=64, required=False)
    expires_at = serializers.DateTimeField(
        required=False, allow_null=True, help_text="When the device ends; null: never."
    )


class KeyForm(StrictSerializer):
    public_key = Text(max_length=64, trim_whitespace=False)


def _connection() -> serializers.ChoiceField:
    return serializers.ChoiceField(
        choices=["online", "idle", "never", "unknown"],
        help_text="online: a handshake less than 180 s old; unknown: the node is not heard now.",
    )


class PlaceView(serializers.Serializer[Any]):
    location = serializers.CharField(help_text="Slug of the location.")
    ipv4 = serializers.CharField()
    ipv6 = serializers.CharField()
    state = serializers.ChoiceField(choices=PLACE_STATES)
    blocked = serializers.ChoiceField(
        choices=["premium"], allow_null=True, help_text="premium: the plan has lost this location."
    )
    connection = _connection()
    connection_at = serializers.DateTimeField(allow_null=True)
    superseded = serializers.BooleanField(
        help_text="A newer place in the same location is ready; this one serves until you use it."
    )
    leaves_at = serializers.DateTimeField(allow_null=True, help_text="When this server goes out of service.")


class DeviceView(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    public_key = serializers.CharField()
    location = serializers.CharField(help_text="Slug of the home location.")
    ipv4 = serializers.CharField(help_text="At home; empty while no server there has a place for the device.")
    ipv6 = serializers.CharField()
    state = serializers.ChoiceField(
        choices=DEVICE_STATES,
        help_text="active: every node has confirmed the device; suspending and removing: some have not confirmed yet that it is gone.",
    )
    blocked = serializers.ChoiceField(
        choices=["account", "suspended", "expired", "over_quota", "plan_limit"],
        allow_null=True,
        help_text="Why the device is off its servers.",
    )
    connection = _connection()
    connection_at = serializers.DateTimeField(allow_null=True, help_text="When a node last said so.")
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(allow_null=True)
    removed_at = serializers.DateTimeField(allow_null=True, help_text="When the last node confirmed the removal.")
    unconfirmed = serializers.ListField(
        child=serializers.CharField(), help_text="Locations whose node has not confirmed yet that the device is gone."
    )
    places = PlaceView(many=True)


class CreatedDeviceView(DeviceView):
    private_key = serializers.CharField(required=False, help_text="Only without public_key in the request; shown once.")
    config = serializers.CharField(required=False, help_text="Only without public_key in the request; shown once.")


class ConfigView(serializers.Serializer[Any]):
    config = serializers.CharField(help_text="wg-quick file; a placeholder line stands for the private key.")
    file_name = serializers.CharField(help_text="What to save it as; wg-quick takes it as the interface's name.")
    notes = serializers.ListField(
        child=serializers.CharField(), help_text="What to know about this file; they are comments in it as well."
    )


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


class FavouritesView(serializers.Serializer[Any]):
    items = serializers.ListField(child=serializers.IntegerField(), help_text="Ids of locations.")


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
