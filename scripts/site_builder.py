"""`make docs`: builds the blueprint's site from docs/ and from the pages of a default service, into build/site.

The service is rendered and set up in build/service; its own `make docs` writes what is generated there, and brings
zensical and the scripts of the pages. A fence with the language `quote` names a file and, in a Python file, a function,
a class, an assignment, or in quotation marks a part of a line: the page shows it as it stands in the repository. The
exit code is not 0 when something that is quoted or linked isn't there.
"""

import ast
import re
import shutil
import sys
from pathlib import Path
from textwrap import dedent

from blueprint.tools import site_pages
from demo import DemoError, make, render

BLUEPRINT = Path(__file__).parents[1]
BUILD = BLUEPRINT / "build"


class QuoteError(Exception):
    """What a page quotes isn't there; the message says where."""


def quote(reference: str) -> str:
    """The Markdown of what `path`, `path symbol.symbol` or `path "part of a line"` stands for; raises QuoteError."""
    path, _, symbol = reference.strip().partition(" ")
    try:
        text = (BLUEPRINT / path).read_text()
    except FileNotFoundError:
        raise QuoteError(f"there is no {path}") from None
    if symbol.startswith('"'):
        lines = [line.strip() for line in text.splitlines() if symbol in line]
        if len(lines) != 1:
            raise QuoteError(f"{path} has {len(lines)} lines with {symbol}")
        text = lines[0]
    elif symbol:
        text = dedent(_source(text, symbol.split("."), f"{path} has no {symbol}"))
    language = {".py": "python", ".toml": "toml", ".json": "json"}.get(Path(path).suffix, "text")
    return f'```{language} title="{path.removeprefix("template/")}"\n{text.strip()}\n```'


def _source(text: str, names: list[str], problem: str) -> str:
    """The lines of the definition, its decorators and a docstring after an assignment included."""
    statements: list[ast.stmt] = ast.parse(text).body
    first, last = 0, 0
    for name in names:
        place = next((index for index, statement in enumerate(statements) if name in _defined(statement)), None)
        if place is None:
            raise QuoteError(problem)
        statement, *following = statements[place : place + 2]
        first = min([statement.lineno, *(each.lineno for each in getattr(statement, "decorator_list", []))])
        last = statement.end_lineno or statement.lineno
        if isinstance(statement, ast.Assign | ast.AnnAssign) and following and isinstance(following[0], ast.Expr):
            last = following[0].end_lineno or last
        statements = getattr(statement, "body", [])
    return "\n".join(text.splitlines()[first - 1 : last])


def _defined(node: ast.AST) -> set[str]:
    match node:
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            return {name}
        case ast.Assign(targets=targets):
            return {target.id for target in targets if isinstance(target, ast.Name)}
        case ast.AnnAssign(target=ast.Name(id=name)):
            return {name}
        case _:
            return set()


def build(service: Path, folder: Path) -> int:
    """Builds the site in the folder, as `site`, with the pages of the service; returns zensical's exit code."""
    docs = folder / "docs"
    for stale in (docs, folder / "site"):
        shutil.rmtree(stale, ignore_errors=True)
    shutil.copytree(BLUEPRINT / "docs", docs)
    shutil.copy(BLUEPRINT / "CHANGELOG.md", docs / "changelog.md")
    for page in docs.rglob("*.md"):
        # A link out of docs/ leads somewhere in the repository only.
        text = re.sub(r"\[([^\]]+)\]\(\.\./[^)]+\)", r"\1", site_pages.prepared(page.read_text()))
        try:
            page.write_text(re.sub(r"```quote\n(.*?)\n```", lambda match: quote(match[1]), text))
        except QuoteError as error:
            raise QuoteError(f"{page.relative_to(docs)} quotes what isn't there: {error}.") from None
    shutil.copytree(service / "build" / "docs", docs / "service")
    _take_in(docs, "performance.md")
    shutil.copy(BLUEPRINT / "zensical.toml", folder)
    code: int = site_pages.build(str(service / ".venv" / "bin" / "zensical"), folder)
    return code


def _take_in(docs: Path, name: str) -> None:
    """Makes one page of the blueprint's and the service's of that name: where `<!-- service -->` stands."""
    page, part = docs / name, docs / "service" / name
    text = re.sub(r"^# .+\n", "", part.read_text())
    text = re.sub(r"\]\((?![a-z]+:|#)", "](service/", text)
    page.write_text(page.read_text().replace("<!-- service -->", text.strip()))
    part.unlink()
    for other in (docs / "service").glob("*.md"):
        other.write_text(other.read_text().replace(f"]({name}", f"](../{name}"))


def main() -> None:
    service = BUILD / "service"
    try:
        shutil.rmtree(service / "docs", ignore_errors=True)  # with pages that are no more
        render(service)
        make(service, "docs")
        code = build(service, BUILD)
    except (DemoError, QuoteError) as error:
        sys.exit(f"error: {error}")
    if code:
        sys.exit("error: the site has the faults above.")
    print("build/site/index.html is the site. To read it with its search: python3 -m http.server -d build/site")


if __name__ == "__main__":
    main()
