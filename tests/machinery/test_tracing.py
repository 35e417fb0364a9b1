"""What X-Ray gets of a request, received as its daemon does, and that it gets nothing of one that isn't sampled."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from blueprint.bench import functions
from infra.app import DECLARATIONS
from tests.samples import ANSWERS, request

SUBJECT = functions.subjects(DECLARATIONS, request)[1]
TABLE = "Orders"


@contextmanager
def daemon() -> Iterator[tuple[socket.socket, str]]:
    """X-Ray's daemon, as the SDK sees it, and its address."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(0.5)
        host, port = receiver.getsockname()
        yield receiver, f"{host}:{port}"


def received(receiver: socket.socket) -> list[dict[str, Any]]:
    """The subsegments that have come in, in the order in which they ended."""
    found: list[dict[str, Any]] = []
    while True:
        try:
            header, _, document = receiver.recv(65536).decode().partition("\n")
        except TimeoutError:
            return found
        assert json.loads(header)["format"] == "json"
        found.append(json.loads(document))


def subsegments(*, sampled: str, **variables: str) -> list[dict[str, Any]]:
    """Those of a start and one request."""
    program, module, _ = SUBJECT.probe
    with functions.probes(ANSWERS) as probes, daemon() as (receiver, address):
        probes.observe(
            SUBJECT,
            *(program, module, sampled),
            text=SUBJECT.requests(1),
            AWS_XRAY_DAEMON_ADDRESS=address,
            **variables,
        )
        return received(receiver)


def test_each_call_of_a_sampled_request_has_a_subsegment_within_its_own() -> None:
    found = subsegments(sampled="1")
    calls = [each for each in found if each.get("namespace") == "aws"]
    assert [(each["name"], each["aws"]["operation"]) for each in calls] == [
        ("dynamodb", "PutItem"),
        ("dynamodb", "PutItem"),
        ("dynamodb", "UpdateItem"),
    ]
    assert {each["aws"]["region"] for each in calls} == {"us-east-1"}
    assert {each["aws"]["table_name"] for each in calls} == {table.name for table in DECLARATIONS.tables}
    assert {each["http"]["response"]["status"] for each in calls} == {200}
    parents = {each["id"]: each["name"] for each in found}
    assert [parents[each["parent_id"]] for each in calls] == [
        "## lambda_handler",
        "## service.logic.orders.create_order",
        "## lambda_handler",
    ]


def test_they_hold_nothing_of_the_order() -> None:
    assert "Ada" not in json.dumps(subsegments(sampled="1"))


def test_a_request_that_is_not_sampled_sends_nothing() -> None:
    assert subsegments(sampled="0") == []


def test_a_call_without_an_answer_is_a_fault() -> None:
    """And ends: what comes after it isn't within it."""
    program = (
        "import os\n"
        "trace = 'Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1'\n"
        "os.environ['_X_AMZN_TRACE_ID'] = trace\n"
        "from blueprint.runtime import aws\n"
        "for _ in range(2):\n"
        "    try:\n        aws.appconfigdata().start_configuration_session(\n"
        "            ApplicationIdentifier='a', EnvironmentIdentifier='e', ConfigurationProfileIdentifier='p')\n"
        "    except Exception as error:\n        print(type(error).__name__)\n"
    )
    with daemon() as (receiver, address):
        printed = SUBJECT.sandbox.run(
            "-c", program, AWS_XRAY_DAEMON_ADDRESS=address, AWS_ENDPOINT_URL="http://127.0.0.1:9"
        )
        found = received(receiver)
    assert printed.split() == ["EndpointConnectionError"] * 2
    assert [each["fault"] for each in found] == [True, True]
    assert len({each["parent_id"] for each in found}) == 1
    assert "EndpointConnectionError" in json.dumps(found)
