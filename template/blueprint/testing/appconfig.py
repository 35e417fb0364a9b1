"""AWS AppConfig's data plane for one client of this process."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from blueprint.testing.faults import hooked, response


class AppConfig:
    """Answers with `content`, as AppConfig does: nothing when it has not changed. With `broken`, it fails."""

    def __init__(self) -> None:
        self.content = b"{}"
        self.broken = False
        self.requests = 0
        self._served: bytes | None = None

    def deploy(self, configuration: Any) -> None:
        """Makes the configuration, JSON or bytes of any kind, the current one."""
        self.content = configuration if isinstance(configuration, bytes) else json.dumps(configuration).encode()

    @contextmanager
    def answering(self, client: Any) -> Iterator[Self]:
        with (
            hooked(client, "StartConfigurationSession", self._start),
            hooked(client, "GetLatestConfiguration", self._get),
        ):
            yield self

    def _start(self, _: AWSPreparedRequest) -> AWSResponse:
        self.requests += 1
        self._served = None
        if self.broken:
            return response(500, b'{"Message": "broken"}')
        return response(201, json.dumps({"InitialConfigurationToken": "token"}).encode())

    def _get(self, _: AWSPreparedRequest) -> AWSResponse:
        self.requests += 1
        if self.broken:
            return response(500, b'{"Message": "broken"}')
        new = b"" if self._served == self.content else self.content
        self._served = self.content
        return response(200, new, **{"Next-Poll-Configuration-Token": "token", "Content-Type": "application/json"})
