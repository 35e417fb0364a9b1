"""docs/upgrades.md: an existing service takes the blueprint on, and nothing of it is overwritten."""

import re
import shlex
from pathlib import Path

import pytest
from history import Blueprint, commit, git, minor_changes, tracked, update
from services import Service
from user_shell import BLUEPRINT

pytestmark = pytest.mark.matrix

URL = "https://github.com/OWNER/serverless-service-blueprint"
PYTHON = '"""Ours."""\n'
# In the shape of a service from the cookbook's cookiecutter.
EXISTING = {
    "README.md": "# Ours\n",
    "Makefile": "deploy:\n\tcdk deploy\n",
    "pyproject.toml": '[tool.poetry]\nname = "ours"\n',
    "cdk.json": '{"app": "python3 app.py"}\n',
    "app.py": PYTHON,
    ".gitignore": ".venv\n",
    "cdk/service/service_stack.py": PYTHON,
    "service/handlers/handle_create_order.py": PYTHON,
    "service/handlers/models/env_vars.py": PYTHON,
    "service/handlers/utils/observability.py": PYTHON,
    "service/logic/create_order.py": PYTHON,
    "service/dal/__init__.py": PYTHON,
    "service/dal/db_handler.py": PYTHON,
    "service/models/input.py": PYTHON,
    "service/models/order.py": PYTHON,
    "tests/unit/test_input.py": "def test_ours() -> None:\n    assert True\n",
}
COPIER = str(BLUEPRINT / ".venv" / "bin" / "copier")


@pytest.fixture
def blueprint(tmp_path: Path) -> Blueprint:
    return Blueprint.of_this_template(tmp_path / "blueprint")


def command(page: str, start: str, blueprint: Blueprint) -> list[str]:
    """The command of the page that starts so, for this blueprint, with the default answers."""
    line = next(line.strip() for line in page.splitlines() if line.strip().startswith(start))
    words = shlex.split(line.replace(URL, str(blueprint.path)))
    return [COPIER, words[1], "--defaults", *[word for word in words[2:] if word != "--defaults"]]


def adopt(service: Service, blueprint: Blueprint) -> str:
    """Does steps 1 and 2 of the page; returns what Copier says in step 1."""
    page = (BLUEPRINT / "docs" / "upgrades.md").read_text()
    output = service.run(*command(page, "copier copy --skip", blueprint)).stdout
    commit(service.path, "Add the blueprint's files")
    service.run(*command(page, "copier copy --defaults --data-file", blueprint))
    git(service.path.parent / "fresh", "init", "--quiet")
    return output


def test_a_service_of_the_cookbooks_takes_the_blueprint_on(blueprint: Blueprint, tmp_path: Path) -> None:
    # Given a service of another template
    service = Service(tmp_path / "ours")
    for name, text in EXISTING.items():
        (service.path / name).parent.mkdir(parents=True, exist_ok=True)
        (service.path / name).write_text(text)
    git(service.path, "init", "--quiet")
    commit(service.path, "Our service")
    before = tracked(service)
    # When the blueprint is copied into it
    output = adopt(service, blueprint)
    # Then nothing is overwritten, and what would have been is listed
    after, fresh = tracked(service), tracked(Service(tmp_path / "fresh"))
    assert {name: after[name] for name in before} == before
    skipped = set(re.findall(r"skip\S*\s+(\S+)", output))
    assert skipped == set(before) & set(fresh)
    assert set(after) == set(before) | set(fresh)
    # When the team takes the blueprint's own files, as step 3 says
    for name in ("Makefile", "cdk.json", "pyproject.toml", ".gitignore"):
        (service.path / name).write_bytes(fresh[name])
    commit(service.path, "Take the blueprint's files")
    # Then updates work from there on, and still keep what is the team's
    blueprint.release("1.1.0", minor_changes)
    update(service)
    assert git(service.path, "ls-files", "--unmerged") == ""
    assert (service.path / "blueprint" / "constructs" / "new_part.py").exists()
    assert (service.path / "service" / "models" / "order.py").read_text() == PYTHON
    assert (service.path / "README.md").read_text() == "# Ours\n"


def test_a_service_that_was_copied_by_hand_takes_the_blueprint_on(blueprint: Blueprint, tmp_path: Path) -> None:
    # Given a service that was rendered once, has lost its answers and gained edits
    service = blueprint.render(tmp_path / "ours", python_version="3.14")  # the default, as the page's command has it
    (service.path / ".copier-answers.yml").unlink()
    with (service.path / "blueprint" / "docs" / "operating.md").open("a") as page:
        page.write("\nOurs.\n")
    commit(service.path, "Copy by hand")
    before = tracked(service)
    # When the blueprint is copied into it
    output = adopt(service, blueprint)
    # Then it has its answers again, and nothing else has changed
    after = tracked(service)
    assert set(after) - set(before) == {".copier-answers.yml"}
    assert {name: after[name] for name in before} == before
    assert re.findall(r"skip\S*\s+(\S+)", output) == ["blueprint/docs/operating.md"]
    # and the next update merges
    blueprint.release("1.1.0", minor_changes)
    update(service)
    assert git(service.path, "ls-files", "--unmerged") == ""
    text = (service.path / "blueprint" / "docs" / "operating.md").read_text()
    assert text.startswith("# Operating the service")
    assert text.endswith("Ours.\n")
