"""Who may call the API: AWS principals (`iam`), tokens of a Cognito user pool (`cognito`) or everyone (`none`)."""

from dataclasses import dataclass
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_cognito as cognito
from constructs import Construct

from blueprint.constructs.findings import acknowledge
from blueprint.settings import Environment, Service

READ, WRITE = "read", "write"
SCOPES = {READ: "Read the service's resources", WRITE: "Create, change and delete the service's resources"}


@dataclass(frozen=True)
class Open:
    """No authorization; `reason` says why an open method is right, for those who review the findings."""

    reason: str

    def options(self, http_method: str) -> dict[str, Any]:  # noqa: ARG002
        return {"authorization_type": apigateway.AuthorizationType.NONE}

    def acknowledge(self, method: apigateway.Method) -> None:
        for rule in ("APIG4", "COG4"):
            acknowledge(method, rule, self.reason)


class Iam:
    """AWS principals that are allowed execute-api:Invoke, proved by SigV4 signatures."""

    def options(self, http_method: str) -> dict[str, Any]:  # noqa: ARG002
        return {"authorization_type": apigateway.AuthorizationType.IAM}

    def acknowledge(self, method: apigateway.Method) -> None:
        acknowledge(method, "COG4", "IAM authorizes: the callers are AWS principals.")


class Cognito(Construct):
    """Access tokens of a user pool, whose scopes tell reading from writing.

    The pool holds a resource server named after the service, and one client for machines, which gets its
    tokens with OAuth's client credentials grant.
    """

    def __init__(self, scope: Construct, construct_id: str, *, service: Service, environment: Environment):
        super().__init__(scope, construct_id)
        stack = cdk.Stack.of(self)
        keep = cdk.RemovalPolicy.RETAIN if environment.retain_data else cdk.RemovalPolicy.DESTROY
        self.pool = cognito.UserPool(
            self,
            "Pool",
            self_sign_up_enabled=False,
            password_policy=cognito.PasswordPolicy(
                min_length=12, require_digits=True, require_lowercase=True, require_symbols=True, require_uppercase=True
            ),
            mfa=cognito.Mfa.REQUIRED,
            mfa_second_factor=cognito.MfaSecondFactor(sms=False, otp=True),
            feature_plan=cognito.FeaturePlan.PLUS,
            standard_threat_protection_mode=cognito.StandardThreatProtectionMode.FULL_FUNCTION,
            deletion_protection=environment.retain_data,
            removal_policy=keep,
        )
        scopes = {
            name: cognito.ResourceServerScope(scope_name=name, scope_description=description)
            for name, description in SCOPES.items()
        }
        server = self.pool.add_resource_server("Api", identifier=service.name, scopes=list(scopes.values()))
        self._scopes = {name: cognito.OAuthScope.resource_server(server, scope_) for name, scope_ in scopes.items()}
        self.client = self.pool.add_client(
            "Machine",
            generate_secret=True,
            auth_flows=cognito.AuthFlow(),
            o_auth=cognito.OAuthSettings(
                flows=cognito.OAuthFlows(client_credentials=True), scopes=list(self._scopes.values())
            ),
        )
        self.domain = self.pool.add_domain(
            "Domain", cognito_domain=cognito.CognitoDomainOptions(domain_prefix=f"{stack.stack_name}-{stack.account}")
        )
        self._authorizer = apigateway.CognitoUserPoolsAuthorizer(self, "Authorizer", cognito_user_pools=[self.pool])
        cdk.CfnOutput(stack, "UserPoolId", value=self.pool.user_pool_id)
        cdk.CfnOutput(stack, "ClientId", value=self.client.user_pool_client_id)
        cdk.CfnOutput(stack, "TokenUrl", value=f"{self.domain.base_url()}/oauth2/token")

    def options(self, http_method: str) -> dict[str, Any]:
        scope = self._scopes[READ if http_method == "GET" else WRITE]
        return {
            "authorization_type": apigateway.AuthorizationType.COGNITO,
            "authorizer": self._authorizer,
            "authorization_scopes": [scope.scope_name],
        }

    def acknowledge(self, method: apigateway.Method) -> None:
        """Nothing to acknowledge."""


Authorization = Open | Iam | Cognito


def authorization(scope: Construct, *, service: Service, environment: Environment) -> Authorization:
    """The authorization that the settings choose, with the resources that it needs in `scope`."""
    match service.authorization:
        case "iam":
            return Iam()
        case "cognito":
            return Cognito(scope, "Authorization", service=service, environment=environment)
        case "none":
            return Open("service.toml, authorization = none: whoever reaches this API may use it.")
