"""Django settings, all read from the environment. docs/operations.md lists every variable."""

from __future__ import annotations

from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from config import env, servers
from config.hosts import Hosts
from config.static_digest import static_digest

BASE_DIR = Path(__file__).resolve().parent.parent

env.adopt_files()

DEBUG = env.flag("PULSEBOARD_DEBUG", default=False)

SECRET_KEY = env.text("PULSEBOARD_SECRET_KEY")
if not SECRET_KEY:
    # `manage.py up` makes and keeps one; anything else must say which it uses, because a key that
    # changes with each process would log every operator out at each restart.
    if not DEBUG:
        raise ImproperlyConfigured(
            "PULSEBOARD_SECRET_KEY is not set. `make run` makes one by itself; elsewhere set it to"
            " 50 or more random characters, the same for every process."
        )
    SECRET_KEY = "debug-only-key-never-used-without-PULSEBOARD_DEBUG"  # noqa: S105

ALLOWED_HOSTS = Hosts(env.words("PULSEBOARD_ALLOWED_HOSTS", default="localhost,127.0.0.1,[::1]"))
CSRF_TRUSTED_ORIGINS = env.words("PULSEBOARD_TRUSTED_ORIGINS")
# How a link in a notification begins; empty: what is sent has no links.
PUBLIC_URL = env.text("PULSEBOARD_PUBLIC_URL").rstrip("/")

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "channels",
    "rest_framework",
    "django_filters",
    "knox",
    "drf_spectacular",
    "access",
    "devices",
    "shiftlog",
    "telemetry",
    "bridge",
    "derived",
    "notifications",
    "alerts",
    "dashboard",
    "embedded",
    "config",  # the checks of these settings
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "config.cache_control.CacheControl",
    "dashboard.pages.content_policy.ContentPolicy",
    "config.static_files.StaticFiles",
    "config.compression.Compression",
    "config.odd_requests.OddRequests",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "config.slashes.SlashMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "access.signed_in.NoteSignIn",
    "access.acting.Acting",
    "access.turns.GiveBack",
    "access.audited.requests.RecordTheRest",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "dashboard.pages.menu.menu",
                "dashboard.pages.may.may",
            ]
        },
    }
]

DATABASES = {"default": servers.database("DATABASE_URL", "postgresql://localhost/pulseboard")}
# Connections that a web process has at most, and keeps between requests; 0: each request opens its
# own.
DATABASE_POOL = env.integer("PULSEBOARD_DATABASE_POOL", 12, minimum=0, maximum=1_000)

REDIS_URL = servers.redis_url("REDIS_URL", "redis://localhost:6379/0")
# Set apart several installations on one Redis or one broker.
PULSEBOARD_PREFIX = env.text("PULSEBOARD_PREFIX", "pulseboard")
CHANNEL_LAYERS = {
    "default": {
        # One PUBLISH a frame; the list-based layer takes four round trips and drops over capacity.
        "BACKEND": "config.channel_layer.RedisChannelLayer",
        "CONFIG": {"url": REDIS_URL, "prefix": PULSEBOARD_PREFIX},
    }
}

MQTT = servers.mqtt_broker("MQTT_URL", "mqtt://localhost:1883")
# What devices are told where that is another address than the bridge's: a forwarded port, a proxy.
MQTT_FOR_DEVICES = servers.mqtt_broker(
    "PULSEBOARD_DEVICES_MQTT_URL", env.text("MQTT_URL") or "mqtt://localhost:1883"
)

# What the broker may keep before somebody is told: retained messages, and bytes of them and of what
# waits for somebody who is away.
RETAINED_LIMIT = env.integer("PULSEBOARD_RETAINED_LIMIT", 100_000, minimum=1, maximum=100_000_000)
BROKER_STORE_LIMIT = (
    1024 * 1024 * env.integer("PULSEBOARD_BROKER_STORE_MIB", 512, minimum=1, maximum=1_048_576)
)

# Where devices that speak ThingsBoard's device API connect to a bridge; None: nowhere.
THINGSBOARD = servers.mqtt_listener("PULSEBOARD_THINGSBOARD_URL")

# The account that may change the broker's accounts of devices, where the broker is a Mosquitto with
# the dynamic-security plugin; None where it has no accounts of ours.
BROKER_CONTROL = (
    servers.mqtt_broker("PULSEBOARD_BROKER_CONTROL_URL", "")
    if env.text("PULSEBOARD_BROKER_CONTROL_URL")
    else None
)

# What a broker that asks us who may come sends along; empty: none may ask (bridge.accounts.asked).
# How many questions a second are answered.
BROKER_SECRET = env.text("PULSEBOARD_BROKER_SECRET")
BROKER_REQUESTS = env.integer("PULSEBOARD_BROKER_REQUESTS", 500, minimum=1, maximum=1_000_000)

# Who takes our e-mail, and who it says it is from. Django's own names, read by its mail backend.
_MAIL = servers.mail_server("PULSEBOARD_EMAIL_URL")
EMAIL_HOST, EMAIL_PORT = _MAIL.host, _MAIL.port
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _MAIL.username, _MAIL.password
EMAIL_USE_SSL, EMAIL_USE_TLS = _MAIL.tls, _MAIL.starttls
DEFAULT_FROM_EMAIL = (
    env.text("PULSEBOARD_EMAIL_FROM") or f"Pulseboard <pulseboard@{_MAIL.host or 'localhost'}>"
)
# Networks that notifications may be sent into beside the public ones (notifications.outbound).
NOTIFY_ALLOW = env.networks("PULSEBOARD_NOTIFY_ALLOW")
# Told each so many seconds that Pulseboard lives; see `notifications.heartbeat`.
HEARTBEAT_URL = env.text("PULSEBOARD_HEARTBEAT_URL")
HEARTBEAT_SECONDS = env.integer("PULSEBOARD_HEARTBEAT_SECONDS", 60, minimum=10, maximum=86_400)

# The conventions that are read, by name; none named: all. Filters of topics to listen to beside
# theirs. Senders of what becomes a device by itself: names of conventions, filters of topics.
PULSEBOARD_CONVENTIONS = env.words("PULSEBOARD_CONVENTIONS")
PULSEBOARD_FILTERS = env.words("PULSEBOARD_FILTERS")
AUTO_ADOPT = env.words("PULSEBOARD_AUTO_ADOPT")

# What is published again, retained: patterns of series, and the discovery prefix under which Home
# Assistant is told of them; neither: nothing.
PULSEBOARD_PUBLISH = env.words("PULSEBOARD_PUBLISH")
PULSEBOARD_HOMEASSISTANT = env.text("PULSEBOARD_HOMEASSISTANT")

# Where bridge workers keep what the database has not taken yet, and how much of it, each.
SPOOL_FOLDER = Path(env.text("PULSEBOARD_SPOOL") or BASE_DIR / "var" / "spool")
SPOOL_LIMIT = (
    1024 * 1024 * env.integer("PULSEBOARD_SPOOL_MIB", default=1024, minimum=1, maximum=1_048_576)
)

# Lets a scraper on another machine read /metrics; empty: only this machine may.
METRICS_TOKEN = env.text("PULSEBOARD_METRICS_TOKEN")

LOGIN_URL = "/login/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/login/"
AUTHENTICATION_BACKENDS = ["access.backend.SlowedBackend"]
# An OpenID Connect server that people sign in by; none: no address. Its groups' roles here, as
# group=role or group=role@site (access.openid_roles).
OIDC_ISSUER = env.text("PULSEBOARD_OIDC_ISSUER")
OIDC_CLIENT_ID = env.text("PULSEBOARD_OIDC_CLIENT_ID")
OIDC_CLIENT_SECRET = env.text("PULSEBOARD_OIDC_CLIENT_SECRET")
OIDC_NAME = env.text("PULSEBOARD_OIDC_NAME", "OpenID Connect")
OIDC_GROUPS = env.text("PULSEBOARD_OIDC_GROUPS", "groups")
OIDC_ROLES = env.words("PULSEBOARD_OIDC_ROLES")
# Of whom something beside the password is wanted (access.factor).
SECOND_FACTOR = env.choice(
    "PULSEBOARD_SECOND_FACTOR", "NOBODY", ("NOBODY", "ADMINISTRATORS", "EVERYBODY")
)
PASSWORD_RESET_TIMEOUT = 3600  # seconds that a link to set another password holds
PASSWORD_HASHERS = ["access.passwords.LastingHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "access.passwords.TokensEnd"},
]
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
# Behind a TLS proxy: secure cookies, and trust the proxy's word that the client spoke TLS.
TLS_PROXY = env.flag("PULSEBOARD_TLS_PROXY", default=False)
if TLS_PROXY:
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    # For the name people use; what else is below a domain is not ours to bind (W005, W021). The
    # proxy sends on to https (W008): programs beside us, and probes, come by plain HTTP.
    SECURE_HSTS_SECONDS = env.integer("PULSEBOARD_HSTS_SECONDS", 31_536_000, 0, 63_072_000)
    SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W008", "security.W021"]
# Whose word counts for where a request comes from (access.acting).
PROXIES = env.networks("PULSEBOARD_PROXIES", "127.0.0.1,::1" if TLS_PROXY else "")

LANGUAGE_CODE = "en"
# What a viewer chose, otherwise what the browser asks for; dashboard/language has the catalogues.
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600  # seconds
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_FOLDER = BASE_DIR / "dashboard" / "static"
# While they are edited, the same addresses all the time.
STATIC_URL = "/static/" if DEBUG else f"/static/{static_digest(STATIC_FOLDER)}/"
WHITENOISE_STATIC_PREFIX = "/static/"
# Served straight from the apps' folders: no collectstatic step between a checkout and a page.
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG

REST_FRAMEWORK = {
    # Tokens first: the first class names the challenge, so a request without credentials gets 401
    # with `WWW-Authenticate`; with sessions first it would get 403.
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "devices.api.authentication.ApiTokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_THROTTLE_CLASSES": ["access.throttle.PerCaller"],
    "DEFAULT_PERMISSION_CLASSES": ["access.permission.MayChange"],
    "DEFAULT_RENDERER_CLASSES": ["telemetry.api.json_answer.SpokenJSON"],
    "DEFAULT_PARSER_CLASSES": ["devices.api.parsers.BoundedJSONParser"],
    "EXCEPTION_HANDLER": "devices.api.errors.answer",
    "DEFAULT_PAGINATION_CLASS": "devices.api.pagination.PageNumbers",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
# Named because a migration of ours refers to it.
KNOX_TOKEN_MODEL = "knox.AuthToken"  # noqa: S105
REST_KNOX = {"TOKEN_TTL": None, "TOKEN_LIMIT_PER_USER": 100, "TOKEN_PREFIX": "pb_"}
SPECTACULAR_SETTINGS = {
    "TITLE": "Pulseboard API",
    "DESCRIPTION": "Register devices, read what they measured, and see how it got in.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "ENUM_NAME_OVERRIDES": {
        "Severity": "alerts.models.Severity",
        "SeriesKind": "telemetry.models.Series.Kind",
        "ChannelKind": "notifications.models.Kind",
        "AlertEventKind": "alerts.models.AlertEvent.Kind",
        "PastState": "devices.presence_past.WORST_FIRST",
        "NotificationState": "notifications.models.Notification.State",
        "LogKind": "shiftlog.models.Kind",
        "ReadingSource": "telemetry.api.readings_shapes.SOURCES",
    },
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "devices.api.refusals.add_refusals",
        "bridge.http.schema.add_ingest",
    ],
    "APPEND_COMPONENTS": {
        "securitySchemes": {
            "deviceToken": {"type": "http", "scheme": "bearer", "description": "A device's pd_…"}
        }
    },
}
# Of a form: the admin names each device it is asked to delete (devices.bulk_delete).
DATA_UPLOAD_MAX_NUMBER_FIELDS = 6_000
DATA_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024  # bytes of a request body

# Days kept; what is older goes, a whole day at a time. Hourly and daily rollups stay for good.
RETENTION_DAYS = env.integer("PULSEBOARD_RETENTION_DAYS", 365, minimum=1, maximum=36_500)
# Days after which readings are packed on plain Postgres; 0 leaves them in rows.
PACK_AFTER_DAYS = env.integer("PULSEBOARD_PACK_AFTER_DAYS", 3, minimum=0, maximum=36_500)
ROLLUP_RETENTION_DAYS = env.integer(
    "PULSEBOARD_ROLLUP_RETENTION_DAYS",
    max(365, RETENTION_DAYS),
    minimum=RETENTION_DAYS,
    maximum=36_500,
)
# Until which day a clock that went far ahead is right; see `telemetry.storage.retention`.
CLOCK_CONFIRMED = env.day("PULSEBOARD_CLOCK_CONFIRMED")
QUARANTINE_RETENTION_DAYS = env.integer(
    "PULSEBOARD_QUARANTINE_RETENTION_DAYS", 30, minimum=1, maximum=36_500
)

# The database keeps 90 days whatever is asked (access.migrations.0002_audit_entry).
AUDIT_RETENTION_DAYS = env.integer(
    "PULSEBOARD_AUDIT_RETENTION_DAYS", 731, minimum=90, maximum=36_500
)

# Readings a second that one device may send; see `bridge.intake.allowance`.
DEVICE_READINGS = env.integer("PULSEBOARD_DEVICE_READINGS", 50_000, minimum=100, maximum=10_000_000)

# Requests a second of the API that one token, session or address may make; see `access.throttle`.
API_REQUESTS = env.integer("PULSEBOARD_API_REQUESTS", 100, minimum=1, maximum=1_000_000)
# Live sockets one login may have open at each web process (dashboard.live.seats).
LIVE_SOCKETS = env.integer("PULSEBOARD_LIVE_SOCKETS", 64, minimum=1, maximum=1_000_000)

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "config.logs.LineFormatter"}},
    "filters": {"flood": {"()": "config.log_flood.Flood"}},
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["flood"]}
    },
    "root": {
        "handlers": ["stderr"],
        "level": env.choice("PULSEBOARD_LOG_LEVEL", "INFO", LOG_LEVELS),
    },
}
