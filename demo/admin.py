"""A small client of the admin API: what a reader may copy into a script of his own."""

import json
from pathlib import Path
from typing import Any, Self

import httpx2

RELEASE = "DEFAULT_ENVIRONMENT_RELEASE_ID"
JSON = dict[str, Any]


class RefusedError(Exception):
    """The admin API said no; the message holds its answer."""


class Admin:
    """The admin API of the gateway whose data directory is `data`, as the operator it made at its first start."""

    def __init__(self, data: Path) -> None:
        operator = json.loads((data / "operator.json").read_bytes())
        self._http = httpx2.Client(base_url=operator["admin_url"], timeout=10.0)
        self._instance = f"/v2/{operator['project_id']}/apigw/instances/{operator['instance_id']}"
        self._http.headers["X-Auth-Token"] = self._token(operator["user"], operator["password"])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def post(self, path: str, body: JSON) -> JSON:
        """Create something below the instance, such as `/api-groups`; raises RefusedError."""
        found: JSON = _accepted(self._http.post(self._instance + path, json=body)).json()
        return found

    def _token(self, user: str, password: str) -> str:
        login = {"methods": ["password"], "password": {"user": {"name": user, "password": password}}}
        answer = self._http.post("/v3/auth/tokens", json={"auth": {"identity": login}})
        token: str = _accepted(answer).headers["X-Subject-Token"]
        return token


def _accepted(answer: httpx2.Response) -> httpx2.Response:
    if not answer.is_success:
        request = answer.request
        raise RefusedError(f"{request.method} {request.url.path}: {answer.status_code} {answer.text}")
    return answer
