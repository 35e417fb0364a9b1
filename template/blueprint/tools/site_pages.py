"""What the sites of a service and of the blueprint have in common: their pages, and what is made of the built site.

A page's diffs can be applied by copy and paste, its search finds no source of a diagram, and beside each page lies its
Markdown, which llms.txt lists (https://llmstxt.org).
"""

import json
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from textwrap import indent
from typing import Any

_DIFF = re.compile(r'^```diff title="([^"]+)"\n(.*?)^```$', re.MULTILINE | re.DOTALL)
_CELL = re.compile(r"<td\b.*?</td>", re.DOTALL)
_LONG_NAME = re.compile(r"(?<=[>\s])[^<>\s]{20,}")
_DIAGRAM = re.compile(r"<pre><code>(?:flowchart|sequenceDiagram|stateDiagram)\b.*?</code></pre>", re.DOTALL)


def apply_command(path: str, diff: str) -> str:
    """The command that makes the edit of the file: lines that begin with "-", "+" or, for what stays, a space."""
    # Neither the place nor the number of the lines is known here: git finds the one and counts the other.
    return f"git apply --unidiff-zero --recount <<'EOF'\n--- a/{path}\n+++ b/{path}\n@@ -1 +1 @@\n{diff}EOF"


def prepared(text: str) -> str:
    """The page's Markdown for zensical."""
    text = _DIFF.sub(_with_its_command, text)
    # Pygments takes what has no prompt in a console for output, and dims it.
    return re.sub(r"^( *```)console$", r"\1sh", text, flags=re.MULTILINE)


def _with_its_command(diff: re.Match[str]) -> str:
    command = f'```sh title="In the service\'s folder"\n{apply_command(diff[1], diff[2])}\n```'
    # Where a diff follows another, the exclamation mark begins tabs of its own.
    tabs = {'===! "The change"': diff[0], '=== "A command that makes it"': command}
    return "\n".join(f"{head}\n\n{indent(text, '    ')}\n" for head, text in tabs.items())


def build(zensical: str, folder: Path) -> int:
    """Builds the site of the folder's zensical.toml and docs/ into `site`; returns zensical's exit code."""
    result = subprocess.run([zensical, "build", "--clean", "--strict"], cwd=folder, check=False)
    if result.returncode == 0:
        _finish(folder)
    return result.returncode


def _finish(folder: Path) -> None:
    project: dict[str, Any] = tomllib.loads((folder / "zensical.toml").read_text())["project"]
    site, docs = folder / "site", folder / "docs"
    search = json.loads((site / "search.json").read_text())
    for item in search["items"]:
        item["text"] = _DIAGRAM.sub("", item["text"])
    (site / "search.json").write_text(json.dumps(search))
    for html in site.rglob("*.html"):
        html.write_text(_CELL.sub(lambda cell: _LONG_NAME.sub(_breakable, cell[0]), html.read_text()))
    for markdown in docs.rglob("*.md"):
        shutil.copy(markdown, site / markdown.relative_to(docs))
    head = f"# {project['site_name']}\n\n> {project.get('site_description', 'The documentation of this service')}.\n\n"
    (site / "llms.txt").write_text(head + "".join(_listed(project["nav"], docs)))


def _breakable(name: re.Match[str]) -> str:
    """The long name of a table's cell, with the places at which a narrow screen may break it."""
    return re.sub(r"(?<=[/:._])(?=\w)", "<wbr>", name[0])


def _listed(entries: list[Any], docs: Path) -> Iterator[str]:
    """The lines of llms.txt about the entries of the navigation: a link for each page, a heading for each section."""
    for entry in entries:
        name, place = next(iter(entry.items())) if isinstance(entry, dict) else ("", entry)
        if isinstance(place, list):
            yield f"\n## {name}\n\n"
            yield from _listed(place, docs)
        else:
            title = name or re.findall(r"^# (.+)$", (docs / place).read_text(), re.MULTILINE)[0]
            yield f"- [{title}]({place})\n"
