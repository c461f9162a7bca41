"""Settings: one file, from the environment, parsed loudly. `docs/operate/settings.md` lists them."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

from babel import Locale
from django.conf.locale import LANG_INFO

from tansiq.config import packfile

BASE = Path(__file__).resolve().parent.parent


class Setting:
    """An environment variable with its meaning; `docs/operate/settings.md` is made from these."""

    known: dict[str, tuple[str, str]] = {}

    @classmethod
    def text(cls, name: str, default: str, meaning: str) -> str:
        cls.known[name] = (default, meaning)
        return os.environ.get(name, default)

    @classmethod
    def flag(cls, name: str, default: bool, meaning: str) -> bool:
        value = cls.text(name, "1" if default else "0", meaning)
        if value.lower() not in ("0", "1", "true", "false", "yes", "no"):
            raise SystemExit(f"{name} is “{value}”; set it to 1 or 0.")
        return value.lower() in ("1", "true", "yes")

    @classmethod
    def whole(cls, name: str, default: int, meaning: str) -> int:
        value = cls.text(name, str(default), meaning)
        if not value.isdigit():
            raise SystemExit(f"{name} is “{value}”; set it to a whole number.")
        return int(value)


DATA = Path(Setting.text("TANSIQ_DATA", "./var", "Folder for the embedded database, files and keys.")).absolute()
DATA.mkdir(parents=True, exist_ok=True)
TANSIQ_DATA = DATA
TANSIQ_DEMO = Setting.flag(
    "TANSIQ_DEMO", False, "Demonstration: loopback only, no second factor, a band on every page, mail to files."
)
DEBUG = Setting.flag("TANSIQ_DEBUG", False, "Django's debug pages. Never on a machine that others can reach.")
TANSIQ_NAME = Setting.text("TANSIQ_NAME", "Tansiq", "The product's name as the desk shows it.")
TANSIQ_SITE_URL = Setting.text(
    "TANSIQ_SITE_URL", "http://127.0.0.1:8000", "Public address of the site, without a slash at the end."
).rstrip("/")
ALLOWED_HOSTS = [
    host
    for host in Setting.text("TANSIQ_HOSTS", "", "Host names that the site answers to, separated by commas.").split(",")
    if host
] or ([urlparse(TANSIQ_SITE_URL).hostname or "127.0.0.1", "localhost", "127.0.0.1", "[::1]"])


def _secret_key() -> str:
    given = Setting.text("TANSIQ_SECRET_KEY", "", "Signing key; made and kept in the data folder where it is missing.")
    if given:
        return given
    kept = DATA / "secret-key"
    try:
        descriptor = os.open(kept, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return kept.read_text()
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(48))
    return kept.read_text()


SECRET_KEY = _secret_key()

# The pack: languages (the first is the site's), their CLDR locales, the time zone.
TANSIQ_PACK = Setting.text("TANSIQ_PACK", "", "Country pack: a file or a shipped name; before the first migrate.")
PACK = packfile.read_head(packfile.find(TANSIQ_PACK, DATA))
LANGUAGES = [(code, name) for code, _locale, name in PACK["languages"]]
WAGTAIL_CONTENT_LANGUAGES = LANGUAGES
TANSIQ_LOCALES = {code: locale for code, locale, _name in PACK["languages"]}
LANGUAGE_CODE = LANGUAGES[0][0]
for _code, _name in LANGUAGES:
    if _code not in LANG_INFO:
        LANG_INFO[_code] = {
            "bidi": Locale.parse(TANSIQ_LOCALES[_code]).text_direction == "rtl",
            "code": _code, "name": _name, "name_local": _name,
        }  # fmt: skip
LANGUAGES_BIDI = [code for code, _name in LANGUAGES if Locale.parse(TANSIQ_LOCALES[code]).text_direction == "rtl"]
LOCALE_PATHS = [BASE / "locale", DATA / "locale"]  # the second: `config.words`
USE_I18N = USE_TZ = True
FORMS_URLFIELD_ASSUME_HTTPS = True
TIME_ZONE = PACK["time_zone"]

INSTALLED_APPS = [
    # From the floor up: sections of files are registered, and so loaded, in this order.
    "tansiq.core", "tansiq.people", "tansiq.media", "tansiq.commission", "tansiq.programme", "tansiq.coordination",
    "tansiq.participation", "tansiq.outreach", "tansiq.public", "tansiq.desk", "tansiq.field", "tansiq.config",
    "wagtail.contrib.settings", "wagtail.embeds", "wagtail.sites", "wagtail.users", "wagtail.snippets",
    "wagtail.documents", "wagtail.images", "wagtail.search", "wagtail.admin", "wagtail.locales", "wagtail",
    "modelcluster", "taggit", "django_tasks", "django_tasks_db",
    "allauth", "allauth.account", "allauth.mfa", "rules",
    "django.contrib.humanize", "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions",
    "django.contrib.messages", "django.contrib.staticfiles", "django.forms",
]  # fmt: skip

MIDDLEWARE = [
    "tansiq.public.middleware.SecurityHeaders",
    "django.middleware.security.SecurityMiddleware",
    "tansiq.desk.middleware.SessionWhereNeeded",
    "tansiq.public.middleware.Language",
    "django.middleware.common.CommonMiddleware",
    "tansiq.desk.middleware.CsrfWhereNeeded",
    "tansiq.desk.middleware.AuthenticationWhereNeeded",
    "tansiq.desk.middleware.MessageWhereNeeded",
    "allauth.account.middleware.AccountMiddleware",
    "tansiq.desk.middleware.SecondFactor",
]
ROOT_URLCONF = "tansiq.config.urls"
# A reader's request sees these alone: a process that answers no staff never loads the desk (a second and 40 MB).
TANSIQ_PUBLIC_URLCONF = "tansiq.public.urls"
WSGI_APPLICATION = "tansiq.config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "tansiq.public.context.site",
            ],
        },
    }
]


def _database(url: str) -> dict[str, Any]:
    if not url:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": DATA / "tansiq.sqlite3",
            # Kept by each thread: opening it anew reads the whole schema, which costs more than a page.
            "CONN_MAX_AGE": None,
            # IMMEDIATE: a writer waits at BEGIN instead of failing in the middle.
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-16000;",
            },
        }
    parts = urlparse(url)
    if parts.scheme not in ("postgres", "postgresql"):
        raise SystemExit("TANSIQ_DATABASE_URL must look like postgres://user:password@host:5432/name.")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        # Conditional UPDATEs are exact at READ COMMITTED; at REPEATABLE READ a guard once oversold silently.
        "OPTIONS": {"options": "-c default_transaction_isolation=read\\ committed"},
    }


DATABASES = {
    "default": _database(
        Setting.text("TANSIQ_DATABASE_URL", "", "PostgreSQL >= 15; empty for the embedded SQLite database.")
    )
}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "tansiq"}}

AUTH_USER_MODEL = "people.User"
AUTHENTICATION_BACKENDS = [
    "rules.permissions.ObjectPermissionBackend",
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/desk/"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_ADAPTER = "tansiq.desk.accounts.Adapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = False
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = DEBUG or TANSIQ_DEMO
MFA_TOTP_ISSUER = TANSIQ_NAME
TANSIQ_SECOND_FACTOR = not TANSIQ_DEMO

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = TANSIQ_SITE_URL.startswith("https:")
SESSION_COOKIE_AGE = 12 * 3600
CSRF_TRUSTED_ORIGINS = [TANSIQ_SITE_URL]
if TANSIQ_SITE_URL.startswith("https:"):
    # TLS ends at the proxy in front, which sets this header itself (deploy/nginx.conf).
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31_536_000 if TANSIQ_SITE_URL.startswith("https:") else 0
DATA_UPLOAD_MAX_MEMORY_SIZE = 25 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000

TANSIQ_HELD_AT_ONCE = Setting.whole(
    "TANSIQ_HELD_AT_ONCE",
    5,
    "Places that one network may hold unconfirmed at once, where a form comes without JavaScript.",
)
TANSIQ_WORK_BITS = Setting.whole(
    "TANSIQ_WORK_BITS", 15, "How long a browser counts before it may register at once: each bit more doubles it."
)
TANSIQ_PROXIES = Setting.text(
    "TANSIQ_PROXIES",
    "127.0.0.1,::1",
    "Addresses of proxies in front, whose X-Real-IP is believed, separated by commas.",
).split(",")

TANSIQ_JWS_ALGORITHM = Setting.text(
    "TANSIQ_JWS_ALGORITHM",
    "EdDSA",
    "Name of the algorithm in signed credentials: EdDSA, which most verifiers know, or Ed25519 (RFC 9864).",
)
if TANSIQ_JWS_ALGORITHM not in ("EdDSA", "Ed25519"):
    raise SystemExit(f"TANSIQ_JWS_ALGORITHM is “{TANSIQ_JWS_ALGORITHM}”; set it to EdDSA or Ed25519.")
TANSIQ_NAME_TRIES = Setting.whole(
    "TANSIQ_NAME_TRIES", 10, "How often in an hour one network may ask whether a certificate bears a name."
)

STATIC_URL = "/static/"
STATIC_ROOT = DATA / "static"
STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": DATA / "files"}},
    "staticfiles": {"BACKEND": "tansiq.config.static.Hashed"},
}
if DEBUG:
    STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
MEDIA_ROOT = DATA / "files"
MEDIA_URL = "/files/"  # never served: media goes through a view that asks whether it is public

TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}

DEFAULT_FROM_EMAIL = TANSIQ_MAIL_FROM = Setting.text(
    "TANSIQ_MAIL_FROM", "tansiq@localhost", "Sender of the mails, such as news@example.org."
)
EMAIL_HOST = Setting.text("TANSIQ_MAIL_HOST", "", "SMTP server; empty: mails are written to files in the data folder.")
EMAIL_PORT = Setting.whole("TANSIQ_MAIL_PORT", 587, "Port of the SMTP server.")
EMAIL_HOST_USER = Setting.text("TANSIQ_MAIL_USER", "", "Name for the SMTP server.")
EMAIL_HOST_PASSWORD = Setting.text("TANSIQ_MAIL_PASSWORD", "", "Password for the SMTP server.")
EMAIL_USE_TLS = Setting.flag("TANSIQ_MAIL_TLS", True, "STARTTLS to the SMTP server.")
EMAIL_TIMEOUT = 20
if TANSIQ_DEMO or not EMAIL_HOST:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = DATA / "mail"

WAGTAIL_SITE_NAME = TANSIQ_NAME
WAGTAILADMIN_BASE_URL = TANSIQ_SITE_URL
WAGTAIL_GRAVATAR_PROVIDER_URL = None
WAGTAIL_ENABLE_UPDATE_CHECK = False
WAGTAIL_ENABLE_WHATS_NEW_BANNER = False
WAGTAIL_I18N_ENABLED = len(LANGUAGES) > 1
WAGTAILADMIN_PERMITTED_LANGUAGES = LANGUAGES
WAGTAILADMIN_LOGIN_URL = "account_login"
WAGTAIL_PASSWORD_RESET_ENABLED = False
WAGTAIL_PASSWORD_MANAGEMENT_ENABLED = False
WAGTAIL_EMAIL_MANAGEMENT_ENABLED = False
WAGTAILADMIN_COMMENTS_ENABLED = False
WAGTAIL_WORKFLOW_ENABLED = False

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "{levelname} {name}: {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
}
