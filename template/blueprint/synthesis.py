"""The CDK app: `cdk synth`, `cdk deploy` and the like run it as infra/app.py.

ENVIRONMENT names the environment (default: local), STACK_SUFFIX a second copy of it.
FIRST_DEPLOYMENT=true leaves out the termination protection, which blueprint/accounts/deploy.py turns on when the
deployment has succeeded. AT_ONCE delivers without a canary, whatever the alarms say: `make deploy` sets it to the time
after a `make rollback`.
"""

import os
import sys
from collections.abc import Sequence

import aws_cdk as cdk

from blueprint import settings as service_settings
from blueprint.accounts import safety
from blueprint.constructs import limits
from blueprint.constructs.at_once import deliver_at_once
from blueprint.constructs.findings import checked_app
from blueprint.constructs.stack import ServiceStack
from blueprint.declare import Declarations
from blueprint.local_cloud.aspect import SkipUnsupported, fix_api_id
from blueprint.packaging.build import BuildError
from blueprint.settings import LOCAL, SettingsError


def create_app(declarations: Declarations, environment_name: str, suffix: str = "", **options: object) -> cdk.App:
    """The app with the environment's stack in it, not yet synthesised.

    `options` go to `cdk.App`. Raises SettingsError or BuildError when the service can't be put together.
    """
    settings = service_settings.load()
    environment = settings.copy_of(settings.environment(environment_name), suffix)
    app = checked_app(**options)
    stack = ServiceStack(
        app,
        declarations=declarations,
        settings=settings,
        environment=environment,
        suffix=suffix,
        protected=os.environ.get("FIRST_DEPLOYMENT") != "true",
    )
    if reason := os.environ.get("AT_ONCE"):
        deliver_at_once(stack, reason)
    if environment.is_local:
        fix_api_id(stack.api.rest_api, stack.stack_name)
        cdk.Aspects.of(stack).add(SkipUnsupported())
    else:
        safety.refuse_deployment(stack, safety.obstacles(settings.service, environment))
    return app


def main(declarations: Declarations, _: Sequence[str]) -> None:
    """Synthesises the environment that ENVIRONMENT names; ends the process with a sentence when that fails."""
    try:
        app = create_app(declarations, os.environ.get("ENVIRONMENT", LOCAL), os.environ.get("STACK_SUFFIX", ""))
        for stack in app.synth().stacks:
            for sentence in limits.sentences(stack.template):
                print(f"note: {sentence}", file=sys.stderr)
    except (SettingsError, BuildError) as error:
        sys.exit(f"error: {error}")
    except RuntimeError as error:
        if "TooManyResourcesInStack" in str(error):
            sys.exit(f"error: {str(error).partition(' is greater')[0]}, of 500 at most: see {limits.PAGE}.")
        if "ValidationFailed" not in str(error):
            raise
        sys.exit(
            "error: The findings above must be fixed, or acknowledged on their resource with a reason. For a wildcard "
            "that a grant of the CDK brings, name the actions instead: stack.functions[NAME].allow(iam.PolicyStatement("
            'actions=["s3:GetObject"], resources=[…])).'
        )
