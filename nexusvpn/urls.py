"""Every address of the web process. `/api/v1/` is mounted here, so that the kernel imports no app."""

from django.contrib import admin
from django.urls import include, path, re_path

from nexusvpn import brand_files, health
from nexusvpn.api import docs
from nexusvpn.api.views import UnknownAddress

v1 = [
    path("", include("accounts.api.urls")),
    path("", include("billing.api.urls")),
    path("", include("vpn.api.urls")),
    path("", include("referrals.api.urls")),
    path("", include("support.api.urls")),
    path("node/", include("vpn.node_api.urls")),
]
urlpatterns = [
    path("api/v1/", include(v1)),
    re_path(r"^api/schema/?$", docs.schema, name="schema"),
    re_path(r"^api/docs/?$", docs.docs, name="schema-docs"),
    re_path(r"^api/health/?$", health.all_checks, name="health"),
    re_path(r"^api/health/liveness/?$", health.liveness, name="health-liveness"),
    re_path(r"^api/health/readiness/?$", health.readiness, name="health-readiness"),
    re_path(r"^api(/|$)", UnknownAddress.as_view()),
    path("brand/logo", brand_files.logo, name="brand-logo"),
    path("brand/style.css", brand_files.style, name="brand-style"),
    path("admin/", admin.site.urls),
    path("", include("accounts.urls")),
    path("", include("billing.urls")),
    path("", include("billing.page_urls")),
    path("", include("vpn.urls")),
    path("", include("referrals.urls")),
    path("", include("support.urls")),
]
handler400 = "nexusvpn.pages.bad_request"
handler403 = "nexusvpn.pages.permission_denied"
handler404 = "nexusvpn.pages.not_found"
handler500 = "nexusvpn.pages.server_error"
