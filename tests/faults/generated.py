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
        process = subprocess.run(
            [program, "generate", *options],
            capture_output=True,
            text=True,
            check=False,
        )
        assert process.returncode == 0, process.stdout + process.stderr
        assert "WARNING" not in process.stdout, process.stdout
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

    def __call__(self, tag: str, name: str, *ids: object, **parameters: object):
        operation = self._module(f"api.{tag}.{name}")
        answer = operation.sync_detailed(
            *map(str, ids), client=self._client, **parameters
        )
        assert answer.status_code < 300, (name, answer.status_code, answer.content)
        self.called.add(name)
        if hasattr(answer.parsed, "to_dict"):
            answered_json = json.loads(answer.content)
            assert same(answer.parsed.to_dict(), answered_json), (name, answered_json)
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


def same(read: object, original: object) -> bool:
    """Whether nothing was lost on the way; times may be written another way."""
    if isinstance(original, dict):
        return (
            isinstance(read, dict)
            and read.keys() == original.keys()
            and all(same(read[name], original[name]) for name in original)
        )
    if isinstance(original, list):
        return (
            isinstance(read, list)
            and len(read) == len(original)
            and all(map(same, read, original))
        )
    return read == original or (isinstance(original, str) and original.endswith("Z"))
