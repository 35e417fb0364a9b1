"""A second look at what git has merged without a conflict.

Where blocks resemble each other, such as the jobs of a workflow, there is more than one way to see which lines a side
has inserted, and git takes one of them. Merged upside down, the same files take the other one: lines whose place is
certain end up in the same place, and the others are a conflict.
"""

import difflib
import tempfile
from pathlib import Path

from blueprint.update import repository
from blueprint.update.repository import blob, git, listed, run_git

Entries = dict[str, tuple[str, str]]
"""Mode and blob of each file in the service's folder."""


def doubts(base: str, ours: str, theirs: str, conflicts: set[str]) -> list[str]:
    """Makes a conflict of each file that could be merged in two ways; returns their names.

    Takes the three trees of a merge that is in the index and in the files, and the names that are in conflict already.
    """
    trees = [_entries(tree) for tree in (base, ours, theirs)]
    our_names, their_names = (_renamed(base, tree) for tree in (ours, theirs))
    found, merged_names = [], listed("ls-files")
    for name in trees[0]:
        names = (name, our_names.get(name, name), their_names.get(name, name))
        sides = [tree[each] for tree, each in zip(trees, names, strict=True) if each in tree]
        target = names[1] if names[1] != name else names[2]
        differ = len(sides) == len({blob_id for _, blob_id in sides}) == len(trees)
        if differ and target in merged_names - conflicts:
            merged = _ended(blob(git("rev-parse", f":./{target}").strip()))
            contents = [_ended(blob(blob_id)) for _, blob_id in sides]
            others = [_merge(contents), _upside_down(_merge([_upside_down(content) for content in contents]))]
            if other := [each for each in others if each != merged]:
                _make_conflict(target, sides, _both(merged, other[0] or contents[1]))
                found.append(target)
    return found


def _make_conflict(name: str, sides: list[tuple[str, str]], content: bytes) -> None:
    (repository.ROOT / name).parent.mkdir(parents=True, exist_ok=True)
    (repository.ROOT / name).write_bytes(content)
    path = git("rev-parse", "--show-prefix").rstrip("\n") + name
    stages = [f"{mode} {blob_id} {stage}\t{path}" for stage, (mode, blob_id) in enumerate(sides, 1)]
    removal = f"0 {'0' * len(sides[0][1])}\t{path}"
    git("update-index", "-z", "--index-info", given="\0".join([removal, *stages, ""]))


def _merge(sides: list[bytes]) -> bytes:
    """The merge of base, ours and theirs; nothing where they conflict."""
    with tempfile.TemporaryDirectory() as folder:
        base, ours, theirs = (Path(folder, name) for name in ("base", "ours", "theirs"))
        for path, content in zip((base, ours, theirs), sides, strict=True):
            path.write_bytes(content)
        clean = run_git("merge-file", str(ours), str(base), str(theirs)).returncode == 0
        return ours.read_bytes() if clean else b""


def _ended(content: bytes) -> bytes:
    """The content, with an end of its last line."""
    return content if content.endswith(b"\n") else content + b"\n"


def _upside_down(content: bytes) -> bytes:
    """The content from its last line to its first. What is turned twice is as it was."""
    return b"".join(reversed(content.splitlines(keepends=True)))


def _both(merged: bytes, other: bytes) -> bytes:
    """The merged lines, with markers around those that stand elsewhere in the other one."""
    one, two = merged.splitlines(keepends=True), other.splitlines(keepends=True)
    result = []
    matcher = difflib.SequenceMatcher(None, one, two, autojunk=False)
    for kind, start, end, other_start, other_end in matcher.get_opcodes():
        lines = one[start:end]
        if kind != "equal":
            lines = [b"<<<<<<< merged\n", *lines, b"=======\n", *two[other_start:other_end], b">>>>>>> or else\n"]
        result += lines
    return b"".join(result)


def _entries(tree: str) -> Entries:
    fields = (line.partition("\t") for line in git("ls-tree", "-r", "-z", tree).split("\0")[:-1])
    return {name: (description.split()[0], description.split()[2]) for description, _, name in fields}


def _renamed(base: str, tree: str) -> dict[str, str]:
    """What git sees as renamed: the new names by the old ones."""
    changes = git("diff-tree", "-r", "-z", "-M", "-l0", "--relative", "--diff-filter=R", "--name-status", base, tree)
    fields = changes.split("\0")
    return dict(zip(fields[1::3], fields[2::3], strict=False))
