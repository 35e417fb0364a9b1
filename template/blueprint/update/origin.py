"""What the service was rendered from, and how to render it again."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from blueprint.update.repository import ROOT, UpdateError, environment, git, last_line

_OURS = "template/blueprint/update/origin.py"
"""What this blueprint's repository has, wherever it is, and another template's has not."""
_SHORT = {"gh:": "https://github.com/", "gl:": "https://gitlab.com/", "git+": ""}
"""Copier's own short forms of addresses."""


class Origin:
    """The blueprint's address and version, and the answers."""

    def __init__(self, answers_file: str) -> None:
        """Raises UpdateError when the file isn't there, is damaged, or is another template's."""
        self.file = answers_file
        try:
            self._answers: dict[str, Any] = yaml.safe_load((ROOT / answers_file).read_text())
            self.version, self._address = str(self._answers["_commit"]), str(self._answers["_src_path"])
        except (OSError, yaml.YAMLError, TypeError, KeyError):
            raise UpdateError(f"{answers_file} does not hold this service's answers: restore it from git.") from None
        if not {"service_name", "environments", "authorization"} <= set(self._answers):
            raise self._foreign()
        short = next((each for each in _SHORT if self._address.startswith(each)), "")
        self._source = _SHORT.get(short, "") + self._address.removeprefix(short)
        if self._source.startswith("~"):
            self._source = str(Path(self._source).expanduser())

    def newer(self) -> tuple[str, str]:
        """The newest version of the service's major version, and that of the next one; empty for none."""
        try:
            tags = git("ls-remote", "--tags", "--refs", self._source)
        except UpdateError as error:
            raise UpdateError(f"The blueprint can't be asked for its versions: {error}") from None
        found = re.findall(r"refs/tags/(v\d+\.\d+\.\d+)$", tags, re.MULTILINE)
        if re.fullmatch(r"v\d+\.\d+\.\d+", self.version) and self.version not in found:
            raise self._unknown()
        later = sorted((tag for tag in found if numbers(tag) > numbers(self.version)), key=numbers)
        own = [tag for tag in later if numbers(tag)[:1] == numbers(self.version)[:1]]
        others = [tag for tag in later if tag not in own]
        following = [tag for tag in others if numbers(tag)[0] == numbers(others[0])[0]]
        return "".join(own[-1:]), "".join(following[-1:])

    def clone(self, version: str, folder: Path) -> Path:
        """The blueprint's repository, in the folder, beside the migration scripts of that version."""
        clone = folder / "blueprint.git"
        git("clone", "--quiet", "--bare", self._source, str(clone))
        if not git("ls-tree", "--name-only", version, _OURS, cwd=clone):
            raise self._foreign()
        git(f"--git-dir={clone}", f"--work-tree={folder}", "checkout", version, "--", "hooks", cwd=folder)
        return clone

    def render(self, clone: Path, version: str, folder: Path, *data: str) -> set[str]:
        """Renders the version, by the Copier that it asks for; returns the answers that are other ones than before.

        Raises UpdateError when an answer is not one that the version takes.
        """
        try:
            settings = yaml.safe_load(git("show", f"{version}:copier.yml", cwd=clone))
        except UpdateError:
            raise self._unknown() from None
        copier = ("--from", f"copier=={settings['_min_copier_version']}", "copier", "copy", "--quiet")
        answers = ("--answers-file", self.file, "--data-file", str(ROOT / self.file), *data)
        asked = () if sys.stdin.isatty() else ("--defaults",)
        places = ("--vcs-ref", version, str(clone), str(folder))
        result = subprocess.run(
            ["uv", "tool", "run", "--quiet", "--python", sys.executable, *copier, *answers, *asked, *places],
            env={**environment("core.autocrlf=false"), "PYTHONWARNINGS": "ignore"},
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
        if result.returncode:
            if "ValueError: " not in result.stderr:
                raise UpdateError(f"{version} can't be rendered: {' '.join(result.stderr.split())}")
            reason = last_line(result.stderr).removeprefix("ValueError: ")
            raise UpdateError(f"{reason} To give another answer: make update OPTIONS='--data NAME=VALUE'")
        file = folder / self.file
        file.write_text(file.read_text().replace(str(clone), self._address))
        rendered = yaml.safe_load(file.read_text())
        return {name for name, old in self._answers.items() if name[0] != "_" and rendered.get(name, old) != old}

    def _unknown(self) -> UpdateError:
        return UpdateError(
            f"The blueprint has no {self.version}, from which this service was rendered; "
            f"write the nearest version that it has, such as v1.2.3, into {self.file}, _commit. "
            f"Where {self._address} is another template, name the file with this service's answers: "
            "make update OPTIONS='--answers-file FILE'"
        )

    def _foreign(self) -> UpdateError:
        return UpdateError(
            f"{self.file} is that of another template, {self._address}. "
            "Name the file with this service's answers: make update OPTIONS='--answers-file FILE'"
        )


def numbers(version: str) -> tuple[int, ...]:
    """v1.2.3, v1_2_3, or v1.2.3-4-gabcdef, four commits later, as numbers; nothing when it is none of these."""
    found = re.match(r"v(\d+)[._](\d+)[._](\d+)(?:-(\d+)-g)?", version)
    return tuple(int(each or 0) for each in found.groups()) if found else ()
