"""GitHub as people and jobs meet it: what is set up there, who a job is, and a `gh` that answers and remembers."""

import base64
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_GH = Path(__file__).parent / "programs" / "gh.py"
_KEPT = ("variables", "secrets", "environments", "pull_requests", "issues", "releases")


@dataclass(frozen=True)
class GitHub:
    """A repository on GitHub: its settings, and what people and jobs have made there. `event` is what started a job.

    `ids` are the owner's and the repository's, which `sub` holds for repositories made since July 2026.
    """

    repository: str = "acme/orders"
    ids: tuple[str, str] | None = None
    event: Mapping[str, str] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    environments: dict[str, dict[str, str]] = field(default_factory=dict)
    """The variables of each environment."""
    pull_requests: list[dict[str, Any]] = field(default_factory=list)
    issues: list[dict[str, Any]] = field(default_factory=list)
    releases: list[dict[str, Any]] = field(default_factory=list)

    def subject(self, environment: str) -> str:
        """The claim `sub` of a job in the environment."""
        owner, name = self.repository.split("/")
        repository = f"{owner}@{self.ids[0]}/{name}@{self.ids[1]}" if self.ids else self.repository
        return f"repo:{repository}:environment:{environment}"

    def token(self, environment: str) -> str:
        """The identity token of a job in the environment. The local cloud doesn't verify its signature."""
        claims = {
            "iss": "https://token.actions.githubusercontent.com",
            "aud": "sts.amazonaws.com",
            "sub": self.subject(environment),
            "repository": self.repository,
            "ref": "refs/heads/main",
            "environment": environment,
        }
        parts = (json.dumps(part).encode() for part in ({"alg": "RS256", "typ": "JWT"}, claims))
        return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in (*parts, b"signature"))

    @contextmanager
    def at_hand(
        self, folder: Path, path: str, permissions: Mapping[str, str] | None = None
    ) -> Iterator[dict[str, str]]:
        """The variables with which a command finds `gh`, before what `path` has; this has then what `gh` has done.

        A job's token has the job's permissions, a person may do everything.
        """
        folder.mkdir(exist_ok=True)
        shutil.copy(_GH, folder / "gh")
        (folder / "gh").chmod(0o755)
        state = folder / "github.json"
        kept = {name: getattr(self, name) for name in _KEPT}
        state.write_text(json.dumps({"repository": self.repository, "ids": self.ids, **kept}))
        variables = {"PATH": f"{folder}{os.pathsep}{path}", "GH_STATE": str(state)}
        yield variables | ({} if permissions is None else {"GH_PERMISSIONS": json.dumps(permissions)})
        done = json.loads(state.read_text())
        for name, value in kept.items():
            value.clear()
            (value.extend if isinstance(value, list) else value.update)(done[name])
