"""What the service was rendered from, and how to render it again."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from blueprint.update.repository import ROOT, UpdateError, environment, git

_HINT = (
    "Restore the file from git. If it is another template's, name the one with this service's answers: "
    "make update OPTIONS='--answers-file FILE'. If the version is gone, write the nearest one into it, as _commit."
)


class Origin:
    """The blueprint's repository, cloned into a folder, and the service's version and answers."""

    def __init__(self, answers_file: str, folder: Path) -> None:
        """Raises UpdateError when the file doesn't lead to a version of this blueprint."""
        self.file, self._clone = answers_file, folder / "blueprint"
        try:
            self._answers: dict[str, Any] = yaml.safe_load((ROOT / answers_file).read_text())
            self.version, self._address = str(self._answers["_commit"]), str(self._answers["_src_path"])
            git("clone", "--quiet", self._address, str(self._clone))
            git("cat-file", "-e", f"{self.version}:template/blueprint/update/origin.py", cwd=self._clone)
        except (OSError, yaml.YAMLError, TypeError, KeyError, UpdateError) as error:
            raise UpdateError(f"{answers_file} leads to no version of this blueprint: {error}\n{_HINT}") from None

    def newer(self) -> list[str]:
        """The newest version of the service's major version, and that of the next one; empty for none."""
        found = re.match(r"v(\d+)\.", self.version)
        majors = [int(found[1]) + more if found else more for more in (0, 1)]
        later = ("tag", "--list", "--sort=version:refname", "--no-merged", self.version)
        return ["".join(git(*later, f"v{major}.*.*", cwd=self._clone).split()[-1:]) for major in majors]

    def migrations(self, version: str) -> list[Path]:
        """The scripts that move a team's files on the way to that version, which the clone then has checked out."""
        git("checkout", "--quiet", version, cwd=self._clone)
        crossed = ("diff", "--name-only", "--diff-filter=A", self.version, version, "--", "hooks/v*.py")
        return [self._clone / name for name in git(*crossed, cwd=self._clone).split()]

    def render(self, version: str, folder: Path, *data: str) -> set[str]:
        """Renders the version, by the Copier that it asks for; returns the answers that are other ones than before.

        Raises UpdateError when an answer is not one that the version takes.
        """
        settings = yaml.safe_load(git("show", f"{version}:copier.yml", cwd=self._clone))
        uv = ("uv", "tool", "run", "--quiet", "--python", sys.executable)
        copier = ("--from", f"copier=={settings['_min_copier_version']}", "copier", "copy", "--quiet", "--defaults")
        answers = ("--answers-file", self.file, "--data-file", str(ROOT / self.file), *data, "--vcs-ref", version)
        result = subprocess.run(
            [*uv, *copier, *answers, str(self._clone), str(folder)],
            env=environment(),
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
        if result.returncode:
            reason = " ".join(result.stderr.split("ValueError: ")[-1].split())
            hint = "To give another answer: make update OPTIONS='--data NAME=VALUE'"
            raise UpdateError(f"{version} can't be rendered: {reason} {hint}")
        file = folder / self.file
        file.write_text(file.read_text().replace(str(self._clone), self._address))
        rendered = yaml.safe_load(file.read_text())
        return {name for name, old in self._answers.items() if name[0] != "_" and rendered.get(name, old) != old}
