"""What the handlers read at import, for where there is no AWS: the OpenAPI document and the unit tests."""

from infra import variables
from infra.tables import TABLES

VARIABLES = {
    "APPCONFIG_APPLICATION": "application",
    "APPCONFIG_ENVIRONMENT": "environment",
    "APPCONFIG_MAX_AGE_SECONDS": "0",
    "APPCONFIG_PROFILE": "profile",
    "AWS_ACCESS_KEY_ID": "none",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_REGION": "us-east-1",
    "AWS_SECRET_ACCESS_KEY": "none",
    "LAMBDA_TASK_ROOT": "/var/task",
    "POWERTOOLS_METRICS_NAMESPACE": "none",
    "POWERTOOLS_TRACE_DISABLED": "true",
    **{table.environment_variable: table.name for table in TABLES},
    **variables.VARIABLES,
}
