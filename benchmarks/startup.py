"""How long `manage.py check` takes beside a bare project with the same other apps.

    python -m benchmarks.startup [ROUNDS]

All run in turn in processes of their own; a ratio is that of the medians. A bare
project whose apps are only installed never loads REST framework's views; one that
routes the schema of drf-spectacular loads them and what makes the schema, which ours
leaves to the first request for it. Also named: heavy libraries that our check loaded,
of which there should be none.
"""

import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parent.parent
HEAVY = (
    *("mlflow", "sklearn", "scipy", "pandas", "numpy", "torch"),
    *("drf_spectacular.plumbing", "jinja2"),
)
BARE = """
SECRET_KEY = "a bare project"
DATABASES = {{
    "default": {{"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
}}
HUEY = {{"huey_class": "huey.MemoryHuey", "immediate": True}}
MIDDLEWARE = {middleware!r}
TEMPLATES = {templates!r}
INSTALLED_APPS = {apps!r}
AUTHENTICATION_BACKENDS = ["preciso.rights.OneQueryBackend"]
ROOT_URLCONF = "bare_urls"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
"""
URLS = """
from django.contrib import admin
from django.urls import path
urlpatterns = [path("admin/", admin.site.urls)]
"""
ROUTED = """
from drf_spectacular.views import SpectacularAPIView
urlpatterns += [path("schema", SpectacularAPIView.as_view())]
"""
LOADED = (
    "import sys; from django.core.management import call_command; import django; "
    "django.setup(); call_command('check'); "
    f"print([name for name in {HEAVY!r} if name in sys.modules])"
)


def write_bare_project(folder: Path) -> None:
    """The third-party apps, middleware and templates of our settings, nothing else."""
    sys.path.insert(0, str(ROOT))
    from preciso import settings_fixed as ours

    templates = [{**each, "DIRS": []} for each in ours.TEMPLATES]
    apps = [a for a in ours.INSTALLED_APPS if not a.startswith(("training", "mlops"))]
    middleware = [m for m in ours.MIDDLEWARE if not m.startswith("preciso.")]
    settings = BARE.format(middleware=middleware, templates=templates, apps=apps)
    (folder / "bare_settings.py").write_text(settings)
    (folder / "bare_urls.py").write_text(URLS)
    routed = settings + 'ROOT_URLCONF = "routed_urls"\n'
    (folder / "routed_settings.py").write_text(routed)
    (folder / "routed_urls.py").write_text(URLS + ROUTED)


def seconds(environment: dict[str, str], folder: Path) -> float:
    started = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "django", "check"],
        cwd=folder,
        env=environment,
        check=True,
        capture_output=True,
    )
    return time.perf_counter() - started


def main(rounds: int) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        write_bare_project(folder)
        base = {"PATH": os.environ["PATH"], "PYTHONPATH": f"{ROOT}:{folder}"}
        bare = {**base, "DJANGO_SETTINGS_MODULE": "bare_settings"}
        routed = {**base, "DJANGO_SETTINGS_MODULE": "routed_settings"}
        ours = {
            **base,
            "DJANGO_SETTINGS_MODULE": "preciso.settings",
            "SECRET_KEY": "a key for the benchmark only",
            "PRECISO_DATA_DIR": name,
        }
        all_of_them = (ours, bare, routed)
        for each in all_of_them:  # so that all are compiled
            seconds(each, folder)
        rows = [[seconds(each, folder) for each in all_of_them] for _ in range(rounds)]
        loaded = subprocess.run(
            [sys.executable, "-c", LOADED], env=ours, capture_output=True, text=True
        )
    mine, installed, used = (median(column) for column in zip(*rows, strict=True))
    print(f"Preciso                        {mine:5.2f} s")
    print(f"bare, apps only installed      {installed:5.2f} s  {mine / installed:5.2f}")
    print(f"bare, the API schema routed    {used:5.2f} s  {mine / used:5.2f}")
    print(f"heavy libraries loaded: {loaded.stdout.splitlines()[-1]}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 7)
