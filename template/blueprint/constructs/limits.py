"""How near a template is to what AWS takes at most: said at synthesis, before CloudFormation does."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

NEAR = 0.8
"""The part of a limit from which on it is worth a sentence."""
PAGE = "blueprint/docs/many-functions.md"

# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
# https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
_LIMITS = {
    "resources in the stack": 500,
    "outputs of the stack": 200,
    "paths of the API": 300,
    "characters in the policies of a role": 10_240,
    "bytes in the variables of a function": 4096,
    "alarms in a widget of a dashboard": 100,
}


def sentences(template: Mapping[str, Any]) -> list[str]:
    """A sentence for each limit that the template is near to or above."""
    return [
        f"{count} {what}, of {limit} at most: see {PAGE}."
        for what, limit in _LIMITS.items()
        if (count := max((size for kind, size in _sizes(template) if kind == what), default=0)) >= NEAR * limit
    ]


def _sizes(template: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    resources = template["Resources"].values()
    kinds = Counter(resource["Type"] for resource in resources)
    yield "resources in the stack", kinds.total()
    yield "outputs of the stack", len(template.get("Outputs", {}))
    yield "paths of the API", kinds["AWS::ApiGateway::Resource"]
    policies: Counter[str] = Counter()
    for resource in resources:
        properties = resource.get("Properties", {})
        match resource["Type"]:
            case "AWS::IAM::Policy":
                for role in properties["Roles"]:
                    policies[json.dumps(role)] += _length(properties["PolicyDocument"])
            case "AWS::Lambda::Function":
                yield "bytes in the variables of a function", _length(properties["Environment"]["Variables"])
            case "AWS::CloudWatch::Dashboard":
                # The widget of alarms is the only one with ARNs.
                yield "alarms in a widget of a dashboard", json.dumps(properties["DashboardBody"]).count(":alarm:")
    for size in policies.values():
        yield "characters in the policies of a role", size


def _length(value: Any) -> int:
    """How long the JSON is, with references about as long as what they stand for."""
    return len(json.dumps(value, separators=(",", ":")))
