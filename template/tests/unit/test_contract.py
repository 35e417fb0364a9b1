"""docs/api.md promises nothing at the edges that no test looks at."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def edges() -> list[list[str]]:
    """The rows of the table of edges."""
    section = (ROOT / "docs" / "api.md").read_text().partition("\n## Edges\n")[2].partition("\n## ")[0]
    rows = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in section.splitlines() if line[:1] == "|"]
    return rows[2:]


def test_every_edge_in_the_contract_names_a_test_that_exists() -> None:
    named = {row[-1].strip("` |") for row in edges()}
    assert len(named) > 10
    files = sorted({f"tests/{name.partition('::')[0]}" for name in named})
    command = [sys.executable, "-m", "pytest", "--collect-only", "--quiet", "-p", "no:xdist", "-p", "no:cacheprovider"]
    result = subprocess.run([*command, "-o", "addopts=", *files], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout
    tests = {line.removeprefix("tests/") for line in result.stdout.splitlines()}
    tests |= {test.partition("[")[0] for test in tests}
    assert named - tests == set()
