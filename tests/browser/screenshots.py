"""Pictures of the pages: small files, in the folder PRECISO_SCREENSHOTS names."""

import os
from io import BytesIO
from pathlib import Path

from django.conf import settings
from PIL import Image

COLORS = 128
# In the documents; without PRECISO_SCREENSHOTS every page has its picture.
CHOSEN = [
    "overview",
    "approvals",
    "case",
    "training",
    "job-live",
    "models",
    "model",
    "rehearsal",
    "compare",
    "ops",
    "logs",
    "rules",
]


def keep(page, name: str, language: str) -> None:
    chosen = os.environ.get("PRECISO_SCREENSHOTS", "")
    if chosen and name not in CHOSEN:
        return
    root = Path(settings.BASE_DIR) / (chosen or "test-results/screenshots")
    folder = root / language
    folder.mkdir(parents=True, exist_ok=True)
    picture = Image.open(BytesIO(page.screenshot())).convert("RGB")
    few = picture.quantize(COLORS, method=Image.Quantize.MEDIANCUT, dither=0)
    few.save(folder / f"{name}.png", optimize=True)
