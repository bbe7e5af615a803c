"""Settings of the test suite and of the checks: nothing from the environment.

Except TEST_DATABASE_URL, which runs the suite on PostgreSQL.
"""

import tempfile
from pathlib import Path

from preciso import env

SCRATCH = Path(tempfile.gettempdir()) / "preciso-tests"

env.isolate(
    {
        "SECRET_KEY": "known to everyone who reads the tests",
        "PRECISO_DATA_DIR": str(SCRATCH),
        "DATABASE_URL": env.process_values().get("TEST_DATABASE_URL")
        or "sqlite:///:memory:",
        "MLFLOW_TRACKING_URI": "off",
        "TRAINING_JOBS_ENABLED": "on",
    }
)

from preciso.settings import *  # noqa: E402, F403
from preciso.settings import MIDDLEWARE, STORAGES  # noqa: E402

ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
# Nothing is collected for the suite, and whitenoise warns of an empty directory.
MIDDLEWARE = [name for name in MIDDLEWARE if not name.startswith("whitenoise.")]
HUEY = {
    "name": "preciso",
    "huey_class": "preciso.huey.MemoryDoorbell",
    "immediate": True,
    "results": False,
}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
ACCESS_LOG_FLUSH_SECONDS = 0
STORAGES = {
    **STORAGES,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
