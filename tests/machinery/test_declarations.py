"""What a team adds in its own files is there, without an edit of a construct."""

from dataclasses import replace

import pytest
from aws_cdk.assertions import Match
from blueprint import settings as service_settings
from blueprint.declare.route import Route
from blueprint.declare.table import Index, Table
from blueprint.settings import LOCAL, Settings
from blueprint.tests.synthesis import template_of
from infra.app import DECLARATIONS

INVOICES = Table(name="Invoices", partition_key="id", indexes=(Index(name="by_day", partition_key="day"),))
ROUTE = Route(
    "PUT",
    "/api/invoices/{invoice_id}",
    handler="put_invoice",
    reads={INVOICES.index("by_day"): ["Query"]},
    writes={INVOICES: ["PutItem"]},
)


@pytest.fixture
def settings() -> Settings:
    return service_settings.load()


def test_a_route_and_a_table_make_their_resources(settings: Settings) -> None:
    declarations = replace(DECLARATIONS, tables=(*DECLARATIONS.tables, INVOICES), routes=(*DECLARATIONS.routes, ROUTE))
    template = template_of(settings, LOCAL, declarations=declarations)
    variables = {"INVOICES_TABLE_NAME": {"Ref": Match.string_like_regexp("Invoices")}}
    template.has_resource_properties(
        "AWS::Lambda::Function",
        {
            "Handler": "service.handlers.put_invoice.lambda_handler",
            "Environment": {"Variables": Match.object_like(variables)},
        },
    )
    template.has_resource_properties("AWS::ApiGateway::Method", {"HttpMethod": "PUT"})
    template.has_resource_properties(
        "AWS::IAM::Policy",
        {
            "PolicyName": Match.string_like_regexp("PutInvoice"),
            "PolicyDocument": {
                "Statement": Match.array_with(
                    [
                        Match.object_like(
                            {"Action": "dynamodb:Query", "Resource": {"Fn::Join": ["", Match.any_value()]}}
                        ),
                        Match.object_like({"Action": "dynamodb:PutItem"}),
                    ]
                )
            },
        },
    )
    template.has_resource_properties(
        "AWS::CloudWatch::Alarm", {"AlarmName": f"{settings.service.name}-local-PutInvoiceErrors"}
    )
    template.has_resource_properties(
        "AWS::CloudWatch::Alarm", {"AlarmName": f"{settings.service.name}-local-InvoicesTableThrottles"}
    )


def test_an_environment_in_service_toml_is_one_that_can_be_synthesised(
    settings: Settings,
) -> None:
    tables = {name: table.model_dump() for name, table in settings.environments.items() if name != LOCAL}
    more = Settings.model_validate(
        {"service": settings.service.model_dump(), "environments": {**tables, "sandbox": {"waf": True}}}
    )
    template = template_of(more, "sandbox")
    template.has_resource_properties("AWS::ApiGateway::Stage", {"StageName": "sandbox"})
    template.resource_count_is("AWS::WAFv2::WebACLAssociation", 1)


@pytest.mark.parametrize(
    ("route", "sentence"),
    [
        ({"method": "get"}, "'get' is no method; choose one of DELETE, GET"),
        ({"path": "api/x"}, "the path 'api/x' must start with a slash"),
        ({"path": "/api/x/"}, "the path '/api/x/' must start with a slash and not end with one"),
        ({"reads": {INVOICES: ["PutItem"]}}, "reads can't hold PutItem, only BatchGetItem"),
        ({"writes": {INVOICES: ["*"]}}, r"writes can't hold \*, only"),
    ],
)
def test_a_route_that_cannot_work_is_explained(route: dict[str, object], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        Route(**{"method": "GET", "path": "/api/x", "handler": "x", **route})  # type: ignore[arg-type]


def test_an_index_that_is_not_there_is_explained() -> None:
    with pytest.raises(ValueError, match="Table Invoices has no index 'by_week'"):
        INVOICES.index("by_week")
