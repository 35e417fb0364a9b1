"""The merge of one file, which git leaves to it: merge_file.py OURS BASE THEIRS writes into OURS, fails on a conflict.

Where blocks resemble each other, such as the jobs of a workflow, there is more than one way to see which lines a side
has inserted, and git takes one of them. Merged upside down, the same files take the other one: lines whose place is
certain end up in the same place, and the others are a conflict, too.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

_LABELS = ("-L", "yours", "-L", "before", "-L", "the blueprint's, or elsewhere")


def merge(*sides: bytes) -> tuple[bytes, bool]:
    """The merge of ours, base and theirs, nothing where one is a binary file; and whether it has no conflict."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder, name) for name in ("ours", "base", "theirs")]
        for path, content in zip(paths, sides, strict=True):
            path.write_bytes(content)
        result = subprocess.run(["git", "merge-file", "-p", *_LABELS, *paths], stdout=subprocess.PIPE, check=False)
    return result.stdout, result.returncode == 0


def upside_down(content: bytes) -> bytes:
    """The lines from the last one to the first, each with an end. Twice, it is the content between two line ends."""
    return b"".join(line + b"\n" for line in reversed(content.split(b"\n")))


def main(*names: str) -> int:
    sides = [Path(name).read_bytes() for name in names]
    # git may have line ends of Windows, which the blueprint hasn't.
    windows = sides[0].count(b"\n") == sides[0].count(b"\r\n") > sides[1].count(b"\r\n")
    sides = [side.replace(b"\r\n", b"\n") if windows else side for side in sides]
    merged, clean = merge(*sides)
    other, also_clean = merge(*map(upside_down, sides))
    if clean and other != upside_down(merged):
        merged, clean = merge(merged, b"", upside_down(other)[1:-1] if also_clean else sides[0])
    if merged or clean:
        Path(names[0]).write_bytes(merged.replace(b"\n", b"\r\n") if windows else merged)
    return not clean


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
