from django.urls import path, re_path

from accounts.views import profile, sessions, sign_in, sign_up

urlpatterns = [
    path("signup", sign_up.signup, name="signup"),
    path("login", sign_in.login, name="login"),
    path("logout", sign_in.logout, name="logout"),
    path("settings", profile.profile, name="settings"),
    path("settings/sessions", sessions.sessions, name="settings-sessions"),
    path("settings/sessions/<uuid:pk>/end", sessions.session_end, name="session-end"),
    re_path(r"^r/(?P<code>[A-Za-z0-9]{1,16})$", sign_up.referral_link, name="referral-link"),
]
