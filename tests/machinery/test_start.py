"""The variables that make functions start faster reach them, each where it fits."""

from blueprint import settings as service_settings
from blueprint.packaging.levers import START
from blueprint.tests.synthesis import template_of


def test_amazons_roots_are_for_the_commercial_partition() -> None:
    settings = service_settings.load()
    name = list(settings.environments)[-1]
    environment = settings.environment(name).model_copy(update={"region": "cn-north-1", "waf": False})
    chosen = settings.model_copy(update={"environments": {**settings.environments, name: environment}})
    for function in template_of(chosen, name).find_resources("AWS::Lambda::Function").values():
        assert set(START) - set(function["Properties"]["Environment"]["Variables"]) == {"AWS_CA_BUNDLE"}


def test_only_the_functions_of_the_routes_are_primed() -> None:
    """Swagger's may call nothing that priming calls."""
    settings = service_settings.load()
    name = next(name for name, environment in settings.environments.items() if environment.swagger)
    for function in template_of(settings, name).find_resources("AWS::Lambda::Function").values():
        is_swagger = function["Properties"]["Handler"] == "blueprint.runtime.swagger.lambda_handler"
        variables = function["Properties"]["Environment"]["Variables"]
        assert set(START) <= set(variables)
        assert (variables["START_PRIMED"] == "true") == (not is_swagger)
