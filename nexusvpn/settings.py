"""Settings, from environment variables only (`.env.example` lists every one). With DEBUG off, an unsafe default refuses to start."""

from __future__ import annotations

import hashlib
import re
from email.utils import formataddr
from pathlib import Path
from typing import Any

from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from nexusvpn import env
from nexusvpn.connections import PatientConnection

BASE_DIR = Path(__file__).resolve().parent.parent
VERSION = "0.1.0"

DEBUG = env.flag("DEBUG")

# --- what production must say ---------------------------------------------------------------------
if DEBUG:
    SECRET_KEY = env.text("SECRET_KEY", "development-only-key-that-production-refuses-to-use")
    ALLOWED_HOSTS = env.items("ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]")
    SITE_URL = env.text("SITE_URL", "http://127.0.0.1:8000").rstrip("/")
else:
    SECRET_KEY = env.required("SECRET_KEY", "sessions and links are signed with it")
    if len(SECRET_KEY) < 50 or SECRET_KEY.startswith("development-only"):
        raise ImproperlyConfigured("SECRET_KEY must have at least 50 random characters")
    ALLOWED_HOSTS = [host for host in env.required("ALLOWED_HOSTS", "the host names served").split(",") if host]
    if "*" in ALLOWED_HOSTS:
        raise ImproperlyConfigured("ALLOWED_HOSTS must name the hosts; * admits any")
    SITE_URL = env.required("SITE_URL", "links in mails start with it").rstrip("/")
    if not SITE_URL.startswith("https://"):
        raise ImproperlyConfigured("SITE_URL must start with https://")
    env.required("DATABASE_URL", "the embedded database is for development")
    env.required("ENCRYPTION_KEYS", "preshared keys are encrypted with it (openssl rand -base64 32)")
# Keys of before: they sign nothing any more, and what they signed still holds.
SECRET_KEY_FALLBACKS = env.items("SECRET_KEY_FALLBACKS")
# The first one encrypts, all of them decrypt (nexusvpn.encryption).
ENCRYPTION_KEYS = env.keys("ENCRYPTION_KEYS") or [hashlib.sha256(b"development" + SECRET_KEY.encode()).digest()]

# --- brand ----------------------------------------------------------------------------------------
BRAND_NAME = env.text("BRAND_NAME", "NexusVPN")
# A file of the operator's own (SVG or PNG, square); empty: the product's.
BRAND_LOGO_FILE = env.text("BRAND_LOGO_FILE")
# The one accent, as #rrggbb, in the light and the dark scheme; `nexusvpn.brand` looks whether they can be read.
BRAND_ACCENT = env.text("BRAND_ACCENT")
BRAND_ACCENT_DARK = env.text("BRAND_ACCENT_DARK")

# --- database -------------------------------------------------------------------------------------
DATABASES = {"default": env.database(env.text("DATABASE_URL", "postgresql:///nexusvpn"))}
DATABASE_POOL_SIZE = env.number("DATABASE_POOL_SIZE", 0)
_options = DATABASES["default"]["OPTIONS"]
_options.setdefault("connect_timeout", 3)
# A machine that vanished is noticed within about twenty seconds, not within TCP's quarter of an hour.
_tcp = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 2, "tcp_user_timeout": 20_000}
_options.update({**_tcp, **_options})
# Statements are prepared where the code asks for it (`nexusvpn.db.planned_once`), and nowhere else.
_options.setdefault("prepare_threshold", 5)
_statement_timeout_ms = env.number("DATABASE_STATEMENT_TIMEOUT_MS", 0)
# A server that lives ends a statement itself, so whoever waited longer waits for one that hangs.
DATABASE_REPLY_TIMEOUT_S = _statement_timeout_ms / 1000 + 1 if _statement_timeout_ms else None
if _statement_timeout_ms:
    _limits = f"-c statement_timeout={_statement_timeout_ms} -c idle_in_transaction_session_timeout=60000"
    _options["options"] = f"{_options.get('options', '')} {_limits}".strip()
if DATABASE_POOL_SIZE:
    _options["pool"] = {
        "connection_class": PatientConnection,
        "min_size": 1,
        "max_size": DATABASE_POOL_SIZE,
        "timeout": 3,
        # The pool gives up a connection that cannot be made after this time, and begins anew when somebody wants one;
        # going on by itself it would wait longer and longer, also when the database is long back.
        "reconnect_timeout": 2,
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- cache and counters ---------------------------------------------------------------------------
REDIS_URL = env.text("REDIS_URL")
CACHES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    "counters": {"BACKEND": "nexusvpn.counters.CounterCache", "LOCATION": REDIS_URL},
}
if REDIS_URL:
    CACHES["default"] = {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "OPTIONS": {"socket_connect_timeout": 0.1, "socket_timeout": 0.2},
    }
RATELIMIT_USE_CACHE = "counters"
RATELIMIT_IP_META_KEY = "nexusvpn.http.client_address"
RATELIMIT_IPV6_MASK = 64
# Networks of the reverse proxies whose X-Forwarded-For is believed; empty: nobody's.
TRUSTED_PROXIES = env.items("TRUSTED_PROXIES")

# --- applications ---------------------------------------------------------------------------------
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
# dj-stripe's own three take most of a minute; this one makes the same tables.
MIGRATION_MODULES = {"djstripe": "nexusvpn.djstripe_migrations"}
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
ROOT_URLCONF = "nexusvpn.urls"
WSGI_APPLICATION = "nexusvpn.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "nexusvpn.http.page_context",
            ],
        },
    }
]

# --- identity -------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
# The address is unique by a constraint on lower(email), which this check cannot see.
SILENCED_SYSTEM_CHECKS = ["auth.W004"]
AUTHENTICATION_BACKENDS = ["accounts.backends.EmailBackend"]
PASSWORD_HASHERS = ["accounts.hashers.BoundedArgon2Hasher"]
ARGON2_CONCURRENCY = env.number("ARGON2_CONCURRENCY", 2)
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
# A file of SHA-1 hashes "ordered by hash" of Have I Been Pwned; empty: only Django's list of common passwords is looked at.
BREACHED_PASSWORDS_FILE = env.text("BREACHED_PASSWORDS_FILE")
if BREACHED_PASSWORDS_FILE and not Path(BREACHED_PASSWORDS_FILE).is_file():
    raise ImproperlyConfigured("BREACHED_PASSWORDS_FILE names a file that is not there")
# Off: whoever signs up is signed in at once, whether or not they read that mailbox.
EMAIL_VERIFICATION = env.flag("EMAIL_VERIFICATION", True)
# A class with `issue() -> dict` and `check(answer) -> None` that sign-ups have to pass; empty: none.
SIGNUP_CHALLENGE = env.text("SIGNUP_CHALLENGE")
# Accounts of one network (/24, /48) in a day; those beyond are flagged for staff.
ABUSE_ACCOUNTS_PER_NETWORK = env.number("ABUSE_ACCOUNTS_PER_NETWORK", 5)
SESSION_ENGINE = "accounts.session_store"
# How long somebody stays signed in without doing anything, and at most: browsers, API tokens, and staff with either.
SESSION_IDLE_HOURS = env.number("SESSION_IDLE_HOURS", 14 * 24)
SESSION_LIFETIME_HOURS = env.number("SESSION_LIFETIME_HOURS", 60 * 24)
TOKEN_IDLE_HOURS = env.number("TOKEN_IDLE_HOURS", 30 * 24)
TOKEN_LIFETIME_HOURS = env.number("TOKEN_LIFETIME_HOURS", 180 * 24)
STAFF_IDLE_HOURS = env.number("STAFF_IDLE_HOURS", 2)
STAFF_LIFETIME_HOURS = env.number("STAFF_LIFETIME_HOURS", 12)
SESSION_COOKIE_AGE = SESSION_LIFETIME_HOURS * 3600
# How long staff without a second factor may use the admin from their first entry on.
STAFF_FACTOR_GRACE_HOURS = env.number("STAFF_FACTOR_GRACE_HOURS", 24)
# A database of places in MaxMind's format; without one no place is shown.
GEOIP_FILE = env.text("GEOIP_FILE")
# How long what we hold about people is kept (the page "What we store" shows these).
LOGIN_HISTORY_DAYS = env.number("LOGIN_HISTORY_DAYS", 365)
AUDIT_KEPT_DAYS = env.number("AUDIT_KEPT_DAYS", 730)
if AUDIT_KEPT_DAYS < 180:
    raise ImproperlyConfigured("AUDIT_KEPT_DAYS must be at least 180: the database keeps what is younger")
MAILS_KEPT_DAYS = env.number("MAILS_KEPT_DAYS", 30)
NOTIFICATIONS_KEPT_DAYS = env.number("NOTIFICATIONS_KEPT_DAYS", 180)
SIGNUP_ORIGINS_KEPT_DAYS = env.number("SIGNUP_ORIGINS_KEPT_DAYS", 30)
KNOWN_CLIENTS_KEPT_DAYS = env.number("KNOWN_CLIENTS_KEPT_DAYS", 180)
EXPORT_KEPT_DAYS = env.number("EXPORT_KEPT_DAYS", 7)
# How long a browser remembers by which campaign it came, and how long we remember which account came by it.
CAMPAIGN_COOKIE_DAYS = env.number("CAMPAIGN_COOKIE_DAYS", 30)
CAMPAIGN_SIGNUPS_KEPT_DAYS = env.number("CAMPAIGN_SIGNUPS_KEPT_DAYS", 400)
DELETION_GRACE_DAYS = env.number("DELETION_GRACE_DAYS", 7)
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "dashboard"
LOGOUT_REDIRECT_URL = "landing"
MESSAGE_STORAGE = "django.contrib.messages.storage.cookie.CookieStorage"

# --- VPN ------------------------------------------------------------------------------------------
NODE_POLL_URL = env.text("NODE_POLL_URL") or None
# Bytes per device and day are kept this long, then only a person's months; a node's hours and the registers behind it all.
USAGE_DAYS_KEPT_MONTHS = env.number("USAGE_DAYS_KEPT_MONTHS", 13)
USAGE_MONTHS_KEPT_YEARS = env.number("USAGE_MONTHS_KEPT_YEARS", 3)
NODE_HOURS_KEPT_DAYS = env.number("NODE_HOURS_KEPT_DAYS", 90)
USAGE_REGISTERS_KEPT_DAYS = env.number("USAGE_REGISTERS_KEPT_DAYS", 90)
ADDRESS_QUARANTINE_S = env.number("ADDRESS_QUARANTINE_SECONDS", 3600)
DEVICE_ACK_WAIT_S = env.number("DEVICE_ACK_WAIT_MS", 1500) / 1000
NODE_REPORT_INTERVAL_S = env.number("NODE_REPORT_INTERVAL_SECONDS", 15)
# A node cannot have carried more than this; what it reports beyond is set aside and shown to staff.
NODE_LINK_BITS_PER_S = env.number("NODE_LINK_BITS_PER_SECOND", 100_000_000_000)

# --- payments -------------------------------------------------------------------------------------
# Empty: nothing is sold, and no page offers it.
STRIPE_SECRET_KEY = env.text("STRIPE_SECRET_KEY")
if STRIPE_SECRET_KEY and not re.fullmatch(r"(sk|rk)_(test|live)_[A-Za-z0-9]{24,}", STRIPE_SECRET_KEY):
    raise ImproperlyConfigured("STRIPE_SECRET_KEY must be a secret or restricted key of Stripe (sk_… or rk_…)")
STRIPE_LIVE_MODE = "_live_" in STRIPE_SECRET_KEY[:8]
# The first one signs; a second one is believed too while the secret is being changed.
STRIPE_WEBHOOK_SECRETS = env.items("STRIPE_WEBHOOK_SECRETS")
if STRIPE_SECRET_KEY and not STRIPE_WEBHOOK_SECRETS:
    raise ImproperlyConfigured("STRIPE_WEBHOOK_SECRETS must be set: without it no payment would be noticed")
STRIPE_API_VERSION = "2026-08-26.dahlia"
STRIPE_API_BASE = env.text("STRIPE_API_HOST").rstrip("/")
if STRIPE_API_BASE and not DEBUG:
    raise ImproperlyConfigured("STRIPE_API_HOST is for the sandbox: production talks to Stripe itself")
STRIPE_AUTOMATIC_TAX = env.flag("STRIPE_AUTOMATIC_TAX")
STRIPE_TAX_ID_COLLECTION = env.flag("STRIPE_TAX_ID_COLLECTION")
DJSTRIPE_FOREIGN_KEY_TO_FIELD = "id"
# The currency that prices are shown in to whoever has not chosen another.
BILLING_CURRENCY = env.text("BILLING_CURRENCY", "USD").upper()
# How long devices go on working after a payment failed, and on which of these days (0 is the first) its owner is written to.
DUNNING_GRACE_DAYS = env.number("DUNNING_GRACE_DAYS", 7)
DUNNING_MAIL_DAYS = sorted(int(day) for day in env.items("DUNNING_MAIL_DAYS", "0,3,6"))
if DUNNING_GRACE_DAYS < 0 or any(not 0 <= day <= DUNNING_GRACE_DAYS for day in DUNNING_MAIL_DAYS):
    raise ImproperlyConfigured("DUNNING_MAIL_DAYS must lie between 0 and DUNNING_GRACE_DAYS")
# A renewal is charged about an hour after its period began, and its event can be late: nobody is cut off for that.
RENEWAL_SLACK_HOURS = env.number("RENEWAL_SLACK_HOURS", 72)
# Ids of Stripe's events, keys of effects, ended checkouts and orders, comparisons.
BILLING_RECORDS_KEPT_DAYS = env.number("BILLING_RECORDS_KEPT_DAYS", 400)

# --- support --------------------------------------------------------------------------------------
# When promises to customers run ("always", or days and hours of the wall clock in SUPPORT_TIME_ZONE); `support.apps` checks both.
SUPPORT_HOURS = env.text("SUPPORT_HOURS", "mon-fri 09:00-17:00")
SUPPORT_TIME_ZONE = env.text("SUPPORT_TIME_ZONE", "UTC")
# How long a customer opens a closed ticket again by answering it.
TICKET_REOPEN_DAYS = env.number("TICKET_REOPEN_DAYS", 14)
# A ticket that we answered is closed after so many silent days, and its customer is told so many days before.
TICKET_SILENT_DAYS = env.number("TICKET_SILENT_DAYS", 7)
TICKET_WARNING_DAYS = env.number("TICKET_WARNING_DAYS", 2)
if not 0 < TICKET_WARNING_DAYS < TICKET_SILENT_DAYS:
    raise ImproperlyConfigured("TICKET_WARNING_DAYS must lie between 0 and TICKET_SILENT_DAYS")
# What files of tickets may take: of one person, of all (the table and its indexes on the disk), and how long they are kept.
ATTACHMENTS_MB_PER_PERSON = env.number("ATTACHMENTS_MB_PER_PERSON", 50)
ATTACHMENTS_TOTAL_MB = env.number("ATTACHMENTS_TOTAL_MB", 20_480)
ATTACHMENTS_KEPT_DAYS = env.number("ATTACHMENTS_KEPT_DAYS", 180)
# Mails to NAME+token@HOST are piped into `manage.py receive_mail`; empty: mails cannot be answered, and none says that they can.
SUPPORT_MAIL_ADDRESS = env.text("SUPPORT_MAIL_ADDRESS").lower()
# With the token the name before the @ may have 64 signs (RFC 5321, 4.5.3.1.1).
if SUPPORT_MAIL_ADDRESS and not re.fullmatch(r"[a-z0-9._-]{1,18}@[a-z0-9.-]+", SUPPORT_MAIL_ADDRESS):
    raise ImproperlyConfigured("SUPPORT_MAIL_ADDRESS must be NAME@HOST, with at most 18 letters and digits as its name")
# What became of mails that came in, and announcements after their end.
INBOUND_MAILS_KEPT_DAYS = env.number("INBOUND_MAILS_KEPT_DAYS", 30)
ANNOUNCEMENTS_KEPT_DAYS = env.number("ANNOUNCEMENTS_KEPT_DAYS", 400)

# --- HTTP -----------------------------------------------------------------------------------------
_secure = not DEBUG
SECURE_SSL_REDIRECT = env.flag("SECURE_SSL_REDIRECT", _secure)
SECURE_REDIRECT_EXEMPT = [r"^api/health"]
SECURE_HSTS_SECONDS = 31_536_000 if _secure else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = _secure
SECURE_HSTS_PRELOAD = _secure
SECURE_REFERRER_POLICY = "same-origin"
if env.flag("BEHIND_TLS_PROXY", _secure):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _secure
SESSION_COOKIE_NAME = "__Host-session" if _secure else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if _secure else "csrf"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
CSRF_TRUSTED_ORIGINS = env.items("CSRF_TRUSTED_ORIGINS")
CSRF_FAILURE_VIEW = "nexusvpn.pages.csrf_failure"
X_FRAME_OPTIONS = "DENY"
# JSON bodies of people are small; nodes' reports have a limit of their own (see BodyLimitMiddleware).
API_BODY_LIMIT_BYTES = 256 * 1024
NODE_BODY_LIMIT_BYTES = 4 * 1024 * 1024
WEBHOOK_BODY_LIMIT_BYTES = 256 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
# Five files of 5 MiB and what was written with them, where a message may bring files; they wait on the disk while they arrive.
UPLOAD_PATHS = re.compile(
    r"/(api/v1/tickets(/[0-9a-f-]{36}/reply)?/?|support(/[0-9a-f-]{36}/reply)?|admin/support/ticket/[0-9a-f-]{36}/reply/)"
)
UPLOAD_BODY_LIMIT_BYTES = 26 * 1024 * 1024
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.TemporaryFileUploadHandler"]
DATA_UPLOAD_MAX_NUMBER_FILES = 10
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

# --- API ------------------------------------------------------------------------------------------
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
AUDIT_RECORDER = "accounts.services.audit.write"
BEARER_AUTHENTICATOR = "accounts.bearer.authenticate"
SPECTACULAR_SETTINGS = {
    "TITLE": f"{BRAND_NAME} API",
    "VERSION": "1.0.0",
    "DESCRIPTION": f"Accounts, devices, usage, support and referrals of {BRAND_NAME}. Every answer has the same envelope.",
    "SCHEMA_PATH_PREFIX": r"/api/v1/",
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": [],
    # Choices stay where they are used: as components they would need names, and many fields are called `state`.
    "POSTPROCESSING_HOOKS": ["nexusvpn.api.schema.without_trailing_slashes"],
}

# --- files, language, mail ------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
# In development files are served from where they lie; in production from what collectstatic gathered.
WHITENOISE_AUTOREFRESH = WHITENOISE_USE_FINDERS = DEBUG
# For people whose browser asks for none of them; everybody else reads the one that theirs names first, or that they chose.
LANGUAGE_CODE = env.text("LANGUAGE_CODE", "en")
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
if LANGUAGE_CODE not in dict(LANGUAGES):
    raise ImproperlyConfigured(f"LANGUAGE_CODE must be one of {', '.join(dict(LANGUAGES))}")
# Each app's texts are in its own `locale`.
LOCALE_PATHS: list[str] = []
FORMAT_MODULE_PATH = ["nexusvpn.formats"]
LANGUAGE_COOKIE_NAME = "__Host-language" if not DEBUG else "language"
LANGUAGE_COOKIE_AGE = 365 * 86400
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_SECURE = LANGUAGE_COOKIE_HTTPONLY = not DEBUG
THEME_COOKIE_NAME = "__Host-theme" if not DEBUG else "theme"
TIME_ZONE = "UTC"
USE_TZ = True
for _name, _value in env.email(env.text("EMAIL_URL") or "console:").items():
    globals()[_name] = _value
if not DEBUG and not env.text("EMAIL_URL"):
    raise ImproperlyConfigured("EMAIL_URL must be set: mails would only be printed")
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", formataddr((BRAND_NAME, "no-reply@localhost")))

# --- watching -------------------------------------------------------------------------------------
LOG_LEVEL = env.text("LOG_LEVEL", "INFO").upper()
LOGGING_CONFIG = "nexusvpn.logs.configure"
LOGGING = {"level": LOG_LEVEL}
# Who is told about servers and payments that need somebody; empty: the staff who may look at them.
ALERT_EMAILS = env.items("ALERT_EMAILS")
HEALTH_INTERNET_URL = env.text("HEALTH_INTERNET_URL")
SENTRY_DSN = env.text("SENTRY_DSN")
# A job for a later time wakes nobody when that comes. At five seconds, the default, an expired device would keep its tunnels too long.
# Jobs run beside each other, so that a long one keeps nobody from being settled; what they share they lock.
JOB_CONCURRENCY = env.number("JOB_CONCURRENCY", 4)
if JOB_CONCURRENCY < 1:
    raise ImproperlyConfigured("JOB_CONCURRENCY must be at least 1")
PROCRASTINATE_WORKER_DEFAULTS = {
    "fetch_job_polling_interval": 1.0,
    # A job without a connection would fail where it can wait.
    "concurrency": min(JOB_CONCURRENCY, DATABASE_POOL_SIZE or JOB_CONCURRENCY),
}
