"""Settings. Every knob is an environment variable listed in the README; bad values stop the start."""

import os
from pathlib import Path

import environ
from csp.constants import NONE, SELF

from flowops import environment
from flowops.environment import env

BASE_DIR = Path(__file__).resolve().parent.parent
environ.Env.read_env(BASE_DIR / ".env")

DEBUG = environment.flag("DEBUG", default=False)
# The demo: sample data, log-ins made on the spot, debug routes open to this machine. Loopback only.
DEMO = environment.flag("DEMO", default=False)
SECRET_KEY = environment.secret_key(debug=DEBUG)

_LOOPBACK = ["localhost", "127.0.0.1", "[::1]"]
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=_LOOPBACK if DEBUG or DEMO else [])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

DATABASES = {"default": environment.database("DATABASE_URL", f"sqlite:///{BASE_DIR / 'db.sqlite3'}")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "accounts.User"
# Fixtures may say `!ago 3 days`: sample data that never grows old.
SERIALIZATION_MODULES = {"yaml": "flowops.fixture_yaml"}
FIXTURE_DIRS = [BASE_DIR / "fixtures"]

# A turn holds its request for this long; then another process may take it over. Must exceed the longest plan.
LEASE_SECONDS = environment.whole_number("LEASE_SECONDS", 30, at_least=1, at_most=3600)
# After this long a finished answer is no longer replayed; its requestId stays taken.
REPLAY_RETENTION_DAYS = environment.whole_number("REPLAY_RETENTION_DAYS", 30, at_least=1, at_most=3650)

# Without a sign of life from its owner, a claimed case returns to the queue.
CLAIM_MINUTES = environment.whole_number("CLAIM_MINUTES", 30, at_least=1, at_most=1440)
# What an operator sends or approves can be taken back for this long.
UNDO_SECONDS = environment.whole_number("UNDO_SECONDS", 10, at_least=0, at_most=300)
# Puts people's decisions and replies into words and proves them; see handoffs/voice.py.
HANDOFF_VOICE = "agent.voice.VOICE"

INSTALLED_APPS = [
    "flowops",
    "flowops.accounts",
    "flowops.billing",
    "flowops.outbox",
    "flowops.audit",
    "policy",
    "handoffs",
    "agent",
    "flowops.console.ConsoleConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "csp",
    "django.forms",  # its widgets' templates, which ours may replace
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "flowops.middleware.refuse_nul",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
]

ROOT_URLCONF = "flowops.urls"
WSGI_APPLICATION = "flowops.wsgi.application"
APPEND_SLASH = True

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
            ]
        },
    }
]

FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "var" / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = True  # serves static files without a collect step; run collectstatic for the cache

# Only while trying things out are mails written to files; elsewhere the mail server must be named.
_MAIL_FILES = f"filemail:///{BASE_DIR / 'var' / 'mail'}" if DEBUG or DEMO else None
vars().update(environment.email("EMAIL_URL", _MAIL_FILES))
if DEMO and not os.environ.get("EMAIL_URL"):
    EMAIL_BACKEND = "agent.demo.mail.DemoMail"  # files, and one domain whose server is down
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="FlowOps <support@flowops.example>")
EMAIL_TIMEOUT = 15

SESSION_COOKIE_HTTPONLY = True
X_FRAME_OPTIONS = "DENY"
# The console shows what strangers have written: nothing runs or loads but our own files.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
SECURE_REFERRER_POLICY = "same-origin"
if not (DEBUG or DEMO):
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True

REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "flowops.parsers.JSONAlways",
    "DEFAULT_PARSER_CLASSES": ["flowops.parsers.StrictJSONParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "flowops.problems.handle",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}

SPECTACULAR_SETTINGS = {
    "TITLE": "FlowOps",
    "DESCRIPTION": "Answers customers' messages, acts only where policy allows it, and hands the rest to people.",
    "VERSION": "0.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        # A refused request is the caller's news, and is told to them.
        "django.request": {"level": "ERROR"},
        "django.security.DisallowedHost": {"level": "CRITICAL"},
    },
}
