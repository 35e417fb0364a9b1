"""Whether the service can start, before anything is deployed: imports every handler, and compares it with its entry.

`make local`, `watch`, `synth` and `deploy` run it first, in a process of its own, which needs no AWS. What is wrong it
says in a sentence each, with the file and the line: python -m blueprint.preflight
"""

import ast
import difflib
import gc
import importlib
import os
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from blueprint import offline
from blueprint.declare import Declarations, Function
from blueprint.settings import PROGRAM, ROOT

HANDLERS = ROOT / "service" / "handlers"
_THEIRS = {ROOT / "blueprint", ROOT / ".venv"}
_METHODS = {"get", "post", "put", "patch", "delete", "head", "options"}


class PreflightError(Exception):
    """The service can't start; the message has the place and the reason."""


def routes(module: Path) -> list[tuple[str, str, int]]:
    """The method, the path and the line of each route that a handler's module defines by a decorator.

    Raises ValueError for a path that isn't written out.
    """
    return [
        (call.func.attr.upper(), str(ast.literal_eval(call.args[0])).translate({60: "{", 62: "}"}), call.lineno)
        for function in ast.walk(ast.parse(module.read_text()))
        if isinstance(function, ast.FunctionDef)
        for call in function.decorator_list
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in _METHODS
    ]


def imported(module: str) -> ModuleType:
    """The module; raises PreflightError with the last of the team's lines that has led to an error."""
    try:
        return importlib.import_module(module)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a module does at its import
        frames = [(Path(frame.filename), frame.lineno or 1) for frame in traceback.extract_tb(error.__traceback__)]
        reason = " ".join(str(error).split())
        if isinstance(error, SyntaxError) and error.filename:
            frames, reason = [(Path(error.filename), error.lineno or 1)], error.msg
        if type(error).__name__ in {"KeyError", "ValidationError"}:
            reason += " (an environment variable? Give it a value in infra/app.py, Declarations.variables)"
        ours = [frame for frame in frames if ROOT in frame[0].parents and not _THEIRS & {*frame[0].parents}]
        raise PreflightError(f"{_place(*(ours or frames)[-1])}: {type(error).__name__}: {reason}") from None


def mistakes(declarations: Declarations) -> Iterator[str]:
    """Says of each handler that can't be imported, or isn't as it is declared, where that is and what is wrong."""
    os.environ.update({**offline.variables(declarations.tables), **declarations.variables})
    declared = {function.name: function for function in declarations.functions}
    modules = {path.stem for path in HANDLERS.glob("*.py")} - {"__init__"}
    for name in sorted(modules | set(declared)):
        entry = _entry(name)
        if name not in modules and not (HANDLERS / name).is_dir():
            alike = difflib.get_close_matches(name, modules - set(declared), n=1)
            hint = f"; did you mean {alike[0]}?" if alike else "."
            yield f"{entry}: there is no service/handlers/{name}.py for {name}{hint}"
            continue
        try:
            module = imported(f"service.handlers.{name}")
        except PreflightError as error:
            yield str(error)
            continue
        if name in declared:
            file = Path(str(module.__file__))
            if not callable(getattr(module, "lambda_handler", None)):
                yield f"{_place(file, 1)}: there is no lambda_handler, which Lambda calls."
            yield from _other_routes(declared[name], file, entry)


def _other_routes(function: Function, module: Path, entry: str) -> Iterator[str]:
    """Nothing where only the running app knows its routes: those of a router, or with a path that is put together."""
    try:
        found = {(method, path): line for method, path, line in routes(module)}
    except (ValueError, IndexError):
        return
    if "include_router" in module.read_text():
        return
    wanted = {(route.method, route.path) for route in function.routes}
    for method, path in sorted(wanted - set(found)):
        yield f"{entry}: {module.relative_to(ROOT)} doesn't serve {method} {path}."
    for method, path in sorted(set(found) - wanted):
        place = _place(module, found[method, path])
        yield f"{place}: {method} {path} isn't declared for {function.name} in infra/functions.py."


def _entry(name: str) -> str:
    """Where infra/ names the function."""
    for path in sorted((ROOT / "infra").glob("*.py")):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if f'"{name}"' in line:
                return _place(path, number)
    return "infra/functions.py"


def _place(path: Path, line: int) -> str:
    return f"{path.relative_to(ROOT) if path.is_relative_to(ROOT) else path}:{line}"


if __name__ == "__main__":
    gc.disable()  # half of the time would go into searching for garbage in what is imported
    # A profile that isn't there, say, would fail the handlers' clients.
    for variable in [variable for variable in os.environ if variable.startswith("AWS_")]:
        del os.environ[variable]
    try:
        said = list(dict.fromkeys(mistakes(imported(PROGRAM).DECLARATIONS)))
    except PreflightError as mistake:
        said = [str(mistake)]
    if said:
        sys.exit("\n".join(f"error: {mistake}" for mistake in said))
