"""`make update` loses no line of a team's, whatever the team, its git and its repository look like."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from blueprint.update import repository
from history import Blueprint, commit, git, make_update, minor_changes, replace, tracked
from services import Service
from user_shell import BLUEPRINT

MAIN = ".github/workflows/main.yml"
WAF = "blueprint/constructs/waf.py"
GATE = "      - name: Ask the gate\n        run: ./gate\n"
DEPLOY = "      - name: Deploy\n        run: make deploy\n"
BINARY = "blueprint/docs/picture.png"


def moves_and_deletions(template: Path) -> None:
    """Files of the blueprint's that move or go, others that change, and a new one that a team may have itself."""
    minor_changes(template)
    replace(template / WAF, "import", "# As in 1.1.0.\nimport")
    (template / WAF).rename(template / "blueprint" / "constructs" / "firewall.py")
    (template / "blueprint" / "tools" / "new-tool").write_text("#!/bin/sh\n")
    (template / "blueprint" / "tools" / "new-tool").chmod(0o755)
    (template / "blueprint" / "new").mkdir()
    (template / "blueprint" / "new" / "part.py").write_text('"""New."""\n')
    (template / ".new-settings").write_text("")
    (template / "blueprint" / "docs" / "performance.md").unlink()
    (template / BINARY).write_bytes(b"\x89PNG\0new")
    (template / "blueprint" / ".envrc").write_text("export NEW=1\n")


@pytest.fixture(scope="module")
def blueprint(tmp_path_factory: pytest.TempPathFactory) -> Blueprint:
    blueprint = Blueprint.of_this_template(tmp_path_factory.mktemp("history") / "blueprint")
    (blueprint.template / BINARY).write_bytes(b"\x89PNG\0old")
    blueprint.release("1.0.1")
    blueprint.release("1.1.0", moves_and_deletions)
    return blueprint


@pytest.fixture
def service(blueprint: Blueprint, tmp_path: Path) -> Service:
    return blueprint.render(tmp_path / "service", "1.0.1")


def append(service: Service, name: str, text: str) -> None:
    with (service.path / name).open("a") as file:
        file.write(text)


def updated(service: Service, *options: str, **variables: str) -> str:
    """The output of an update that has nothing left to do."""
    result = make_update(service, *options, **variables)
    assert result.returncode == 0, result.stdout
    return result.stdout


def conflicting(service: Service, *options: str, **variables: str) -> set[str]:
    """The files in conflict after an update, which are those that it lists, each with its explanation or markers."""
    result = make_update(service, *options, **variables)
    assert result.returncode == 3, result.stdout
    names = set(git(service.path, "diff", "--name-only", "--relative", "--diff-filter=U").splitlines())
    assert all(f"  {name}\n" in result.stdout for name in names)
    return names


def refused(service: Service, *options: str, **variables: str) -> str:
    """What an update says that changes nothing."""
    before = tracked(service)
    result = make_update(service, *options, **variables)
    assert result.returncode == 1, result.stdout
    assert "Traceback" not in result.stdout
    assert tracked(service) == before
    return result.stdout


def test_edits_move_with_a_file_that_moves(service: Service) -> None:
    append(service, WAF, "\nOURS = 1\n")
    commit(service.path, "Ours")
    output = updated(service)
    assert "What is new in the blueprint:\n  ## 1.1.0" in output
    assert (service.path / ".new-settings").exists()
    assert not (service.path / WAF).exists()
    assert (service.path / "blueprint" / "constructs" / "firewall.py").read_text().endswith("\nOURS = 1\n")


def test_an_edited_file_that_goes_is_a_conflict(service: Service) -> None:
    append(service, "blueprint/docs/performance.md", "\nOurs.\n")
    commit(service.path, "Ours")
    assert conflicting(service) == {"blueprint/docs/performance.md"}
    assert (service.path / "blueprint" / "docs" / "performance.md").read_text().endswith("Ours.\n")


def job(service: Service, name: str) -> str:
    """The lines of the workflow's job."""
    text = (service.path / MAIN).read_text()
    start = text.index(f"  {name}:\n")
    return text[start : text.index("\n\n", start)]


@pytest.mark.parametrize(
    "place",
    [DEPLOY, *(pytest.param(place, marks=pytest.mark.matrix) for place in ("    steps:\n", "role-chaining: true\n"))],
)
def test_a_step_stays_in_its_job_when_an_environment_is_added(service: Service, place: str) -> None:
    before, production = (service.path / MAIN).read_text().split("  deploy-production:\n")
    (service.path / MAIN).write_text(f"{before}  deploy-production:\n{production.replace(place, place + GATE, 1)}")
    commit(service.path, "Ask before production")
    updated(service, "--data", "environments=dev, qa, staging, production")
    assert GATE in job(service, "deploy-production")
    assert (service.path / MAIN).read_text().count(GATE) == 1
    assert "deploy-qa" in (service.path / MAIN).read_text()


def test_an_environment_after_production_lets_no_test_write_there(service: Service) -> None:
    """service.toml says which one is production: tests/machinery/test_settings.py has `make verify`."""
    updated(service, "--data", "environments=dev, staging, production, recovery")
    for name in ("dev", "staging", "production", "recovery"):
        assert set(re.findall(r"run: make (\S+)", job(service, f"deploy-{name}"))) - {"sbom"} == {"deploy", "verify"}
    assert "production = true" in (service.path / "service.toml").read_text()


def test_lines_with_two_possible_places_are_a_conflict(blueprint: Blueprint, tmp_path: Path) -> None:
    # Given a version that copies a block, and an edit in what may be the block or its copy
    history = Blueprint(shutil.copytree(blueprint.path, tmp_path / "blueprint"))
    service = history.render(tmp_path / "service", "1.1.0")
    block = "/.tools/\n/.venv\n/build/\n"
    replace(service.path / ".gitignore", "/.venv\n", "/.venv\n/ours/\n")
    commit(service.path, "Ours")
    history.release("1.2.0", lambda template: replace(template / ".gitignore", block, f"{block}/theirs/\n{block}"))
    # Then it is not for git to say which
    assert conflicting(service) == {".gitignore"}
    text = (service.path / ".gitignore").read_text()
    assert "<<<<<<<" in text
    assert "/ours/\n" in text


def test_what_git_does_not_have_is_not_written_over(service: Service) -> None:
    append(service, ".gitignore", ".envrc\n/blueprint/new\n")
    commit(service.path, "Ignore our secrets")
    append(service, "blueprint/.envrc", "export SECRET=1\n")
    append(service, "blueprint/new", "A file where the update has a folder.\n")
    assert "here, but not in git; move them: blueprint/.envrc, blueprint/new\n" in refused(service)
    assert (service.path / "blueprint" / ".envrc").read_text() == "export SECRET=1\n"


def test_edits_that_git_is_told_to_ignore_are_not_written_over(service: Service) -> None:
    git(service.path, "update-index", "--assume-unchanged", "Makefile")
    append(service, "Makefile", "# Ours.\n")
    assert "would be overwritten by merge:\n\tMakefile" in refused(service)


@pytest.mark.matrix
def test_a_binary_file_that_both_changed_is_a_conflict(service: Service) -> None:
    (service.path / BINARY).write_bytes(b"\x89PNG\0ours")
    commit(service.path, "Ours")
    assert conflicting(service) == {BINARY}
    assert (service.path / BINARY).read_bytes() == b"\x89PNG\0ours"


def test_answers_take_nothing_of_the_teams_away(blueprint: Blueprint, tmp_path: Path) -> None:
    service = blueprint.render(tmp_path / "service", "1.0.1", owner="@acme/orders")
    append(service, ".github/CODEOWNERS", "/docs/ @acme/writers\n")
    commit(service.path, "Ours")
    result = make_update(
        service, "--data", "ai_dlc=false", "--data", "owner=", "--data", "environments=dev, production"
    )
    assert result.returncode == 3, result.stdout
    assert "  .github/CODEOWNERS\n" in result.stdout
    assert (service.path / ".github" / "CODEOWNERS").read_text().endswith("/docs/ @acme/writers\n")
    for name in ("AGENTS.md", "aidlc-docs/audit.md", "infra/configuration/staging.json"):
        assert (service.path / name).exists(), name
        assert name in result.stdout.split("no longer rendered")[1], name


@pytest.mark.matrix
@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("length <= 28", "length <= 5", "Validation error for question 'service_name': Use 2 to 28 characters"),
        ("[arm64, x86_64]", "[x86_64]", "Invalid choice for 'architecture': 'arm64' is not in ['x86_64']"),
    ],
    ids=["a stricter rule", "a choice less"],
)
def test_an_answer_that_is_no_longer_allowed_stops_the_update(
    tmp_path: Path, old: str, new: str, sentence: str
) -> None:
    history = Blueprint.of_this_template(tmp_path / "blueprint")
    service = history.render(tmp_path / "service")

    def allow_less(template: Path) -> None:
        questions = template.parent / "copier.yml"
        questions.write_text(questions.read_text().replace(old, new))
        replace(questions, "default: arm64", "default: x86_64")

    history.release("1.1.0", allow_less)
    output = refused(service)
    assert sentence in output
    assert "--data NAME=VALUE" in output


@pytest.mark.matrix
def test_only_what_has_to_be_there_is_written_again(service: Service) -> None:
    gone = [
        "README.md",
        "AGENTS.md",
        "zensical.toml",
        "docs/api.md",
        "service/logic/orders.py",
        "blueprint/docs/runbook.md",
    ]
    needed = ["infra/tables.py", "service/aws_services.py", "infra/configuration/dev.json"]
    for name in (*gone, *needed):
        (service.path / name).unlink()
    commit(service.path, "Delete what we don't need, and more")
    updated(service)
    assert [name for name in gone if (service.path / name).exists()] == []
    assert [name for name in needed if not (service.path / name).exists()] == []


@pytest.mark.matrix
@pytest.mark.parametrize("answer", ["service_name=payments", "region=eu-central-1"])
def test_another_stack_is_refused(service: Service, answer: str) -> None:
    assert "is another stack, with empty tables: blueprint/docs/deploying.md" in refused(service, "--data", answer)


@pytest.mark.matrix
def test_another_templates_answers_are_refused(service: Service, tmp_path: Path) -> None:
    # Given a repository into which another template has rendered, too
    other = tmp_path / "other"
    other.mkdir()
    git(other, "init", "--quiet")
    (other / "copier.yml").write_text("license:\n  type: str\n  default: MIT\n")
    commit(other, "A template of licences")
    git(other, "tag", "v3.0.0")
    answers = service.path / ".copier-answers.yml"
    answers.rename(service.path / ".copier-answers.blueprint.yml")
    answers.write_text(f"_commit: v2.0.0\n_src_path: {other}\nlicense: MIT\n")
    commit(service.path, "Use another template, too")
    # Then its answers are not ours, even if they had our names
    assert "If it is another template's, name the one with this service's answers" in refused(service)
    answers.write_text((service.path / ".copier-answers.blueprint.yml").read_text())
    blueprint = next(line for line in answers.read_text().splitlines() if line.startswith("_src_path"))
    replace(answers, blueprint, f"_src_path: {other}")
    commit(service.path, "Mix them up")
    assert "--answers-file FILE" in refused(service)
    # and ours are found where they are said to be
    updated(service, "--answers-file", ".copier-answers.blueprint.yml")
    assert "_commit: v1.1.0" in (service.path / ".copier-answers.blueprint.yml").read_text()


@pytest.mark.matrix
def test_each_version_is_rendered_by_the_copier_that_it_asks_for(tmp_path: Path) -> None:
    history = Blueprint.of_this_template(tmp_path / "blueprint")
    service = history.render(tmp_path / "service")
    history.release(
        "1.1.0",
        minor_changes,
        lambda template: replace(template.parent / "copier.yml", '_version: "9.19.1"', '_version: "9.999.0"'),
    )
    assert "copier==9.999.0" in refused(service)


@pytest.mark.parametrize(
    "damage", ["", "nothing: here\n", ": : :\n", None], ids=["empty", "other", "no YAML", "missing"]
)
def test_damaged_answers_are_named(service: Service, damage: str | None) -> None:
    answers = service.path / ".copier-answers.yml"
    answers.unlink() if damage is None else answers.write_text(damage)
    commit(service.path, "Lose our answers")
    assert ".copier-answers.yml leads to no version of this blueprint: " in refused(service)


def test_copiers_short_forms_of_addresses_are_known() -> None:
    addresses = {
        "gh:acme/blueprint": "https://github.com/acme/blueprint",
        "gl:acme/blueprint": "https://gitlab.com/acme/blueprint",
        "git+https://example.com/blueprint": "https://example.com/blueprint",
    }
    for short, address in addresses.items():
        assert repository.git("ls-remote", "--get-url", short) == f"{address}\n"


def test_a_machine_without_git_is_told_so(service: Service, tmp_path: Path) -> None:
    program = (
        f"import sys; sys.path.insert(0, {str(service.path)!r}); from blueprint.update.__main__ import main; main()"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False
    )
    assert result.stderr == "error: An update needs git, which is not installed.\n"


CONFIGURATIONS: dict[str, dict[str, str]] = {
    "apply.whitespace": {"apply.whitespace": "error"},
    "untracked files not shown": {"status.showUntrackedFiles": "no"},
    "another diff": {"diff.external": "false", "diff.noprefix": "true", "diff.mnemonicPrefix": "true"},
    "colours": {"color.ui": "always", "core.quotePath": "true", "core.fileMode": "false"},
    "other conflict markers": {"merge.conflictStyle": "zdiff3"},
    "recorded resolutions": {"rerere.enabled": "true", "rerere.autoUpdate": "true"},
    "signed": {"commit.gpgSign": "true", "tag.gpgSign": "true", "gpg.program": "false"},
    "hooks for all": {"core.hooksPath": "HOOKS"},
    "no renames": {"merge.renames": "false", "diff.renames": "false", "merge.renameLimit": "1"},
    "ignored for all": {"core.excludesFile": "IGNORED"},
    "line ends": {"core.autocrlf": "input"},
    "line ends, safely": {"core.autocrlf": "true", "core.safecrlf": "true"},
    "nobody": {"user.useConfigOnly": "true"},
}


@pytest.mark.matrix
@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_a_users_configuration_of_git_changes_nothing(blueprint: Blueprint, tmp_path: Path, name: str) -> None:
    # Given the configuration
    (tmp_path / "hooks").mkdir()
    for hook in ("pre-commit", "post-checkout", "commit-msg", "reference-transaction"):
        (tmp_path / "hooks" / hook).write_text("#!/bin/sh\nexit 1\n")
        (tmp_path / "hooks" / hook).chmod(0o755)
    (tmp_path / "ignored").write_text("*.md\nMakefile\nblueprint/\n")
    places = {"HOOKS": str(tmp_path / "hooks"), "IGNORED": str(tmp_path / "ignored")}
    # and a service with an edit that stays, one that moves, one that is in a conflict, and trailing blanks
    service = blueprint.render(tmp_path / "service", "1.0.1")
    append(service, "blueprint/docs/runbook.md", "\nOurs.   \n")
    append(service, WAF, "\nOURS = 1\n")
    replace(service.path / "blueprint" / "docs" / "operating.md", "# Operating", "# How we operate")
    commit(service.path, "Ours")
    for setting, value in CONFIGURATIONS[name].items():
        git(service.path, "config", "--file", str(tmp_path / "gitconfig"), setting, places.get(value, value))
        if setting in ("core.autocrlf", "core.fileMode"):  # which `git init` has set, or a checkout follows
            git(service.path, "config", setting, value)
    if "core.autocrlf" in CONFIGURATIONS[name]:
        for path in service.path.iterdir():
            if path.name != ".git":
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        git(service.path, "checkout", "--quiet", "HEAD", "--", ".")
    if "rerere.enabled" in CONFIGURATIONS[name]:  # and git remembers how somebody has resolved the conflict before
        assert conflicting(service)
        git(service.path, "-c", "rerere.enabled=true", "rerere")
        (service.path / "blueprint" / "docs" / "operating.md").write_text("# Ours\n")
        git(service.path, "-c", "rerere.enabled=true", "commit", "--quiet", "--all", "--message", "Resolve")
        git(service.path, "reset", "--quiet", "--hard", "HEAD~")
    # Then the update is what it is for everybody
    assert conflicting(service, GIT_CONFIG_GLOBAL=str(tmp_path / "gitconfig")) == {"blueprint/docs/operating.md"}
    assert (service.path / "blueprint" / "docs" / "runbook.md").read_text().endswith("\nOurs.   \n")
    assert (service.path / "blueprint" / "constructs" / "firewall.py").read_text().endswith("\nOURS = 1\n")
    assert os.access(service.path / "blueprint" / "tools" / "new-tool", os.X_OK)
    # and is taken back by what it says
    git(service.path, "reset", "--quiet", "--hard")
    git(service.path, "clean", "--quiet", "-fd")
    assert git(service.path, "status", "--porcelain") == ""


def in_a_worktree(service: Service) -> Service:
    git(service.path, "worktree", "add", "--quiet", "--detach", str(service.path.parent / "worktree"))
    return Service(service.path.parent / "worktree")


def shallow(service: Service) -> Service:
    git(service.path, "clone", "--quiet", "--depth=1", f"file://{service.path}", str(service.path.parent / "shallow"))
    return Service(service.path.parent / "shallow")


def partial(service: Service) -> Service:
    git(service.path, "config", "uploadpack.allowFilter", "true")
    copy = service.path.parent / "partial"
    git(service.path, "clone", "--quiet", "--filter=blob:none", f"file://{service.path}", str(copy))
    return Service(copy)


def in_a_monorepo(service: Service) -> Service:
    """Beside another service, whose files are those that this one's had in the beginning."""
    top = service.path.parent / "monorepo"
    (top / "services").mkdir(parents=True)
    shutil.copytree(service.path, top / "services" / "orders", ignore=shutil.ignore_patterns(".git"))
    shutil.copytree(service.path, top / "services" / "payments", ignore=shutil.ignore_patterns(".git"))
    (top / "services" / "orders" / "blueprint" / "docs" / "deploying.md").unlink()
    git(top, "init", "--quiet")
    commit(top, "Two services")
    return Service(top / "services" / "orders")


def with_other_hashes(service: Service) -> Service:
    shutil.rmtree(service.path / ".git")
    git(service.path, "init", "--quiet", "--object-format=sha256")
    commit(service.path, "Start again")
    return service


def from_a_hook(service: Service) -> Service:
    return service


@pytest.mark.matrix
@pytest.mark.parametrize(
    "shape",
    [in_a_worktree, shallow, partial, in_a_monorepo, with_other_hashes, from_a_hook],
    ids=lambda each: each.__name__,
)
def test_a_repository_may_have_any_shape(service: Service, shape: Callable[[Service], Service]) -> None:
    append(service, WAF, "\nOURS = 1\n")
    replace(service.path / "blueprint" / "docs" / "operating.md", "# Operating", "# How we operate")
    commit(service.path, "Ours")
    shaped = shape(service)
    beside = {path: path.read_bytes() for path in shaped.path.parent.glob("payments/**/*") if path.is_file()}
    variables = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "merge.conflictStyle", "GIT_CONFIG_VALUE_0": "diff3"}
    if shape is from_a_hook:
        variables |= {"GIT_DIR": ".git", "GIT_INDEX_FILE": ".git/other", "GIT_PREFIX": ""}
    assert conflicting(shaped, **variables) == {"blueprint/docs/operating.md"}
    assert "||||||| before\n" in (shaped.path / "blueprint" / "docs" / "operating.md").read_text()
    assert (shaped.path / "blueprint" / "constructs" / "firewall.py").read_text().endswith("\nOURS = 1\n")
    assert {path: path.read_bytes() for path in beside} == beside
    shaped.run("sh", "-c", "git reset --quiet --hard && git clean --quiet -fd")
    assert git(shaped.path, "status", "--porcelain") == ""


@pytest.mark.matrix
def test_a_repository_with_crlf_in_git_keeps_it(service: Service) -> None:
    # Given what an editor on Windows has written, with edits that stay, that move and that are in a conflict
    append(service, "blueprint/docs/runbook.md", "\nOurs.\n")
    append(service, WAF, "\nOURS = 1\n")
    replace(service.path / "blueprint" / "docs" / "operating.md", "# Operating", "# How we operate")
    (service.path / "blueprint" / "docs" / "performance.md").unlink()
    for path in (service.path / "blueprint").rglob("*"):
        if path.suffix in (".md", ".py"):
            path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    commit(service.path, "Write on Windows")
    # Then the update is what it is for everybody, and the lines end as they did
    assert conflicting(service) == {"blueprint/docs/operating.md"}
    for name in ("blueprint/docs/operating.md", "blueprint/constructs/firewall.py", "blueprint/constructs/findings.py"):
        content = (service.path / name).read_bytes()
        assert content.count(b"\r\n") == content.count(b"\n"), name
    assert (service.path / "blueprint" / "constructs" / "firewall.py").read_bytes().endswith(b"\r\nOURS = 1\r\n")


@pytest.mark.parametrize("tries", [24, pytest.param(1000, marks=pytest.mark.matrix)])
def test_random_edits_and_changes_lose_nothing(tries: int) -> None:
    search = [sys.executable, "-W", "ignore", "scripts/search_updates.py", "--tries", str(tries), "--seed", str(tries)]
    result = subprocess.run(search, cwd=BLUEPRINT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout
    assert result.stdout.startswith(f"{tries} updates, ")
