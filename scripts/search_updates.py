"""A search for updates that lose something: random edits of a team's, random changes of the blueprint's, a merge.

    python scripts/search_updates.py --tries 1000 --seed 1

Each line has an identity, so that a copy of it is told from the original. After the merge every line of the team's is
between the two lines between which the team wrote it, or its file is among the conflicts; whatever else has changed is
what the blueprint changed. The files that are the team's by their path are as they were, byte for byte.
"""

import argparse
import random
import shutil
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from pathlib import Path

import copier
from git import TEAM, git

BLUEPRINT = Path(__file__).parents[1]
sys.path.insert(0, str(BLUEPRINT / "template"))
from blueprint.update import repository  # noqa: E402
from blueprint.update.repository import MERGED, REQUIRED, Twin, within  # noqa: E402

ANSWERS = ".copier-answers.yml"
OFTEN = (".github/workflows/main.yml", ".github/workflows/pull-request.yml", "Makefile")
"""Files of blocks that resemble each other, in which a diff goes astray most easily."""


@dataclass(eq=False)
class Line:
    """A line, told from others with the same text."""

    text: str
    team: bool = False


Lines = list[Line]


@dataclass
class Version:
    """The files of a version, by their names; what was renamed, by the old name."""

    files: dict[str, Lines]
    renamed: dict[str, str] = field(default_factory=dict)

    def copy(self) -> "Version":
        return Version({name: [*lines] for name, lines in self.files.items()})

    def write(self, folder: Path, before: "Version") -> None:
        """Writes what differs from the version that is in the folder."""
        for name in before.files.keys() - self.files.keys():
            (folder / name).unlink()
        for name, lines in self.files.items():
            if lines != before.files.get(name):
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_text("".join(line.text for line in lines))


class Editor:
    """Makes random changes to a version, those of a team or those of the blueprint."""

    def __init__(self, chance: random.Random, version: Version, *, team: bool) -> None:
        self.chance, self.version, self.team = chance, version, team
        self.written = 0

    def change(self, name: str) -> None:
        """Makes one change in the file, or to it."""
        lines = self.version.files.get(name)
        if not lines:
            return
        steps = [self.insert, self.insert, self.insert, self.replace, self.delete]
        steps += [] if self.team else [self.repeat, self.repeat, self.move]
        match self.chance.randrange(20):
            case 0 | 1:
                self.move_file(name)
            case 2:
                del self.version.files[name]
            case _:
                self.chance.choice(steps)(lines)

    def line(self) -> Line:
        self.written += 1
        side = "team" if self.team else "blueprint"
        return Line(f"    {side} line {self.written} {self.chance.randrange(10**6)}\n", team=self.team)

    def insert(self, lines: Lines) -> None:
        place = self.chance.randint(0, len(lines))
        lines[place:place] = [self.line() for _ in range(self.chance.randint(1, 3))]

    def delete(self, lines: Lines) -> None:
        place = self.chance.randrange(len(lines))
        del lines[place : place + self.chance.randint(1, 4)]

    def replace(self, lines: Lines) -> None:
        lines[self.chance.randrange(len(lines))] = self.line()

    def block(self, lines: Lines) -> Lines:
        start = self.chance.randrange(len(lines))
        return lines[start : start + self.chance.randint(3, 25)]

    def repeat(self, lines: Lines) -> None:
        """Puts a copy of a block, with a line of its own somewhere in it, before the block or after it."""
        block = self.block(lines)
        copy = [Line(line.text) for line in block]
        copy[self.chance.randrange(len(copy))] = self.line()
        place = self.chance.choice((lines.index(block[0]), lines.index(block[-1]) + 1))
        lines[place:place] = copy

    def move(self, lines: Lines) -> None:
        block = self.block(lines)
        rest = [line for line in lines if line not in block]
        place = self.chance.randint(0, len(rest))
        lines[:] = [*rest[:place], *block, *rest[place:]]

    def move_file(self, name: str) -> None:
        path = Path(name)
        new = str(path.with_name(f"{'our' if self.team else 'new'}_{path.name}"))
        self.version.files[new] = self.version.files.pop(name)
        self.version.renamed[name] = new


@dataclass
class Merge:
    """What a merge began with, and what has come of it."""

    base: Version
    ours: Version
    theirs: Version
    found: dict[str, str]
    conflicts: set[str]

    def problem(self, name: str) -> str:
        """What is wrong with that file of the base; empty when all is well."""
        base, found = self.base.files[name], self.found
        our_name, their_name = (version.renamed.get(name, name) for version in (self.ours, self.theirs))
        ours, theirs = self.ours.files.get(our_name), self.theirs.files.get(their_name)
        if not within({name}, (*MERGED, ANSWERS)):
            comes_back = ours is None and their_name == name and within({name}, REQUIRED)
            kept = theirs if comes_back else ours
            right = found.get(our_name) == (None if kept is None else "".join(line.text for line in kept))
            return "" if right and our_name not in self.conflicts else "a file of the team's has changed"
        if {name, our_name, their_name} & self.conflicts:
            return ""
        if not within({our_name}, (*MERGED, ANSWERS)):
            ours = None  # It has moved out of the blueprint's part: there, it is deleted.
        if ours is None or theirs is None:
            other = theirs if ours is None else ours
            if other is not None and other != base:
                return "one side deleted it, the other edited it, and nothing is said"
            return "it is back" if name in found else ""
        merged = found.get(our_name if our_name != name else their_name)
        return "it is gone" if merged is None else check_lines(base, ours, theirs, merged.splitlines(keepends=True))


def moved(before: Lines, after: Lines) -> set[Line]:
    """The lines that both have, but not in the same order."""
    same = SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks()
    return set(before) & set(after) - {line for block in same for line in before[block.a : block.a + block.size]}


def check_lines(base: Lines, ours: Lines, theirs: Lines, merged: list[str]) -> str:
    """What is wrong with the lines of a file that both sides have and that is in no conflict."""
    deleted = set(base) - set(ours)
    expected = [line for line in theirs if line not in deleted]
    written = {line.text for line in ours if line.team}
    kept, right = [text for text in merged if text not in written], [line.text for line in expected]
    copied = Counter(line.text for line in theirs) - Counter(line.text for line in base)
    if kept != right:
        # The blueprint has copied a line that the team deleted: which copy is the new one, the text doesn't say.
        is_copied = sorted(kept) == sorted(right) and any(line.text in copied for line in deleted)
        # It has moved one: to the text, both deleted it, and the blueprint wrote the same elsewhere.
        is_moved = kept == [line.text for line in theirs if line not in deleted - moved(base, theirs)]
        return "" if is_copied or is_moved else "what the blueprint wrote, and the team kept, is not what is there"
    if sorted(text for text in merged if text in written) != sorted(written):
        return "a line of the team's is gone, or there twice"
    place = {line: number for number, line in enumerate(expected)}
    for number, line in enumerate(ours):
        if not line.team:
            continue
        before = next((each for each in reversed(ours[:number]) if not each.team), None)
        after = next((each for each in ours[number:] if not each.team), None)
        position = sum(text not in written for text in merged[: merged.index(line.text)])
        first = place.get(before, -1) if before else -1
        last = place.get(after, len(expected)) if after else len(expected)
        if copied.keys() & {each.text for each in (before, after) if each}:
            # The same, for a copy of the lines around it, one of which has moved: it is between two such lines.
            around = ("", *kept, "")[position : position + 2]
            if around == (before.text if before else "", after.text if after else ""):
                continue
        if not first < position <= last:
            return f"{line.text.strip()!r} is not where it was"
        if before is not None and after is not None and not {before, after} & place.keys():
            return f"{line.text.strip()!r} has lost its place, and nothing is said"
    return ""


def read(folder: Path) -> dict[str, str]:
    names = (path for path in folder.rglob("*") if path.is_file() and ".git" not in path.relative_to(folder).parts)
    return {path.relative_to(folder).as_posix(): path.read_bytes().decode() for path in names}


class Search:
    """A service and the folders of its twin; each try begins from the same render."""

    def __init__(self, folder: Path) -> None:
        self.service, self.old, self.new = (folder / name for name in ("service", "old", "new"))
        copier.run_copy(str(BLUEPRINT), self.service, defaults=True, quiet=True, vcs_ref="HEAD")
        for copy in (self.old, self.new):
            shutil.copytree(self.service, copy)
        self.base = Version(
            {
                name: [Line(text) for text in content.splitlines(keepends=True)]
                for name, content in read(self.old).items()
            }
        )
        git(self.service, "init", "--quiet")
        git(self.service, "config", "gc.auto", "0")
        git(self.service, "add", "--all", "--force")
        git(self.service, *TEAM, "commit", "--quiet", "--message", "Start")
        git(self.service, "tag", "start")
        repository.ROOT = self.service

    def run(self, seed: int) -> tuple[str, bool]:
        """What an update with that seed's edits and changes has lost, and whether there was a conflict."""
        chance = random.Random(seed)  # noqa: S311 (repeatable, not secret)
        ours, theirs = self.base.copy(), self.base.copy()
        names = [*chance.sample(sorted(self.base.files), 3), chance.choice(OFTEN)]
        for version, team in ((ours, True), (theirs, False)):
            editor = Editor(chance, version, team=team)
            for _ in range(chance.randint(1, 8)):
                editor.change(chance.choice(names))
        git(self.service, "reset", "--quiet", "--hard", "start")
        git(self.service, "clean", "--quiet", "-fdx")
        ours.write(self.service, self.base)
        git(self.service, "add", "--all", "--force")
        git(self.service, *TEAM, "commit", "--quiet", "--allow-empty", "--message", "Ours")
        theirs.write(self.new, self.base)
        try:
            said = Twin(self.old, self.new, ANSWERS).merge()
        finally:
            self.base.write(self.new, theirs)
        conflicts = {line.strip() for line in said.splitlines() if line.startswith("  ")}
        merge = Merge(self.base, ours, theirs, read(self.service), conflicts)
        for name in self.base.files:
            if problem := merge.problem(name):
                return f"seed {seed}, {name}: {problem}", bool(conflicts)
        return "", bool(conflicts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tries", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1, help="of the first try; each next one has the next number")
    options = parser.parse_args()
    losses, conflicts = [], 0
    with tempfile.TemporaryDirectory() as folder:
        search = Search(Path(folder).resolve())
        for seed in range(options.seed, options.seed + options.tries):
            problem, conflict = search.run(seed)
            conflicts += conflict
            if problem:
                losses.append(problem)
                print(problem, flush=True)
    print(f"{options.tries} updates, {conflicts} of them with conflicts, {len(losses)} with a loss")
    sys.exit(bool(losses))


if __name__ == "__main__":
    main()
