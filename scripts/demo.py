"""`make demo`: renders a service, deploys it onto the local cloud, places an order and lists it."""

import argparse
import json
import os
import subprocess
import sys
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Any

import copier
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from user_shell import BLUEPRINT, user_path


class DemoError(Exception):
    """The demo can't continue; the message says why."""


@contextmanager
def step(what: str) -> Iterator[None]:
    print(f"\n== {what}", flush=True)
    start = monotonic()
    yield
    print(f"   {monotonic() - start:.1f} s", flush=True)


def render(folder: Path) -> None:
    """Renders the default service into the folder, or again into one that holds a demo already."""
    if folder.exists() and any(folder.iterdir()) and not (folder / ".copier-answers.yml").exists():
        raise DemoError(f"{folder} holds something else; name an empty folder: make demo DEMO=folder")
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    copier.run_copy(
        str(BLUEPRINT),
        folder,
        data={"python_version": python},
        defaults=True,
        overwrite=True,
        quiet=True,
        vcs_ref="HEAD",
    )
    # uv, where this repository had to install it, serves the demo too.
    tools, own = folder / ".tools", BLUEPRINT / ".tools"
    if own.exists() and not tools.exists():
        tools.symlink_to(own)


def make(folder: Path, target: str) -> None:
    # The service sets itself up with its user's Python, not with this repository's.
    environment = {**os.environ, "PATH": user_path()}
    if subprocess.run(["make", target], cwd=folder, env=environment, check=False).returncode:
        raise DemoError(f"`make {target}` has failed in {folder}; the lines above say why.")


def call(folder: Path, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """Sends a signed request to the deployed API and returns its answer."""
    outputs = json.loads((folder / ".local" / "outputs.json").read_text())
    port = json.loads((folder / ".local" / "server.json").read_text())["port"]
    host, _, stage = outputs["ApiUrl"].removeprefix("http://").strip("/").partition("/")
    headers = {"Host": host, "Content-Type": "application/json", "Idempotency-Key": str(uuid.uuid4())}
    data = json.dumps(body).encode() if body else None
    request = AWSRequest(method, f"http://{host}/{stage}{path}", headers=headers, data=data)
    caller = json.loads((folder / ".local" / "caller.json").read_text())
    SigV4Auth(Credentials(caller["id"], caller["secret"]), "execute-api", "us-east-1").add_auth(request)
    # By its number: not every resolver knows that names under .localhost are this machine.
    url = f"http://127.0.0.1:{port}/{stage}{path}"
    sent = urllib.request.Request(url, method=method, headers=dict(request.headers), data=data)
    with urllib.request.urlopen(sent, timeout=30) as response:  # noqa: S310
        answer: dict[str, Any] = json.loads(response.read() or "{}")
        print(f"   {method} {path} -> {response.status}\n   {json.dumps(answer)}")
    return answer


def demo(folder: Path) -> None:
    start = monotonic()
    with step(f"Rendering a service into {folder}"):
        render(folder)
    with step("Setting it up"):
        make(folder, "dev")
    with step("Deploying it onto the local cloud"):
        make(folder, "local")
    with step("Placing an order"):
        order = call(folder, "POST", "/api/orders", {"customer_name": "Ada", "order_item_count": 3})
    with step("Listing the orders"):
        orders = call(folder, "GET", "/api/orders?limit=100")["orders"]
        if order not in orders:
            raise DemoError(f"The order {order['id']} is not in the list.")
    url = json.loads((folder / ".local" / "outputs.json").read_text())["ApiUrl"]
    print(f"""
From nothing to a served order in {monotonic() - start:.0f} s. Now:

  open {url}swagger
  cd {folder}
  make e2e           # test it over HTTP
  make local         # deploy again after a change
  make local-stop    # end the local cloud
""")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where to render the service: an empty folder, or the last demo's")
    try:
        demo(parser.parse_args().folder)
    except (DemoError, copier.errors.CopierError, ValueError, OSError) as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
