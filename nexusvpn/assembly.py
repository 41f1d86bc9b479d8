"""What the service is put together from, in its order: the part of the settings that no environment variable changes."""

from __future__ import annotations

from csp.constants import NONCE, NONE, SELF

INSTALLED_APPS = [
    "nexusvpn",
    "accounts",
    "billing",
    "vpn",
    "referrals",
    "support",
    "nexusvpn.admin_config.StaffAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "procrastinate.contrib.django",
    "djstripe",
]
MIDDLEWARE = [
    "nexusvpn.middleware.RequestContextMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    # These two before whatever may refuse: a refusal has the policy too, and is not in the language of the thread's last request.
    "nexusvpn.content_policy.ContentPolicyMiddleware",
    "nexusvpn.languages.LanguageMiddleware",
    "nexusvpn.middleware.BodyLimitMiddleware",
    "nexusvpn.middleware.NoNulMiddleware",
    "nexusvpn.middleware.DatabaseGateMiddleware",
    "nexusvpn.middleware.ClientSessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "accounts.client_cookie.ClientCookieMiddleware",
    "referrals.middleware.CampaignMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "nexusvpn.maintenance.MaintenanceMiddleware",
    "nexusvpn.middleware.PageLimitMiddleware",
    "accounts.acting_middleware.ActingMiddleware",
    "nexusvpn.uploads.UploadMiddleware",
    "nexusvpn.middleware.PageErrorMiddleware",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 8}},
    {"NAME": "accounts.validators.MaximumLengthValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("email", "full_name")},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "accounts.breached.BreachedPasswordValidator"},
]
# The strictest that works: pages bring no script, style or picture of anybody else's.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "manifest-src": [SELF],
    }
}
# What the API is made of: everything is denied that a view does not allow.
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["nexusvpn.api.authentication.BearerAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["nexusvpn.api.permissions.SignedIn"],
    "DEFAULT_PARSER_CLASSES": ["nexusvpn.api.parsers.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["nexusvpn.api.renderers.EnvelopeRenderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "nexusvpn.api.negotiation.AlwaysJSON",
    "DEFAULT_SCHEMA_CLASS": "nexusvpn.api.schema.EnvelopeSchema",
    "DEFAULT_PAGINATION_CLASS": None,
    "EXCEPTION_HANDLER": "nexusvpn.api.exceptions.handle_exception",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
