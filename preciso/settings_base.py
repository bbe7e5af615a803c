"""Settings that are the same in every installation; settings.py adds the others."""

from pathlib import Path

from django.utils.translation import gettext_lazy as _

BASE_DIR = Path(__file__).resolve().parent.parent
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Django -------------------------------------------------------------------------
INSTALLED_APPS = [
    "django.contrib.admin",
    "training.apps.TrainingConfig",  # before auth, for its createsuperuser
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",  # the templates of its widgets
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_filters",
    "django_htmx",
    "huey.contrib.djhuey",
    "mlops.apps.MlopsConfig",
]
MIDDLEWARE = [
    "preciso.middleware.RequestIdMiddleware",
    "preciso.middleware.ActingMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "preciso.middleware.NoStoreMiddleware",
    "training.middleware.AccessMiddleware",
    "preciso.middleware.CompressPagesMiddleware",
    "preciso.middleware.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "preciso.text_bounds.TextBoundsMiddleware",
    "preciso.request_body.WholeBodyMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "mlops.pages.shared.middleware.SessionEndMiddleware",
    "preciso.middleware.SignInMiddleware",
    "mlops.pages.shared.middleware.PreferencesMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "mlops.pages.shared.middleware.PasswordAgainMiddleware",
    "preciso.middleware.ReadOnceMiddleware",
]
ROOT_URLCONF = "preciso.urls"
WSGI_APPLICATION = "preciso.wsgi.application"
# Widgets of forms may have templates of ours in templates/django/forms.
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
MESSAGE_STORAGE = "preciso.undo_messages.UndoMessageStorage"
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
            ],
            "libraries": {
                "preciso_admin": "mlops.pages.shared.tags.admin_pages",
                "preciso_agreement": "mlops.pages.models.agreement_tags",
                "preciso_charts": "mlops.pages.shared.tags.charts",
                "preciso_clock": "mlops.pages.shared.tags.clock",
                "preciso_forms": "mlops.pages.shared.tags.forms",
                "preciso_lineage": "mlops.pages.models.lineage_tags",
                "preciso_moments": "mlops.pages.shared.tags.moments",
                "preciso_reasons": "mlops.pages.shared.tags.reasons",
                "preciso_rehearsal": "mlops.pages.models.rehearsal_tags",
                "preciso_reliability": "mlops.pages.models.reliability_tags",
                "preciso_rights": "mlops.pages.settings.rights_tags",
                "preciso_ui": "mlops.pages.shared.tags.ui",
            },
        },
    },
]

# People -------------------------------------------------------------------------
AUTHENTICATION_BACKENDS = [
    "preciso.auth_backend.OneQueryBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
BAD_TOKENS_PER_MINUTE = 60  # from one address; beyond, the answer is 429
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "/mlops/"
LOGOUT_REDIRECT_URL = "login"

# What was counted of refusals is written so often; the tests do it themselves.
ACCESS_LOG_FLUSH_SECONDS = 10

# Languages ----------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("ko", _("Korean"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True

# What a browser may do with a page ----------------------------------------------
# The name and the form of Django 6, whose middleware replaces ours one day.
SECURE_CSP = {
    "default-src": ["'self'"],
    "img-src": ["'self'", "data:"],
    "object-src": ["'none'"],
    "base-uri": ["'self'"],
    "form-action": ["'self'"],
    "frame-ancestors": ["'none'"],
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
# The HTTP API -------------------------------------------------------------------
REST_FRAMEWORK = {
    # The token comes first: its WWW-Authenticate makes a stranger's answer a 401.
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "training.api.auth.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["preciso.api.DeclaredPerms"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["preciso.json_parser.StrictJSONParser"],
    "DEFAULT_PAGINATION_CLASS": "preciso.cursor_pagination.NewestFirst",
    "DEFAULT_FILTER_BACKENDS": ["preciso.filters.FilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_THROTTLE_CLASSES": ["preciso.throttling.PerUserThrottle"],
    "EXCEPTION_HANDLER": "preciso.api.handle_exception",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Preciso MLOps",
    "DESCRIPTION": "Approvals in, a better model out, and anyone allowed to can undo.",
    "VERSION": "1",
    "DEFAULT_GENERATOR_CLASS": "preciso.schema.Generator",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "preciso.schema.describe_errors",
    ],
    "ENUM_NAME_OVERRIDES": {
        "CaseStatus": "training.choices.CaseStatus",
        "DatasetStatus": "training.choices.DatasetStatus",
        "JobStatus": "training.choices.JobStatus",
        "RunStatus": "training.choices.RunStatus",
        "SubmissionStatus": "training.api.runs.SUBMISSION",
        "TrainingScope": "training.choices.TrainingScope",
        "ModelStatus": "mlops.api.filters.STATUSES",
    },
}

# The log ----------------------------------------------------------------------
LOGGED_TO = ["stderr", "service"]
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}
    },
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": "line"},
        "service": {
            "class": "preciso.service_log.ServiceLogHandler",
            "level": "WARNING",
        },
    },
    "root": {"handlers": LOGGED_TO, "level": "INFO"},
    "loggers": {
        # Django and huey would add handlers of their own and say each line twice.
        "django": {"handlers": LOGGED_TO, "level": "INFO", "propagate": False},
        "huey": {"handlers": LOGGED_TO, "level": "INFO", "propagate": False},
        # Busy for a moment is no warning.
        "waitress": {"level": "ERROR"},
    },
}
