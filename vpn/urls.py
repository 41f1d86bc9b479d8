from django.urls import path

from vpn.views import dashboard, devices, home, new_device, speed_test

urlpatterns = [
    path("", home.landing, name="landing"),
    path("dashboard", dashboard.dashboard, name="dashboard"),
    path("locations", home.locations, name="locations"),
    path("devices", devices.devices, name="devices"),
    path("devices/new", new_device.device_new, name="device-new"),
    path("devices/<uuid:pk>", devices.device, name="device"),
    path("devices/<uuid:pk>/config", devices.device_config, name="device-config"),
    path("devices/<uuid:pk>/state", devices.device_state, name="device-state"),
    path("devices/<uuid:pk>/rename", devices.device_rename, name="device-rename"),
    path("devices/<uuid:pk>/revoke", devices.device_revoke, name="device-revoke"),
    path("speed-test", speed_test.speed_test, name="speed-test"),
]
