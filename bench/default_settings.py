"""What `startproject` and DRF's tutorial give, on the product's tables: the page that P3 compares with.

The database pool and Redis as the throttle's cache are the product's, so that only the way of making the page differs.
"""

from typing import Any

from nexusvpn.settings import *  # noqa: F403

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "bench.default_drf"
REST_FRAMEWORK: dict[str, Any] = {  # type: ignore[no-redef]
    "DEFAULT_AUTHENTICATION_CLASSES": ["bench.default_auth.SessionTokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_THROTTLE_CLASSES": ["rest_framework.throttling.UserRateThrottle"],
    # DRF keeps a list of the window's requests. With a window of a second and 20 users it has about ten entries: less work than at
    # 100 a minute.
    "DEFAULT_THROTTLE_RATES": {"user": "100000/s"},
    "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.PageNumberPagination",
    "PAGE_SIZE": 20,
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
}
