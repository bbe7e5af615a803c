"""Settings from the environment; docs/operations.md explains each variable."""

from functools import partial
from urllib.parse import quote

from preciso import env, production_checks, setting_parsers
from preciso.settings_base import *  # noqa: F403
from preciso.settings_base import BASE_DIR
from preciso.trainers import TRAINERS

environment = env.read(default_data_dir=BASE_DIR / "var")

# Where this installation keeps what it has learnt -------------------------------
DATA_DIR = environment.directory("PRECISO_DATA_DIR", default=BASE_DIR / "var")

SAMPLE_CASES = environment.flag("PRECISO_SAMPLE", default=True)

DEBUG = environment.flag("DEBUG", default=False)
SECRET_KEY = environment.text("SECRET_KEY", default="debug only" if DEBUG else "")
if not SECRET_KEY:
    environment.refuse(
        "SECRET_KEY is not set. `make up` makes one and keeps it in "
        f"{DATA_DIR / env.SETTINGS_FILE}; otherwise set SECRET_KEY to a long random "
        "text, or DEBUG=on on a developer's machine."
    )
SESSION_IDLE_MINUTES = environment.number(
    "SESSION_IDLE_MINUTES", default=120, low=1, high=7 * 24 * 60
)
SESSION_COOKIE_AGE = 3600 * environment.number(
    "SESSION_HOURS", default=24, low=1, high=30 * 24
)
PASSWORD_AGAIN_MINUTES = environment.number(
    "PASSWORD_AGAIN_MINUTES", default=15, low=1, high=24 * 60
)
TRUSTED_PROXIES = environment.number("TRUSTED_PROXIES", default=0, low=0, high=10)
BEHIND_TLS = environment.flag("BEHIND_TLS", default=False)
ALLOWED_HOSTS = environment.names("ALLOWED_HOSTS", default=production_checks.LOOPBACK)
for fault in production_checks.faults(
    debug=DEBUG, key=SECRET_KEY, hosts=ALLOWED_HOSTS, tls=BEHIND_TLS
):
    environment.refuse(fault)
CSRF_TRUSTED_ORIGINS = environment.names("CSRF_TRUSTED_ORIGINS")
for origin in CSRF_TRUSTED_ORIGINS:
    if not origin.startswith(("http://", "https://")):
        environment.refuse(
            f"CSRF_TRUSTED_ORIGINS: {origin!r} starts with neither http:// nor https://."
        )

DATABASES = {
    "default": environment.parsed(
        "DATABASE_URL",
        partial(setting_parsers.database, base_dir=BASE_DIR),
        default=f"sqlite:///{quote(str(DATA_DIR / 'preciso.sqlite3'))}",
    )
}
REDIS_URL = environment.parsed("REDIS_URL", setting_parsers.redis)

# Training and serving -----------------------------------------------------------
TRAINING_JOBS_ENABLED = environment.flag("TRAINING_JOBS_ENABLED", default=False)
AUTO_TRAIN_ON_APPROVAL = environment.flag("AUTO_TRAIN_ON_APPROVAL", default=False)
TRAINING_MODEL_NAME = environment.parsed(
    "TRAINING_MODEL_NAME", setting_parsers.model_name, default="preciso-default"
)
TRAINER = environment.choice("TRAINER", default="decision", allowed=list(TRAINERS))
LOCAL_TRAINING_COMMAND = environment.parsed(
    "LOCAL_TRAINING_COMMAND", setting_parsers.command
)
# What a trainer gets of the worker's environment: enough to find programs and files,
# none of its secrets.
TRAINER_ENVIRONMENT = env.passed_on(
    [
        "PATH",
        "HOME",
        "USER",
        "LANG",
        "LC_ALL",
        "TZ",
        "TMPDIR",
        "LD_LIBRARY_PATH",
        "CUDA_VISIBLE_DEVICES",
    ]
)
PROTECTED_ATTRIBUTES = environment.names("PROTECTED_ATTRIBUTES")
FAVOURABLE_DECISIONS = environment.names(
    "FAVOURABLE_DECISIONS", default=["approve", "approved", "grant", "granted"]
)
EVAL_SHARE = environment.number("EVAL_SHARE", default=20, low=1, high=90)
TRAIN_SLOTS = environment.number("TRAIN_SLOTS", default=1, low=1, high=64)
BUDGET_CURRENCY = environment.currency("BUDGET_CURRENCY", default="USD")
JOB_LEASE_SECONDS = environment.number(
    "JOB_LEASE_SECONDS", default=30, low=2, high=3600
)
JOB_HEARTBEAT_SECONDS = environment.number(
    "JOB_HEARTBEAT_SECONDS", default=10, low=1, high=1200
)
JOB_SWEEP_SECONDS = environment.number("JOB_SWEEP_SECONDS", default=10, low=1, high=600)
JOB_CANCEL_GRACE_SECONDS = environment.number(
    "JOB_CANCEL_GRACE_SECONDS", default=10, low=0, high=600
)
JOB_DEADLINE_SECONDS = environment.number(
    "JOB_DEADLINE_SECONDS", default=24 * 3600, low=1, high=30 * 24 * 3600
)
# How long who came in, who took something along, who was refused stays on record.
ACCESS_LOG_SIGN_IN_DAYS = environment.number(
    "ACCESS_LOG_SIGN_IN_DAYS", default=730, low=1, high=3650
)
ACCESS_LOG_READ_DAYS = environment.number(
    "ACCESS_LOG_READ_DAYS", default=730, low=1, high=3650
)
ACCESS_LOG_REFUSAL_DAYS = environment.number(
    "ACCESS_LOG_REFUSAL_DAYS", default=30, low=1, high=3650
)
SECRETS = environment.secrets()  # never shown in a log
if JOB_HEARTBEAT_SECONDS >= JOB_LEASE_SECONDS:
    environment.refuse(
        f"JOB_HEARTBEAT_SECONDS={JOB_HEARTBEAT_SECONDS} is not shorter than "
        f"JOB_LEASE_SECONDS={JOB_LEASE_SECONDS}: every job would count as lost."
    )
MLFLOW_TRACKING_URI = environment.parsed(
    "MLFLOW_TRACKING_URI",
    setting_parsers.tracking,
    default=f"sqlite:///{DATA_DIR / 'mlflow.db'}",
)

# The worker's doorbell ----------------------------------------------------------
HUEY = {
    "name": "preciso",
    "immediate": False,
    "results": False,
    "consumer": {
        "workers": 4,
        "worker_type": "thread",
        "max_delay": 0.5,
        "graceful_signal": "TERM",
        "shutdown_timeout": 25,
    },
}
if REDIS_URL:
    HUEY |= {"huey_class": "preciso.huey.RedisDoorbell", "url": REDIS_URL}
else:
    HUEY |= {
        "huey_class": "preciso.huey.SqliteDoorbell",
        "filename": str(DATA_DIR / "huey.db"),
    }

# Files --------------------------------------------------------------------------
STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": DATA_DIR / "media"},
    },
    "artifacts": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {
            "location": environment.directory(
                "ARTIFACTS_DIR", default=DATA_DIR / "artifacts"
            )
        },
    },
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage",
    },
}
WHITENOISE_USE_FINDERS = DEBUG
# A picture that is missing costs the picture, not the page.
WHITENOISE_MANIFEST_STRICT = False
# One request body in memory; an import is read as a stream and has its own limit.
DATA_UPLOAD_MAX_MEMORY_SIZE = 8 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000

# Mail, time, limits, TLS --------------------------------------------------------
EMAIL_URL = environment.parsed("EMAIL_URL", setting_parsers.email)
globals().update(EMAIL_URL)
# Where the head of the audit trail is kept besides the database, once a day.
AUDIT_ANCHOR_FILE = environment.text("AUDIT_ANCHOR_FILE")
AUDIT_ANCHOR_MAIL = environment.names("AUDIT_ANCHOR_MAIL")
AUDIT_ANCHOR_WEBHOOK = environment.parsed(
    "AUDIT_ANCHOR_WEBHOOK", setting_parsers.outside
)
AUDIT_ANCHOR_TSA = environment.parsed("AUDIT_ANCHOR_TSA", setting_parsers.outside)
AUDIT_ANCHOR_TSA_ROOTS = environment.text("AUDIT_ANCHOR_TSA_ROOTS")
TIME_ZONE = environment.time_zone("TIME_ZONE", default="UTC")
API_REQUESTS_PER_MINUTE = environment.number(
    "API_REQUESTS_PER_MINUTE", default=12_000, low=1, high=10_000_000
)
if BEHIND_TLS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    # A probe inside the machine speaks plain http.
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True

environment.check()
