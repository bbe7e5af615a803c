"""How long `manage.py check` takes beside a bare project with the same other apps.

    .venv/bin/python -m benchmarks.startup [--rounds 7]

All run in turn in processes of their own; a ratio is that of the medians. A bare
project whose apps are only installed never loads REST framework's views; one that
routes the schema of drf-spectacular loads them and what makes the schema, which ours
leaves to the first request for it. Also named: heavy libraries that our check loaded,
of which there should be none.
"""

import os
import sys
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.parts.installation import ROOT, Parser, call, environment_of

HEAVY = (
    *("mlflow", "sklearn", "scipy", "pandas", "numpy", "torch"),
    *("drf_spectacular.plumbing", "jinja2"),
)
OURS = ("preciso.", "training.", "mlops.")
BARE = """
SECRET_KEY = "a bare project"
DATABASES = {{
    "default": {{"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
}}
HUEY = {{"huey_class": "huey.MemoryHuey", "immediate": True}}
MIDDLEWARE = {middleware!r}
TEMPLATES = {templates!r}
INSTALLED_APPS = {apps!r}
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
    from preciso import settings_base as ours

    templates = [{**each, "DIRS": []} for each in ours.TEMPLATES]
    for each in templates:
        each["OPTIONS"] = {**each["OPTIONS"], "libraries": {}}
    apps = [each for each in ours.INSTALLED_APPS if not each.startswith(OURS)]
    middleware = [each for each in ours.MIDDLEWARE if not each.startswith(OURS)]
    settings = BARE.format(middleware=middleware, templates=templates, apps=apps)
    (folder / "bare_settings.py").write_text(settings)
    (folder / "bare_urls.py").write_text(URLS)
    routed = settings + 'ROOT_URLCONF = "routed_urls"\n'
    (folder / "routed_settings.py").write_text(routed)
    (folder / "routed_urls.py").write_text(URLS + ROUTED)


def seconds(environment: dict[str, str], folder: Path) -> float:
    started = time.perf_counter()
    call([sys.executable, "-m", "django", "check"], environment, folder)
    return time.perf_counter() - started


def main() -> None:
    parser = Parser(__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.read(rounds=1).rounds
    with TemporaryDirectory(prefix="preciso-bench-") as name:
        folder = Path(name)
        write_bare_project(folder)
        base = {"PATH": os.environ["PATH"], "PYTHONPATH": f"{ROOT}:{folder}"}
        bare = {**base, "DJANGO_SETTINGS_MODULE": "bare_settings"}
        routed = {**base, "DJANGO_SETTINGS_MODULE": "routed_settings"}
        ours = environment_of(folder)
        all_of_them = (ours, bare, routed)
        for each in all_of_them if rounds > 1 else ():  # so that all are compiled
            seconds(each, folder)
        rows = [[seconds(each, folder) for each in all_of_them] for _ in range(rounds)]
        loaded = call([sys.executable, "-c", LOADED], ours)
    mine, installed, used = (median(column) for column in zip(*rows, strict=True))
    print(f"Preciso                        {mine:5.2f} s")
    print(f"bare, apps only installed      {installed:5.2f} s  {mine / installed:5.2f}")
    print(f"bare, the API schema routed    {used:5.2f} s  {mine / used:5.2f}")
    print(f"heavy libraries loaded: {loaded.splitlines()[-1]}")


if __name__ == "__main__":
    main()
