"""What a team adds in its own files takes effect, without an edit of a construct."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from aws_cdk.assertions import Match
from blueprint import settings as service_settings
from blueprint.declare import Declarations, Function, Http, Index, Queue, Schedule, Table
from blueprint.settings import LOCAL, Settings
from blueprint.tests.synthesis import template_of
from infra.app import DECLARATIONS

INVOICES = Table(name="Invoices", partition_key="id", indexes=(Index(name="by_day", partition_key="day"),))
PUT_INVOICE = Function(
    "put_invoice",
    Http("PUT", "/api/invoices/{invoice_id}"),
    reads={INVOICES.index("by_day"): ["Query"]},
    writes={INVOICES: ["PutItem"]},
)


@pytest.fixture
def settings() -> Settings:
    return service_settings.load()


def test_a_function_and_a_table_make_their_resources(settings: Settings) -> None:
    declarations = replace(
        DECLARATIONS,
        tables=(*DECLARATIONS.tables, INVOICES),
        functions=(*DECLARATIONS.functions, PUT_INVOICE),
    )
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


HTTP = Http("GET", "/api/x")


def of(*functions: Function) -> Declarations:
    return replace(DECLARATIONS, functions=functions)


@pytest.mark.parametrize(
    ("declare", "sentence"),
    [
        (lambda: Http("get", "/api/x"), "'get' is not an HTTP method; choose one of DELETE, GET"),
        (lambda: Http("GET", "api/x"), "The path 'api/x' must start with a slash"),
        (lambda: Http("GET", "/api/x/"), "The path '/api/x/' must start with a slash and not end with one"),
        (lambda: Queue("parcels"), "The queue's name is 'parcels', but must be in PascalCase"),
        (lambda: Queue("Parcels", events={}), "Parcels: say which events come in"),
        (lambda: Queue("Parcels", bus="shop"), "Parcels: say which events come in"),
        (lambda: Schedule("daily"), "'daily' is not a schedule; write rate"),
        (lambda: Function("GetX", HTTP), "GetX: the name must be that of a module"),
        (lambda: Function("x", HTTP, Queue("X")), "x: a function has triggers of one kind, not Http and Queue"),
        (lambda: Function("x", HTTP, timeout=29), "x: the timeout is 29, but must be 1 to 28 seconds"),
        (lambda: Function("x", Queue("X"), timeout=901), "x: the timeout is 901, but must be 1 to 900 seconds"),
        (lambda: Function("x", HTTP, reads={INVOICES: ["PutItem"]}), "x: reads can't hold PutItem, only BatchGetItem"),
        (lambda: Function("x", HTTP, writes={INVOICES: ["*"]}), r"x: writes can't hold \*, only"),
        (lambda: of(Function("x", HTTP), Function("y", HTTP)), "has the endpoint GET /api/x more than once"),
        (lambda: of(Function("x"), Function("x")), "has the function x more than once"),
    ],
)
def test_a_declaration_that_cannot_work_is_explained(declare: Callable[[], object], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        declare()


def test_a_missing_index_is_explained() -> None:
    with pytest.raises(ValueError, match="Table Invoices has no index 'by_week'"):
        INVOICES.index("by_week")
