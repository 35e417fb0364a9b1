"""The CDK app: `cdk synth`, `cdk deploy` and the like run this module.

ENVIRONMENT names the environment (default: local), STACK_SUFFIX a second copy of it.
"""

import os
import sys

import aws_cdk as cdk
import cdk_nag

from infra import safety
from infra import settings as service_settings
from infra.build import Build, BuildError
from infra.extensions import extend
from infra.local_cloud.aspect import SkipUnsupported, fix_api_id
from infra.settings import LOCAL, SettingsError
from infra.stack import ServiceStack

# Warnings fail a synthesis as errors do, those of CDK's own validation and annotations too.
STRICT = {
    "@aws-cdk/core:annotationsInValidationReport": True,
    "@aws-cdk/core:strictCfnValidateErrors": True,
    "@aws-cdk/core:validateAgainstDefaultRules": True,
}


def create_app(environment_name: str, suffix: str = "", **options: object) -> cdk.App:
    """The app with the environment's stack in it, not yet synthesised.

    `options` go to `cdk.App`. Raises SettingsError or BuildError when the service can't be put together.
    """
    settings = service_settings.load()
    environment = settings.copy_of(settings.environment(environment_name), suffix)
    app = cdk.App(context=STRICT, **options)  # type: ignore[arg-type]
    build = Build(settings.service, for_this_machine=environment.is_local)
    stack = ServiceStack(app, settings=settings, environment=environment, build=build, suffix=suffix)
    extend(stack)
    if environment.is_local:
        fix_api_id(stack.api.rest_api, stack.stack_name)
        cdk.Aspects.of(stack).add(SkipUnsupported())
    else:
        safety.refuse_deployment(stack, safety.obstacles(settings.service, environment))
    cdk.Validations.of(app).add_plugins(cdk_nag.AwsSolutionsChecks(verbose=True))
    return app


def main() -> None:
    try:
        create_app(os.environ.get("ENVIRONMENT", LOCAL), os.environ.get("STACK_SUFFIX", "")).synth()
    except (SettingsError, BuildError) as error:
        sys.exit(f"error: {error}")
    except RuntimeError as error:
        if "ValidationFailed" not in str(error):
            raise
        sys.exit("error: The findings above must be fixed, or acknowledged on their resource with a reason.")


if __name__ == "__main__":
    main()
