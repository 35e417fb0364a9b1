"""infra/functions.py and the handlers' decorators say the same."""

import ast
from pathlib import Path

from blueprint.settings import ROOT
from infra.app import DECLARATIONS

HANDLERS = ROOT / "service" / "handlers"
METHODS = {"get", "post", "put", "patch", "delete", "head", "options"}


def decorated(module: Path) -> list[tuple[str, str, str]]:
    """The method and the path of each route that a handler module defines, with the module's name."""
    return [
        (call.func.attr.upper(), ast.literal_eval(call.args[0]).replace("<", "{").replace(">", "}"), module.stem)
        for function in ast.walk(ast.parse(module.read_text()))
        if isinstance(function, ast.FunctionDef)
        for call in function.decorator_list
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in METHODS
    ]


def test_each_handler_serves_its_route_and_each_route_has_its_handler() -> None:
    handlers = sorted(
        route for module in HANDLERS.glob("*.py") if module.stem != "__init__" for route in decorated(module)
    )
    assert handlers == sorted(
        (route.method, route.path, function.name) for function in DECLARATIONS.functions for route in function.routes
    )


def test_each_module_of_handlers_is_a_function() -> None:
    modules = {module.stem for module in HANDLERS.glob("*.py")} - {"__init__"}
    assert modules == {function.name for function in DECLARATIONS.functions}
