"""The environment variables that the handlers read at import, for where there is no AWS.

The unit tests, the OpenAPI document and `make bench` set them.
"""

from collections.abc import Sequence

from blueprint.declare import Table

_VARIABLES = {
    "APPCONFIG_APPLICATION": "application",
    "APPCONFIG_ENVIRONMENT": "environment",
    "APPCONFIG_MAX_AGE_SECONDS": "0",
    "APPCONFIG_PROFILE": "profile",
    "AWS_ACCESS_KEY_ID": "none",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_REGION": "us-east-1",
    "AWS_SECRET_ACCESS_KEY": "none",
    "EVENT_BUS_NAME": "events",
    "LAMBDA_TASK_ROOT": "/var/task",
    "POWERTOOLS_METRICS_NAMESPACE": "none",
    "POWERTOOLS_TRACE_DISABLED": "true",
}


def variables(tables: Sequence[Table]) -> dict[str, str]:
    """The blueprint's variables, and those that hold the tables' names."""
    return {**_VARIABLES, **{table.environment_variable: table.name for table in tables}}
