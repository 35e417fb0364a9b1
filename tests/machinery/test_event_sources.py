"""What starts a function that serves no route: made as it is declared, with what a person would expect of it."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs
from aws_cdk.assertions import Template
from blueprint import settings as service_settings
from blueprint import synthesis
from blueprint.constructs.stack import ServiceStack
from blueprint.declare import Declarations, Function, Queue, Schedule, Stream
from blueprint.documents import permissions
from blueprint.synthesis import create_app
from blueprint.tests.infrastructure import test_runbook
from blueprint.tests.synthesis import template_of
from cfnlint.config import ConfigMixIn
from cfnlint.runner import Runner
from infra.app import DECLARATIONS
from infra.tables import ORDERS

SETTINGS = service_settings.load()
*_, PRODUCTION = SETTINGS.environments
STACK = SETTINGS.stack_name(SETTINGS.environment(PRODUCTION))
EVENTS = {"detail-type": [{"prefix": "Order"}]}
FUNCTIONS = (
    Function("publish", Stream(ORDERS, retries=3, max_age=600, batch_size=7, window=2), publishes=True),
    Function("pack", Queue("Parcels", events=EVENTS, max_receives=4, concurrency=5), timeout=20, memory=512),
    Function("import_them", Queue("Imports", events=EVENTS, bus="shop-{environment}", batch_size=100, window=3)),
    Function("report", Schedule("cron(0 3 * * ? *)", timezone="Europe/Berlin", retries=1), timeout=300),
    Function("resize"),
)


def declared(*functions: Function, resources: Callable[[ServiceStack], None] = lambda _: None) -> Declarations:
    return replace(DECLARATIONS, functions=(*DECLARATIONS.functions, *functions), resources=resources)


@pytest.fixture(scope="module")
def template() -> Template:
    return template_of(SETTINGS, PRODUCTION, declarations=declared(*FUNCTIONS))


def properties(template: Template, kind: str, name: str) -> dict[str, Any]:
    """The properties of the one resource of that kind whose logical id starts with the name."""
    found = [each for key, each in template.find_resources(kind).items() if key.startswith(name)]
    assert len(found) == 1, (kind, name, len(found))
    result: dict[str, Any] = found[0]["Properties"]
    return result


def mapping(template: Template, name: str) -> dict[str, Any]:
    """The event source mapping of the function's alias."""
    found = [
        each["Properties"]
        for each in template.find_resources("AWS::Lambda::EventSourceMapping").values()
        if f'"{name}' in json.dumps(each["Properties"]["FunctionName"])
    ]
    assert len(found) == 1
    properties: dict[str, Any] = found[0]
    return properties


def allowed(template: Template, role: str) -> dict[str, str]:
    """The actions of the policies of the function's role, each with where it may be done."""
    actions: dict[str, str] = {}
    for policy in template.find_resources("AWS::IAM::Policy").values():
        if any(each.get("Ref", "").startswith(role) for each in policy["Properties"]["Roles"]):
            for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
                listed = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
                actions |= {action: json.dumps(statement["Resource"]) for action in listed}
    return actions


def test_a_queue_fits_its_function_and_has_dead_letters(template: Template) -> None:
    queue, dead_letters = (properties(template, "AWS::SQS::Queue", name) for name in ("ParcelsQ", "ParcelsD"))
    assert queue["VisibilityTimeout"] == 120
    assert queue["RedrivePolicy"]["maxReceiveCount"] == 4
    assert dead_letters["MessageRetentionPeriod"] == 14 * 24 * 60 * 60
    source = mapping(template, "PackLive")
    assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert source["BatchSize"] == 10
    assert source["ScalingConfig"] == {"MaximumConcurrency": 5}
    longer = mapping(template, "ImportThemLive")
    assert (longer["BatchSize"], longer["MaximumBatchingWindowInSeconds"]) == (100, 3)
    function = properties(template, "AWS::Lambda::Function", "PackFunction")
    assert (function["Timeout"], function["MemorySize"]) == (20, 512)


def test_events_come_from_the_own_bus_or_from_another_one_s(template: Template) -> None:
    own, other = (properties(template, "AWS::Events::Rule", name) for name in ("ParcelsEvents", "ImportsEvents"))
    assert own["EventPattern"] == other["EventPattern"] == EVENTS
    assert own["EventBusName"]["Ref"].startswith("Events")
    assert other["EventBusName"] == f"shop-{PRODUCTION}"
    for rule, name in ((own, "Parcels"), (other, "Imports")):
        (target,) = rule["Targets"]
        assert target["Arn"]["Fn::GetAtt"][0].startswith(f"{name}Queue")
        assert target["DeadLetterConfig"]["Arn"]["Fn::GetAtt"][0].startswith(f"{name}DeadLetters")
    assert properties(template, "AWS::Events::EventBus", "Events")["Name"] == STACK


def test_a_stream_is_tried_again_and_gives_up(template: Template) -> None:
    source = mapping(template, "PublishLive")
    assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert source["BisectBatchOnFunctionError"] is True
    assert (source["MaximumRetryAttempts"], source["MaximumRecordAgeInSeconds"]) == (3, 600)
    assert (source["BatchSize"], source["MaximumBatchingWindowInSeconds"]) == (7, 2)
    assert source["StartingPosition"] == "TRIM_HORIZON"
    assert "DeadLetters" in json.dumps(source["DestinationConfig"]["OnFailure"])
    streams = {
        name: table["Properties"].get("StreamSpecification")
        for name, table in template.find_resources("AWS::DynamoDB::Table").items()
    }
    assert [name for name, stream in streams.items() if stream] == [
        name for name in streams if name.startswith("DatabaseOrders")
    ]


def test_a_schedule_says_which_run_it_is_and_gives_up(template: Template) -> None:
    schedule = properties(template, "AWS::Scheduler::Schedule", "ReportSchedule1")
    assert schedule["ScheduleExpression"] == "cron(0 3 * * ? *)"
    assert schedule["ScheduleExpressionTimezone"] == "Europe/Berlin"
    target = schedule["Target"]
    assert json.loads(target["Input"]) == {
        "id": "<aws.scheduler.execution-id>",
        "time": "<aws.scheduler.scheduled-time>",
    }
    assert target["Arn"]["Ref"].startswith("ReportLive")
    assert target["RetryPolicy"] == {"MaximumEventAgeInSeconds": 3600, "MaximumRetryAttempts": 1}
    invoke = properties(template, "AWS::Lambda::EventInvokeConfig", "Report")
    assert (invoke["MaximumRetryAttempts"], invoke["MaximumEventAgeInSeconds"]) == (1, 3600)
    for destination in (target["DeadLetterConfig"]["Arn"], invoke["DestinationConfig"]["OnFailure"]["Destination"]):
        assert destination["Fn::GetAtt"][0].startswith("ReportScheduleDeadLetters")


def test_the_roles_may_do_what_their_sources_need_and_no_more(template: Template) -> None:
    """The local cloud starts functions without these grants, AWS doesn't."""
    consuming = {f"sqs:{action}" for action in ("ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility")}
    consuming |= {"sqs:GetQueueUrl", "sqs:GetQueueAttributes"}
    own = {"logs:CreateLogStream", "logs:PutLogEvents", "xray:PutTraceSegments", "xray:PutTelemetryRecords"}
    pack = allowed(template, "PackRole")
    assert set(pack) == own | consuming
    assert all("ParcelsQueue" in pack[action] for action in consuming)
    reading = {f"dynamodb:{action}" for action in ("DescribeStream", "GetRecords", "GetShardIterator", "ListStreams")}
    publish = allowed(template, "PublishRole")
    assert set(publish) == own | reading | {
        "events:PutEvents",
        "sqs:SendMessage",
        "sqs:GetQueueAttributes",
        "sqs:GetQueueUrl",
    }
    assert set(allowed(template, "ReportScheduleRole")) == {"lambda:InvokeFunction", "sqs:SendMessage"}
    assert set(allowed(template, "ResizeRole")) == own


def test_each_function_has_what_every_function_has(template: Template) -> None:
    # Alarms that fit what starts it, each with its section in the runbook
    alarms = {
        alarm["Properties"]["AlarmName"].removeprefix(f"{STACK}-"): alarm["Properties"]
        for alarm in template.find_resources("AWS::CloudWatch::Alarm").values()
        if "AlarmActions" in alarm["Properties"]
    }
    names = ("Publish", "Pack", "ImportThem", "Report", "Resize")
    expected = {f"{name}{kind}" for name in names for kind in ("Errors", "Latency", "Throttles")}
    expected |= {"ParcelsMessageAge", "ParcelsDeadLetters", "ImportsMessageAge", "ImportsDeadLetters"}
    expected |= {"OrdersStreamPublishIteratorAge", "OrdersStreamPublishDeadLetters"}
    expected |= {"ReportScheduleFailedSchedules", "ReportScheduleDeadLetters"}
    assert expected < set(alarms)
    assert [name for name in alarms if test_runbook.section_of(name) is None] == []
    # and each section of the blueprint's is some alarm's
    written = test_runbook.sections()
    only_by_a_setting = {"Silence"}
    assert written - only_by_a_setting == {test_runbook.section_of(name) for name in alarms}
    assert alarms["OrdersStreamPublishIteratorAge"]["MetricName"] == "IteratorAge"
    assert alarms["ParcelsMessageAge"]["Dimensions"][0]["Value"]["Fn::GetAtt"][0].startswith("ParcelsQueue")
    # a canary
    groups = template.find_resources("AWS::CodeDeploy::DeploymentGroup")
    for name in names:
        (group,) = [each for key, each in groups.items() if key.startswith(f"Delivery{name}")]
        watched = json.dumps(group["Properties"]["AlarmConfiguration"]["Alarms"])
        assert f"Delivery{name}Crashes" in watched
        assert f"Delivery{name}Answers" in watched
        answers = properties(template, "AWS::CloudWatch::Alarm", f"Delivery{name}Answers")["Metrics"]
        (counted,) = [each["MetricStat"]["Metric"] for each in answers if each["Id"] == "errors"]
        assert counted["MetricName"] == "ServerErrors"
        assert {each["Name"] for each in counted["Dimensions"]} == {"function", "version", "service"}
    # a log, a place on the dashboard
    for name in names:
        properties(template, "AWS::Logs::LogGroup", f"{name}Logs")
    low = json.dumps(template.find_resources("AWS::CloudWatch::Dashboard"))
    for name in ("publish", "pack", "import_them", "report", "resize", *expected):
        assert name in low, name


def test_its_permissions_are_in_the_document() -> None:
    def add(stack: ServiceStack) -> None:
        queue = sqs.Queue(stack, "Work", enforce_ssl=True)
        queue.grant_send_messages(stack.functions["resize"])
        queue.grant_purge(stack.add_function(Function("sweep")).function)

    template = template_of(SETTINGS, PRODUCTION, declarations=declared(*FUNCTIONS, resources=add))
    resources = template.to_json()["Resources"]
    rows = permissions.document(PRODUCTION, resources).splitlines()
    for who, action in (
        ("resize", "sqs:SendMessage"),
        ("sweep", "sqs:PurgeQueue"),
        ("pack", "sqs:ReceiveMessage"),
        ("publish", "events:PutEvents"),
        ("IAM::Role ReportScheduleRole", "lambda:InvokeFunction"),
    ):
        assert [row for row in rows if row.startswith(f"| {who} |") and f"`{action}`" in row], (who, action)
    alarms = [
        each["Properties"]["AlarmName"] for each in resources.values() if each["Type"] == "AWS::CloudWatch::Alarm"
    ]
    assert f"{STACK}-SweepErrors" in alarms


def test_the_pipelines_tests_read_the_logs_of_added_functions_too() -> None:
    def add_sweep(stack: ServiceStack) -> None:
        stack.add_function(Function("sweep"))

    service = SETTINGS.service.model_copy(update={"repository": "acme/orders"})
    (first, *_) = (name for name in SETTINGS.environments if name not in {"local", PRODUCTION})
    found = template_of(
        SETTINGS.model_copy(update={"service": service}),
        first,
        declarations=declared(resources=add_sweep),
    )
    caller = allowed(found, "CallerRole")
    assert "SweepFunction" in caller["lambda:GetFunctionConfiguration"]
    assert "SweepLogs" in caller["logs:FilterLogEvents"]


def test_nothing_of_it_is_a_finding(tmp_path: Path) -> None:
    """Of cdk-nag, of CDK's validation, of cfn-lint."""
    create_app(declared(*FUNCTIONS), PRODUCTION, outdir=str(tmp_path)).synth()
    (file,) = tmp_path.glob("*.template.json")
    region = SETTINGS.environment(PRODUCTION).region
    assert list(Runner(ConfigMixIn(["--regions", region, "--template", str(file)])).run()) == []


def test_a_route_is_not_added_late() -> None:
    def add(stack: ServiceStack) -> None:
        stack.add_function(DECLARATIONS.functions[0])

    with pytest.raises(ValueError, match=r"a function with routes belongs in infra/functions\.py"):
        template_of(SETTINGS, PRODUCTION, declarations=declared(resources=add))


def test_what_the_cdk_refuses_says_which_function_it_is() -> None:
    with pytest.raises(ValueError, match=r"pack: .*[Bb]atch size"):
        template_of(SETTINGS, PRODUCTION, declarations=declared(Function("pack", Queue("Parcels", batch_size=11))))


def test_a_wildcard_that_the_cdk_grants_is_a_finding_with_its_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def add(stack: ServiceStack) -> None:
        s3.Bucket.from_bucket_name(stack, "Reports", "reports").grant_read(stack.functions["get_order"])

    with pytest.raises(RuntimeError, match="ValidationFailed"):
        create_app(declared(resources=add), PRODUCTION, outdir=str(tmp_path)).synth()
    assert "[Action::s3:GetObject*]" in (tmp_path / "validation-report.json").read_text()
    monkeypatch.setenv("ENVIRONMENT", PRODUCTION)
    with pytest.raises(SystemExit, match=r"For a wildcard that a grant of the CDK brings, name the actions instead"):
        synthesis.main(declared(resources=add), [])
