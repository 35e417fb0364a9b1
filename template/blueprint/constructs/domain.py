"""A domain of the API's own."""

import aws_cdk as cdk
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_certificatemanager as acm
from constructs import Construct

from blueprint.constructs.api import TLS_POLICY
from blueprint.settings import Environment


class Domain(Construct):
    """The environment's domain in front of the API. The output `DomainTarget` is what its DNS record points to.

    `url` is the API's address there.
    """

    def __init__(self, scope: Construct, construct_id: str, *, rest_api: apigateway.RestApi, environment: Environment):
        super().__init__(scope, construct_id)
        name = apigateway.DomainName(
            self,
            "Name",
            domain_name=environment.domain,
            certificate=acm.Certificate.from_certificate_arn(self, "Certificate", environment.certificate),
            endpoint_type=apigateway.EndpointType.REGIONAL,
        )
        resource = name.node.default_child
        assert isinstance(resource, apigateway.CfnDomainName)
        resource.security_policy, resource.endpoint_access_mode = TLS_POLICY, "STRICT"
        name.add_base_path_mapping(rest_api, stage=rest_api.deployment_stage)
        self.url = f"https://{environment.domain}/"
        cdk.CfnOutput(cdk.Stack.of(self), "DomainTarget", value=name.domain_name_alias_domain_name)
