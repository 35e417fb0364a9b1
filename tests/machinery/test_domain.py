"""A domain of the API's own."""

import pytest
from blueprint import settings as service_settings
from blueprint.settings import Settings
from blueprint.tests.synthesis import template_of
from pydantic import ValidationError

SETTINGS = service_settings.load()
DOMAIN = {
    "domain": "orders.example.com",
    "certificate": "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012",
}


def settings(**environment: str) -> Settings:
    return Settings.model_validate({"service": SETTINGS.service.model_dump(), "environments": {"dev": environment}})


def test_the_domain_leads_to_the_api_and_nothing_goes_around_it() -> None:
    found = template_of(settings(**DOMAIN), "dev")
    found.has_resource_properties("AWS::ApiGateway::RestApi", {"DisableExecuteApiEndpoint": True})
    found.has_resource_properties(
        "AWS::ApiGateway::DomainName",
        {
            "DomainName": DOMAIN["domain"],
            "RegionalCertificateArn": DOMAIN["certificate"],
            "SecurityPolicy": "SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09",
        },
    )
    found.resource_count_is("AWS::ApiGateway::BasePathMapping", 1)
    # The tests follow the output.
    found.has_output("ApiUrl", {"Value": f"https://{DOMAIN['domain']}/"})


def test_a_copy_has_none() -> None:
    found = template_of(settings(**DOMAIN), "dev", suffix="pr-7")
    found.resource_count_is("AWS::ApiGateway::DomainName", 0)
    found.has_resource_properties("AWS::ApiGateway::RestApi", {"DisableExecuteApiEndpoint": False})


@pytest.mark.parametrize("missing", DOMAIN)
def test_a_domain_and_its_certificate_are_given_together(missing: str) -> None:
    half = {name: value for name, value in DOMAIN.items() if name != missing}
    with pytest.raises(ValidationError, match="domain and certificate are given together"):
        settings(**half)
