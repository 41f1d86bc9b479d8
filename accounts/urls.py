from django.urls import path, re_path

from accounts.views import api_keys, notifications, privacy, profile, restore, sessions, sign_in, sign_up

urlpatterns = [
    path("signup", sign_up.signup, name="signup"),
    path("login", sign_in.login, name="login"),
    path("logout", sign_in.logout, name="logout"),
    path("settings", profile.profile, name="settings"),
    path("settings/sessions", sessions.sessions, name="settings-sessions"),
    path("settings/sessions/end-others", sessions.others_end, name="sessions-end-others"),
    path("settings/sessions/<uuid:pk>/end", sessions.session_end, name="session-end"),
    path("settings/api-keys", api_keys.api_keys, name="settings-api-keys"),
    path("settings/api-keys/<uuid:pk>/revoke", api_keys.api_key_revoke, name="api-key-revoke"),
    path("settings/notifications", notifications.mail_preferences, name="settings-notifications"),
    path("notifications", notifications.notifications, name="notifications"),
    path("notifications/read-all", notifications.notifications_read_all, name="notifications-read-all"),
    path("notifications/<uuid:pk>/open", notifications.notification_open, name="notification-open"),
    path("settings/privacy", privacy.privacy, name="settings-privacy"),
    path("settings/privacy/export", privacy.export_request, name="export-request"),
    path("settings/privacy/export/file", privacy.export_file, name="export-file"),
    path("settings/privacy/delete", privacy.account_delete, name="account-delete"),
    path("account/restore", restore.restore, name="account-restore"),
    path("privacy/what-we-store", privacy.what_we_store, name="what-we-store"),
    re_path(r"^r/(?P<code>[A-Za-z0-9]{1,16})$", sign_up.referral_link, name="referral-link"),
]
