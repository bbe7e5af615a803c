"""A small HTTP client, as somebody writing an integration would have one."""

import http.client
import json
import threading
import time
from typing import Any
from urllib.parse import urlencode

from mlops.demo.errors import DemoFailed

HOST = "127.0.0.1"
PATIENCE = 60
IDLE_FOR = 10  # seconds after which a kept connection may have been closed over there


class Api:
    """The API below /api/v1, as one person; safe to use from several threads."""

    def __init__(self, port: int, token: str) -> None:
        self._port = port
        self._token = token
        self._local = threading.local()

    def get(self, path: str, **query: str) -> Any:
        address = f"{path}?{urlencode(query)}" if query else path
        return self._ask("GET", address)

    def post(self, path: str, body: dict[str, Any] | None = None) -> Any:
        return self._ask("POST", path, json.dumps(body or {}).encode())

    def post_csv(self, path: str, body: bytes) -> Any:
        return self._ask("POST", path, body, content_type="text/csv")

    def all_items(self, path: str, **query: str) -> list[dict[str, Any]]:
        """Every row of a list, page by page."""
        rows: list[dict[str, Any]] = []
        cursor = ""
        while True:
            page = self.get(path, **query, limit="500", cursor=cursor)
            rows += page["items"]
            if page["next"] is None:
                return rows
            cursor = page["next"]

    def _ask(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        content_type: str = "application/json",
    ) -> Any:
        """The answer's JSON. Raises DemoFailed for any status that is an error."""
        headers = {
            "Authorization": f"Bearer {self._token}",
            "Content-Type": content_type,
        }
        connection = self._connection()
        try:
            connection.request(method, f"/api/v1{path}", body, headers)
            response = connection.getresponse()
            answer = json.loads(response.read() or b"null")
        except (OSError, http.client.HTTPException, ValueError) as error:
            self._local.connection = None
            raise DemoFailed(f"{method} {path}: {error!r}") from error
        if response.status >= 400:
            raise DemoFailed(f"{method} {path}: {response.status} {answer}")
        return answer

    def _connection(self) -> http.client.HTTPConnection:
        connection: http.client.HTTPConnection | None
        connection = getattr(self._local, "connection", None)
        used_at: float = getattr(self._local, "used_at", 0.0)
        self._local.used_at = time.monotonic()
        if connection is None or time.monotonic() - used_at > IDLE_FOR:
            connection = http.client.HTTPConnection(HOST, self._port, timeout=PATIENCE)
            self._local.connection = connection
        return connection
