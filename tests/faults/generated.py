"""A client that openapi-python-client makes of the document of a running server."""

import importlib
import json
import subprocess
import sys
from pathlib import Path

# It writes Python for the types it knows; ruff would only make it pretty.
SETTINGS = """
post_hooks: []
content_type_overrides:
  application/zip: application/octet-stream
  application/x-ndjson: application/octet-stream
  text/csv: application/octet-stream
"""


class GeneratedClient:
    """Calls operations by their name; each answer is read whole, or the test fails."""

    def __init__(self, home: Path, port: int, token: str, document: bytes) -> None:
        home.mkdir()
        (home / "schema.json").write_bytes(document)
        (home / "settings.yml").write_text(SETTINGS)
        program = Path(sys.executable).parent / "openapi-python-client"
        options = ["--path", home / "schema.json", "--config", home / "settings.yml"]
        options += ["--output-path", home / "preciso_client", "--meta", "none"]
        made = subprocess.run(
            [program, "generate", *options],
            capture_output=True,
            text=True,
            check=False,
        )
        assert made.returncode == 0, made.stdout + made.stderr
        assert "WARNING" not in made.stdout, made.stdout
        self._home = home
        self._client = self._module("client").AuthenticatedClient(
            base_url=f"http://127.0.0.1:{port}", token=token, timeout=60
        )
        self.models = self._module("models")
        self.types = self._module("types")
        self.called: set[str] = set()

    def _module(self, name: str):
        sys.path.insert(0, str(self._home))
        try:
            return importlib.import_module(f"preciso_client.{name}")
        finally:
            sys.path.remove(str(self._home))

    def __call__(self, tag: str, name: str, *ids: object, **given: object):
        operation = self._module(f"api.{tag}.{name}")
        answer = operation.sync_detailed(*map(str, ids), client=self._client, **given)
        assert answer.status_code < 300, (name, answer.status_code, answer.content)
        self.called.add(name)
        if hasattr(answer.parsed, "to_dict"):
            told = json.loads(answer.content)
            assert same(answer.parsed.to_dict(), told), (name, told)
        else:  # a file
            assert answer.parsed.payload.getvalue() == answer.content, name
        return answer.parsed

    def operations(self) -> set[str]:
        folder = self._home / "preciso_client" / "api"
        return {path.stem for path in folder.glob("*/*.py")} - {"__init__"}

    def close(self) -> None:
        self._client.get_httpx_client().close()
        for name in [each for each in sys.modules if each.startswith("preciso_client")]:
            del sys.modules[name]


def same(read: object, told: object) -> bool:
    """Whether nothing was lost on the way; times may be written another way."""
    if isinstance(told, dict):
        return (
            isinstance(read, dict)
            and read.keys() == told.keys()
            and all(same(read[name], told[name]) for name in told)
        )
    if isinstance(told, list):
        return (
            isinstance(read, list)
            and len(read) == len(told)
            and all(map(same, read, told))
        )
    return read == told or (isinstance(told, str) and told.endswith("Z"))
