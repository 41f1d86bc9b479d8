from django.urls import re_path

from nexusvpn.api.routes import UUID_PATTERN
from vpn.api.config import DeviceConfigView
from vpn.api.devices import (
    DeviceDetailView,
    DeviceKeyView,
    DeviceResumeView,
    DeviceSuspendView,
    DevicesView,
)
from vpn.api.kept_devices import KeptDevicesView
from vpn.api.locations import FavouritesView, FavouriteView, LocationsView
from vpn.api.status import StatusView
from vpn.api.usage import UsageView

urlpatterns = [
    re_path(r"^locations/?$", LocationsView.as_view(), name="api-locations"),
    re_path(r"^locations/favourites/?$", FavouritesView.as_view(), name="api-favourites"),
    re_path(r"^locations/(?P<pk>[0-9]{1,9})/favourite/?$", FavouriteView.as_view(), name="api-favourite"),
    re_path(r"^devices/?$", DevicesView.as_view(), name="api-devices"),
    re_path(r"^devices/keep/?$", KeptDevicesView.as_view(), name="api-devices-keep"),
    re_path(rf"^devices/{UUID_PATTERN}/?$", DeviceDetailView.as_view(), name="api-device"),
    re_path(rf"^devices/{UUID_PATTERN}/config/?$", DeviceConfigView.as_view(), name="api-device-config"),
    re_path(rf"^devices/{UUID_PATTERN}/rotate-key/?$", DeviceKeyView.as_view(), name="api-device-key"),
    re_path(rf"^devices/{UUID_PATTERN}/suspend/?$", DeviceSuspendView.as_view(), name="api-device-suspend"),
    re_path(rf"^devices/{UUID_PATTERN}/resume/?$", DeviceResumeView.as_view(), name="api-device-resume"),
    re_path(r"^status/?$", StatusView.as_view(), name="api-status"),
    re_path(r"^usage/?$", UsageView.as_view(), name="api-usage"),
]
