"""infra/functions.py and the handlers' decorators say the same."""

from blueprint import preflight
from infra.app import DECLARATIONS


def test_each_handler_serves_its_routes_and_each_route_has_its_handler() -> None:
    handlers = sorted(
        (method, path, module.stem)
        for module in preflight.HANDLERS.glob("*.py")
        for method, path, _ in preflight.routes(module)
    )
    assert handlers == sorted(
        (route.method, route.path, function.name) for function in DECLARATIONS.functions for route in function.routes
    )


def test_each_module_of_handlers_is_a_function() -> None:
    modules = {module.stem for module in preflight.HANDLERS.glob("*.py")} - {"__init__"}
    assert modules == {function.name for function in DECLARATIONS.functions}
