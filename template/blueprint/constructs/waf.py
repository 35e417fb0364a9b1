"""AWS WAF in front of the API."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_wafv2 as wafv2
from constructs import Construct

from blueprint.constructs.functions import set_retention
from blueprint.constructs.gateway_responses import document, error_headers
from blueprint.runtime.contract import BODY_LIMIT_BYTES
from blueprint.settings import Environment

ADDRESS_RETENTION_DAYS = 30
"""How long the log is kept at most: it holds addresses, which identify people."""

# https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-list.html
_MANAGED_GROUPS = (
    "AWSManagedRulesCommonRuleSet",
    "AWSManagedRulesAmazonIpReputationList",
    "AWSManagedRulesAnonymousIpList",
    "AWSManagedRulesKnownBadInputsRuleSet",
)
# Counted, not blocked. The first would refuse callers that run in AWS, and GitHub's runners. The second blocks large
# bodies with 403; the rule here has answered those with 413.
_COUNTED_RULES = {
    "AWSManagedRulesAnonymousIpList": ["HostingProviderIPList"],
    "AWSManagedRulesCommonRuleSet": ["SizeRestrictions_BODY"],
}
_TOO_LARGE = "TooLarge"

REDACTED_HEADERS = ("authorization", "x-amz-security-token", "cookie")
_LOG_PREFIX = "aws-waf-logs-"  # https://docs.aws.amazon.com/waf/latest/developerguide/logging-cw-logs.html


class Waf(Construct):
    """A web ACL on the API's stage: four AWS managed rule groups, a limit on the size of a body and one on the
    rate of one address. Its log holds neither credentials nor query strings.
    """

    def __init__(self, scope: Construct, construct_id: str, *, stage: apigateway.Stage, environment: Environment):
        super().__init__(scope, construct_id)
        acl = wafv2.CfnWebACL(
            self,
            "Acl",
            scope="REGIONAL",
            default_action=wafv2.CfnWebACL.DefaultActionProperty(allow={}),
            visibility_config=wafv2.CfnWebACL.VisibilityConfigProperty(
                cloud_watch_metrics_enabled=True, metric_name="WebAcl", sampled_requests_enabled=True
            ),
            custom_response_bodies={
                _TOO_LARGE: wafv2.CfnWebACL.CustomResponseBodyProperty(
                    content_type="APPLICATION_JSON",  # WAF has no type for problem documents.
                    content=document(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The body is too large; send a smaller one."),
                )
            },
        )
        rules = [
            _body_rule(error_headers(environment.allowed_origins)),
            _rate_rule(environment.waf_rate_limit),
            *map(_managed_group, _MANAGED_GROUPS),
        ]
        # As CloudFormation has them, whose documentation says what each part means.
        acl.add_property_override("Rules", [{**rule, "Priority": number} for number, rule in enumerate(rules)])
        wafv2.CfnWebACLAssociation(self, "Association", resource_arn=stage.stage_arn, web_acl_arn=acl.attr_arn)
        self._log(acl, environment)

    def _log(self, acl: wafv2.CfnWebACL, environment: Environment) -> None:
        stack = cdk.Stack.of(self)
        group_name = f"{_LOG_PREFIX}{stack.stack_name}"
        group = logs.LogGroup(
            self,
            "Log",
            log_group_name=group_name,
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        set_retention(group, min(environment.log_retention_days, ADDRESS_RETENTION_DAYS))
        statement = iam.PolicyStatement(
            principals=[iam.ServicePrincipal("delivery.logs.amazonaws.com")],
            actions=["logs:CreateLogStream", "logs:PutLogEvents"],
            # By its name: a group can't refer to itself.
            resources=[f"{self._group_arn(group_name)}:*"],
            conditions={
                "StringEquals": {"aws:SourceAccount": stack.account},
                "ArnLike": {
                    "aws:SourceArn": stack.format_arn(
                        service="logs", resource="*", arn_format=cdk.ArnFormat.NO_RESOURCE_NAME
                    )
                },
            },
        )
        resource = group.node.default_child
        assert isinstance(resource, logs.CfnLogGroup)
        # The group's own policy: of the account's there can be ten in a region, for all services together.
        resource.resource_policy_document = iam.PolicyDocument(statements=[statement])
        field = wafv2.CfnLoggingConfiguration.FieldToMatchProperty
        wafv2.CfnLoggingConfiguration(
            self,
            "Logging",
            resource_arn=acl.attr_arn,
            log_destination_configs=[self._group_arn(group.log_group_name)],
            redacted_fields=[
                *(field(single_header={"Name": header}) for header in REDACTED_HEADERS),
                field(query_string={}),
            ],
        )

    def _group_arn(self, name: str) -> str:
        return cdk.Stack.of(self).format_arn(
            service="logs", resource="log-group", resource_name=name, arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME
        )


def _managed_group(name: str) -> dict[str, Any]:
    counted = [{"Name": rule, "ActionToUse": {"Count": {}}} for rule in _COUNTED_RULES.get(name, [])]
    group = {"VendorName": "AWS", "Name": name, "RuleActionOverrides": counted}
    return _rule(name, {"ManagedRuleGroupStatement": group}, OverrideAction={"None": {}})


def _body_rule(headers: Mapping[str, str]) -> dict[str, Any]:
    """Refuses the bodies that the functions would refuse, too, with the same answer.

    WAF sees the first 16 KB of a body that API Gateway gets.
    https://docs.aws.amazon.com/waf/latest/developerguide/web-acl-setting-body-inspection-limit.html
    """
    response = {
        "ResponseCode": HTTPStatus.REQUEST_ENTITY_TOO_LARGE.value,
        "CustomResponseBodyKey": _TOO_LARGE,
        "ResponseHeaders": [
            {"Name": name, "Value": value} for name, value in headers.items() if name != "Content-Type"
        ],
    }
    size = {
        "FieldToMatch": {"Body": {"OversizeHandling": "MATCH"}},
        "ComparisonOperator": "GT",
        "Size": BODY_LIMIT_BYTES,
        "TextTransformations": [{"Priority": 0, "Type": "NONE"}],
    }
    return _rule("BodySize", {"SizeConstraintStatement": size}, Action={"Block": {"CustomResponse": response}})


def _rate_rule(limit: int) -> dict[str, Any]:
    rate = {"AggregateKeyType": "IP", "Limit": limit, "EvaluationWindowSec": 300}
    return _rule("RateLimit", {"RateBasedStatement": rate}, Action={"Block": {}})


def _rule(name: str, statement: dict[str, Any], **action: dict[str, Any]) -> dict[str, Any]:
    metric = {"CloudWatchMetricsEnabled": True, "MetricName": name, "SampledRequestsEnabled": True}
    return {"Name": name, "Statement": statement, "VisibilityConfig": metric, **action}
