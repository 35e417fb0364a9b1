"""AWS WAF in front of the API."""

from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_wafv2 as wafv2
from constructs import Construct

RATE_LIMIT = 2000
"""Requests from one address in five minutes, above which the address is blocked."""

# https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-list.html
_MANAGED_GROUPS = (
    "AWSManagedRulesCommonRuleSet",
    "AWSManagedRulesAmazonIpReputationList",
    "AWSManagedRulesAnonymousIpList",
    "AWSManagedRulesKnownBadInputsRuleSet",
)
# Counted, not blocked: it would refuse callers that run in AWS, and GitHub's runners.
_COUNTED_RULES = {"AWSManagedRulesAnonymousIpList": ["HostingProviderIPList"]}


class Waf(Construct):
    """A web ACL on the API's stage: four AWS managed rule groups and a limit on the rate of one address."""

    def __init__(self, scope: Construct, construct_id: str, *, stage: apigateway.Stage):
        super().__init__(scope, construct_id)
        acl = wafv2.CfnWebACL(
            self,
            "Acl",
            scope="REGIONAL",
            default_action=wafv2.CfnWebACL.DefaultActionProperty(allow={}),
            visibility_config=_visibility("WebAcl"),
            rules=[
                *(_managed_group(priority, group) for priority, group in enumerate(_MANAGED_GROUPS)),
                _rate_rule(priority=len(_MANAGED_GROUPS)),
            ],
        )
        wafv2.CfnWebACLAssociation(self, "Association", resource_arn=stage.stage_arn, web_acl_arn=acl.attr_arn)


def _managed_group(priority: int, name: str) -> wafv2.CfnWebACL.RuleProperty:
    return wafv2.CfnWebACL.RuleProperty(
        name=name,
        priority=priority,
        override_action=wafv2.CfnWebACL.OverrideActionProperty(none={}),
        statement=wafv2.CfnWebACL.StatementProperty(
            managed_rule_group_statement=wafv2.CfnWebACL.ManagedRuleGroupStatementProperty(
                vendor_name="AWS",
                name=name,
                rule_action_overrides=[
                    wafv2.CfnWebACL.RuleActionOverrideProperty(
                        name=rule, action_to_use=wafv2.CfnWebACL.RuleActionProperty(count={})
                    )
                    for rule in _COUNTED_RULES.get(name, [])
                ],
            )
        ),
        visibility_config=_visibility(name),
    )


def _rate_rule(priority: int) -> wafv2.CfnWebACL.RuleProperty:
    return wafv2.CfnWebACL.RuleProperty(
        name="RateLimit",
        priority=priority,
        action=wafv2.CfnWebACL.RuleActionProperty(block={}),
        statement=wafv2.CfnWebACL.StatementProperty(
            rate_based_statement=wafv2.CfnWebACL.RateBasedStatementProperty(
                aggregate_key_type="IP", limit=RATE_LIMIT, evaluation_window_sec=300
            )
        ),
        visibility_config=_visibility("RateLimit"),
    )


def _visibility(metric: str) -> wafv2.CfnWebACL.VisibilityConfigProperty:
    return wafv2.CfnWebACL.VisibilityConfigProperty(
        cloud_watch_metrics_enabled=True, metric_name=metric, sampled_requests_enabled=True
    )
