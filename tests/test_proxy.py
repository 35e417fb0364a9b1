"""Behind a company's proxy that opens TLS, on a machine whose system alone trusts the proxy's root."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme
from company_proxy import Proxy, running
from services import Render, Service, user_environment

STORE = Path("/etc/ssl/certs")
BUNDLE = "ca-certificates.crt"
PRIVATE_MOUNTS = ["unshare", "--map-root-user", "--mount"]
OF_OTHERS = ("SSL_", "NODE_", "PIP_", "REQUESTS_", "CURL_", "GIT_", "NIX_", "npm_")


def reason_to_skip() -> str:
    if not (STORE / BUNDLE).exists():
        return f"{STORE / BUNDLE}, where Debian and Ubuntu keep what the system trusts, isn't on this machine."
    if (
        not shutil.which("unshare")
        or subprocess.run([*PRIVATE_MOUNTS, "true"], check=False, capture_output=True).returncode
    ):
        return "This machine doesn't let a process mount what no other one sees (unshare --mount)."
    return ""


pytestmark = [pytest.mark.matrix, pytest.mark.skipif(bool(reason_to_skip()), reason=reason_to_skip())]


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def proxy(authority: trustme.CA) -> Iterator[Proxy]:
    with running(authority) as proxy:
        yield proxy


@pytest.fixture
def store(tmp_path: Path, authority: trustme.CA) -> Path:
    """What the system trusts, and the proxy's root, as `update-ca-certificates` arranges them."""
    store = Path(shutil.copytree(STORE, tmp_path / "certs"))
    pem = tmp_path / "proxy.pem"
    authority.cert_pem.write_to_path(str(pem))
    name = subprocess.run(
        ["openssl", "x509", "-noout", "-hash", "-in", pem], capture_output=True, text=True, check=True
    )
    shutil.copy(pem, store / f"{name.stdout.strip()}.0")
    with (store / BUNDLE).open("a") as bundle:
        bundle.write(pem.read_text())
    return store


def environment(home: Path, proxy: Proxy) -> dict[str, str]:
    """A new user's, who has set the proxy and nothing about certificates."""
    home.mkdir()
    variables = {name: value for name, value in user_environment().items() if not name.startswith(OF_OTHERS)}
    variables = {name: value for name, value in variables.items() if not name.endswith(("_CA_BUNDLE", "_CA_CERTS"))}
    own = {"HOME": str(home), "PIP_CONFIG_FILE": "/dev/null", "HTTP_PROXY": proxy.url, "HTTPS_PROXY": proxy.url}
    return {**variables, **own, **{name.lower(): value for name, value in own.items() if "PROXY" in name}}


def run(service: Service, *command: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=service.path, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )


def test_a_service_is_set_up_and_deployed(tmp_path: Path, render: Render, proxy: Proxy, store: Path) -> None:
    service, env = render(tmp_path / "orders"), environment(tmp_path / "home", proxy)
    inside = [*PRIVATE_MOUNTS, "sh", "-c", f'mount --bind "$0" {STORE} && exec "$@"', str(store)]
    try:
        result = run(service, *inside, "make", "local", env=env)
    finally:
        run(service, "make", "local-stop", env=env)
    assert result.returncode == 0, result.stdout
    assert "Swagger  http://" in result.stdout
    assert {"pip", "uv", "npm"} <= proxy.clients


def test_where_the_system_does_not_trust_it_the_variables_to_set_are_named(
    tmp_path: Path, render: Render, proxy: Proxy
) -> None:
    service = render(tmp_path / "orders")
    result = run(service, "make", "dev", env=environment(tmp_path / "home", proxy) | {"PIP_RETRIES": "0"})
    assert result.returncode != 0
    for variable in ("PIP_CERT", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"):
        assert variable in result.stdout
