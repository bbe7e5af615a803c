"""Pictures of the pages: all in test-results/, or a dozen small ones for documents.

The latter where PRECISO_SCREENSHOTS names a folder for them.
"""

import os
from io import BytesIO
from pathlib import Path

from django.conf import settings
from PIL import Image

COLORS = 128
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
    path = root / language / f"{name}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(small(page.screenshot()) if chosen else page.screenshot())


def small(picture: bytes) -> bytes:
    few = Image.open(BytesIO(picture)).convert("RGB")
    few = few.quantize(COLORS, method=Image.Quantize.MEDIANCUT, dither=0)
    written = BytesIO()
    few.save(written, "PNG", optimize=True)
    return written.getvalue()
