"""`make demo` and the Makefiles' help."""

import re
import subprocess
from pathlib import Path

from services import Service, user_environment
from user_shell import BLUEPRINT


def make(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs make in this repository as its user does."""
    return subprocess.run(
        ["make", *arguments],
        cwd=BLUEPRINT,
        env=user_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def test_the_demo_serves_an_order_and_does_so_again_in_the_same_folder(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    try:
        for _ in range(2):
            result = make("demo", f"DEMO={folder}")
            assert result.returncode == 0, result.stdout
            assert "POST /api/orders -> 201" in result.stdout
            assert "GET /api/orders?limit=100 -> 200" in result.stdout
            assert re.search(r"From nothing to a served order in \d+ s", result.stdout)
    finally:
        Service(folder).make("local-stop", check=False)


def test_the_demo_leaves_a_folder_with_something_else_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    result = make("demo", f"DEMO={tmp_path}")
    assert result.returncode != 0
    assert f"error: {tmp_path} holds something else; name an empty folder: make demo DEMO=folder" in result.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_make_alone_lists_every_command_with_a_sentence(workshop: Service) -> None:
    for makefile, output in (
        (BLUEPRINT / "Makefile", make().stdout),
        (workshop.path / "Makefile", workshop.make().stdout),
    ):
        targets = re.findall(r"^\.PHONY: (\S+)$", makefile.read_text(), re.MULTILINE)
        listed = dict(line.split(maxsplit=1) for line in output.splitlines())
        assert set(targets) == set(listed)
        assert all(listed.values())
