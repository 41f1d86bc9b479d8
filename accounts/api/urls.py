from django.urls import re_path

from accounts.api import views
from nexusvpn.api.routes import UUID_PATTERN

urlpatterns = [
    re_path(r"^auth/register/?$", views.RegisterView.as_view(), name="api-register"),
    re_path(r"^auth/login/?$", views.LoginView.as_view(), name="api-login"),
    re_path(r"^auth/logout/?$", views.LogoutView.as_view(), name="api-logout"),
    re_path(r"^auth/sessions/?$", views.SessionsView.as_view(), name="api-sessions"),
    re_path(rf"^auth/sessions/{UUID_PATTERN}/?$", views.SessionDetailView.as_view(), name="api-session"),
    re_path(r"^auth/history/?$", views.HistoryView.as_view(), name="api-history"),
    re_path(r"^users/me/?$", views.MeView.as_view(), name="api-me"),
]
