from django.urls import path

from vpn.views import config, dashboard, device_life, devices, home, new_device, rotate_key, speed_test, status

urlpatterns = [
    path("", home.landing, name="landing"),
    path("status", status.status, name="status"),
    path("status/now", status.status_now, name="status-now"),
    path("dashboard", dashboard.dashboard, name="dashboard"),
    path("locations", home.locations, name="locations"),
    path("devices", devices.devices, name="devices"),
    path("devices/new", new_device.device_new, name="device-new"),
    path("devices/<uuid:pk>", devices.device, name="device"),
    path("devices/<uuid:pk>/config", config.device_config, name="device-config"),
    path("devices/<uuid:pk>/config/file", config.device_config_file, name="device-config-file"),
    path("devices/<uuid:pk>/config/profile", config.device_config_profile, name="device-config-profile"),
    path("devices/<uuid:pk>/config/bundle", config.device_config_bundle, name="device-config-bundle"),
    path("devices/<uuid:pk>/state", devices.device_state, name="device-state"),
    path("devices/<uuid:pk>/rename", devices.device_rename, name="device-rename"),
    path("devices/<uuid:pk>/suspend", device_life.device_suspend, name="device-suspend"),
    path("devices/<uuid:pk>/resume", device_life.device_resume, name="device-resume"),
    path("devices/<uuid:pk>/expiry", device_life.device_expiry, name="device-expiry"),
    path("devices/<uuid:pk>/expiry/remove", device_life.device_expiry_remove, name="device-expiry-remove"),
    path("devices/<uuid:pk>/rotate-key", rotate_key.device_rotate_key, name="device-rotate-key"),
    path("devices/<uuid:pk>/revoke", devices.device_revoke, name="device-revoke"),
    path("speed-test", speed_test.speed_test, name="speed-test"),
]
