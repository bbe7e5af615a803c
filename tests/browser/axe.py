"""axe-core, the checker of accessibility: fetched by npm once, then kept."""

import hashlib
import subprocess
import tarfile
from pathlib import Path

VERSION = "4.14.1"
SHA256 = "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PATIENCE = 60  # seconds, for npm
ALL = {"type": "tag", "values": TAGS}
COLORS = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
# Nothing is asked for again, so that the console tells of the page alone.
RUN = """runOnly => axe.run(document, {
  runOnly, resultTypes: ["violations"], preload: false,
})"""


class Unavailable(Exception):
    """npm could not fetch it."""


def source(folder: Path) -> str:
    """The script, from ``folder`` if it was fetched before. Raises Unavailable."""
    kept = folder / f"axe-{VERSION}.min.js"
    if not kept.exists():
        kept.write_bytes(_fetched(folder))
    script = kept.read_bytes()
    found = hashlib.sha256(script).hexdigest()
    assert found == SHA256, f"axe.min.js is not the one that is pinned: {found}"
    return script.decode()


def _fetched(folder: Path) -> bytes:
    command = ["npm", "pack", f"axe-core@{VERSION}", "--silent", "--fetch-retries=1"]
    try:
        subprocess.run(
            command, cwd=folder, capture_output=True, check=True, timeout=PATIENCE
        )
    except (OSError, subprocess.SubprocessError) as reason:
        raise Unavailable(f"npm could not fetch axe-core: {reason}") from reason
    with tarfile.open(folder / f"axe-core-{VERSION}.tgz") as package:
        return package.extractfile("package/axe.min.js").read()


def findings(page, script: str, rules: dict = ALL) -> list[str]:
    """What is serious or critical on the page as it stands: rule and element.

    In another scheme nothing changes but ``COLORS``.
    """
    page.evaluate(script)
    return [
        f"{violation['impact']} {violation['id']}: {node['html'][:300]}"
        for violation in page.evaluate(RUN, rules)["violations"]
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
    ]
