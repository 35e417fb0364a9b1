"""What an account needs besides the service: a CDK app of its own, deployed once an account and region by a person.

make account ENVIRONMENT=dev          lets API Gateway write logs
make pipeline-role ENVIRONMENT=dev    does so too, and lets GitHub's workflows deploy the environment
"""

import os
import sys

import aws_cdk as cdk
import boto3
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_iam as iam
from botocore.exceptions import BotoCoreError, ClientError
from constructs import Construct

from blueprint import settings as service_settings
from blueprint.accounts import safety
from blueprint.accounts.roles import cdk_role_name
from blueprint.constructs.caller_role import caller_role_name, pipeline_role_name
from blueprint.constructs.findings import acknowledge, acknowledge_wildcard, checked_app
from blueprint.settings import LOCAL, Environment, Service, Settings, SettingsError

GITHUB = "token.actions.githubusercontent.com"
_CDK_ROLES = ("deploy", "file-publishing", "lookup")
"""Of the roles that `cdk bootstrap` makes, those that a deployment without containers assumes."""
_LOGS_POLICY = "service-role/AmazonAPIGatewayPushToCloudWatchLogs"
_MAIN = "refs/heads/main"
"""The branch that main.yml deploys."""


class _Stack(cdk.Stack):
    def __init__(self, scope: Construct, kind: str, description: str, *, settings: Settings, environment: Environment):
        super().__init__(
            scope,
            f"{settings.stack_name(environment)}-{kind}",
            env=cdk.Environment(account=environment.account or None, region=environment.region),
            synthesizer=cdk.DefaultStackSynthesizer(qualifier=environment.bootstrap_qualifier),
            description=description,
        )


class AccountStack(_Stack):
    """API Gateway's setting for the account and region, without which no API may write logs.

    The setting is one for all: another service may set it too, and each is as good as the other. So it, and its
    role, stay when the stack goes.
    """

    def __init__(self, scope: Construct, *, settings: Settings, environment: Environment):
        super().__init__(scope, "account", "API Gateway's account setting", settings=settings, environment=environment)
        role = iam.Role(
            self,
            "LogsRole",
            assumed_by=iam.ServicePrincipal("apigateway.amazonaws.com"),
            description="Writes API logs",
            managed_policies=[iam.ManagedPolicy.from_aws_managed_policy_name(_LOGS_POLICY)],
        )
        finding = f"IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/{_LOGS_POLICY}]"
        acknowledge(role, finding, "AWS's own policy for this, for the logs of every API in the account.")
        account = apigateway.CfnAccount(self, "Account", cloud_watch_role_arn=role.role_arn)
        for resource in (role, account):
            cdk.RemovalPolicies.of(resource).retain()


class PipelineStack(_Stack):
    """The role that this repository's workflows assume, by OpenID Connect, for jobs in the environment.

    It may assume the CDK's roles, and those of the environment's test callers. `adopt_provider` says that the
    account knows GitHub already, whoever made that so.

    https://docs.github.com/actions/security-for-github-actions/security-hardening-your-deployments
    """

    def __init__(self, scope: Construct, *, settings: Settings, environment: Environment, adopt_provider: bool):
        super().__init__(
            scope, "pipeline", "Lets GitHub's workflows deploy", settings=settings, environment=environment
        )
        service = settings.service
        provider_arn = self.format_arn(service="iam", region="", resource="oidc-provider", resource_name=GITHUB)
        role = iam.Role(
            self,
            "Role",
            role_name=pipeline_role_name(service, environment),
            description=f"Deploys {settings.stack_name(environment)} from {service.repository}",
            assumed_by=iam.WebIdentityPrincipal(provider_arn, _trusted(service, environment)),
        )
        if not adopt_provider:
            provider = iam.CfnOIDCProvider(
                self, "GitHub", url=f"https://{GITHUB}", client_id_list=["sts.amazonaws.com"]
            )
            # Other services may use it by now, and the next deployment adopts it.
            provider.apply_removal_policy(cdk.RemovalPolicy.RETAIN)
            role.node.add_dependency(provider)
        cdk_roles = [self._role_arn(cdk_role_name(kind, environment, self.account)) for kind in _CDK_ROLES]
        stack_name = settings.stack_name(environment)
        callers = [self._role_arn(caller_role_name(stack_name))]
        if not environment.production:
            callers.append(self._role_arn(caller_role_name(f"{stack_name}-pr-*")))
        statements = [
            iam.PolicyStatement(actions=["sts:AssumeRole"], resources=[*cdk_roles, *callers]),
            iam.PolicyStatement(actions=["sts:TagSession"], resources=callers),
        ]
        policy = iam.Policy(self, "Policy", roles=[role], statements=statements)
        for copies in callers[1:]:
            acknowledge_wildcard(
                policy, copies, "The wildcard stands for the pull requests' previews, each with a caller's role."
            )
        cdk.CfnOutput(self, "RoleArn", value=role.role_arn, description="For the GitHub environment's AWS_ROLE_ARN")

    def _role_arn(self, name: str) -> str:
        return self.format_arn(service="iam", region="", resource="role", resource_name=name)


def _trusted(service: Service, environment: Environment) -> dict[str, dict[str, str | list[str]]]:
    """The conditions on GitHub's token: this repository's jobs in this environment, for production those of main.

    Repositories made or renamed since 15 July 2026 send `sub` with the ids of owner and repository, older ones without:
    https://github.blog/changelog/2026-04-23-immutable-subject-claims-for-github-actions-oidc-tokens/
    """
    owner, repository = service.repository.split("/")
    with_ids = f"{owner}@{service.repository_owner_id or '*'}/{repository}@{service.repository_id or '*'}"
    subjects = [f"repo:{name}:environment:{environment.name}" for name in (service.repository, with_ids)]
    # A wildcard spans slashes, so the repository is compared, too.
    claims = {"repository": service.repository} | ({"ref": _MAIN} if environment.production else {})
    return {
        "StringEquals": {f"{GITHUB}:aud": "sts.amazonaws.com"},
        "StringLike": {f"{GITHUB}:sub": subjects},
        # AWS has these claims of every token of GitHub's. The local cloud doesn't, and passes over them.
        "StringEqualsIfExists": {f"{GITHUB}:{claim}": value for claim, value in claims.items()},
    }


def create_app(environment_name: str, *, role: bool, adopt_provider: bool, **options: object) -> cdk.App:
    """The app with the account's stack and, with `role`, the pipeline's; `options` go to `cdk.App`.

    Raises SettingsError when the environment, or the repository for the role, is missing, and for a role in an
    account that it must not share.
    """
    settings = service_settings.load()
    environment = settings.environment(environment_name)
    app = checked_app(**options)
    AccountStack(app, settings=settings, environment=environment)
    if role:
        if not settings.service.repository:
            raise SettingsError(
                "service.toml names no repository, whose workflows the role is for: write repository = "
                '"owner/name" there.'
            )
        safety.refuse_shared_account(settings, environment)
        PipelineStack(app, settings=settings, environment=environment, adopt_provider=adopt_provider)
    return app


def knows_github() -> bool:
    """Whether the account of the credentials has GitHub as identity provider; raises SettingsError without any."""
    try:
        providers = boto3.client("iam").list_open_id_connect_providers()["OpenIDConnectProviderList"]
    except (BotoCoreError, ClientError) as error:
        raise SettingsError(f"The account can't be asked whether it knows GitHub: {error}") from None
    return any(provider["Arn"].endswith(f"/{GITHUB}") for provider in providers)


if __name__ == "__main__":
    with_role = os.environ.get("PIPELINE_ROLE") == "true"
    try:
        chosen = os.environ.get("ENVIRONMENT", LOCAL)
        create_app(chosen, role=with_role, adopt_provider=with_role and knows_github()).synth()
    except SettingsError as error:
        sys.exit(f"error: {error}")
