"""What API Gateway, queues and streams send to a function, and what comes back."""

import importlib
import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from boto3.dynamodb.types import TypeSerializer

_serializer = TypeSerializer()

LambdaHandler = Callable[[dict[str, Any], Any], dict[str, Any]]

CALLER = "AIDAEXAMPLE"


@dataclass
class LambdaContext:
    """The context of an invocation with the time given left."""

    function_name: str = "function"
    function_version: str = "1"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:000000000000:function:function:live"
    aws_request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    remaining_milliseconds: int = 15_000

    def get_remaining_time_in_millis(self) -> int:
        return self.remaining_milliseconds


@dataclass(frozen=True)
class Answer:
    """A function's answer to API Gateway."""

    status: int
    headers: dict[str, str]
    body: str

    def json(self) -> Any:
        return json.loads(self.body)


def load(module: str) -> LambdaHandler:
    """The Lambda handler of a module of service/handlers/."""
    handler: LambdaHandler = importlib.import_module(module).lambda_handler
    return handler


def event(
    method: str,
    path: str,
    *,
    resource: str | None = None,
    path_parameters: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
    headers: Mapping[str, str | list[str]] | None = None,
    body: Any = None,
    caller: str | None = CALLER,
    claims: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """A proxy event of a REST API; a body that isn't a string is sent as JSON, a header may come several times.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
    """
    if body is not None and not isinstance(body, str):
        body = json.dumps(body)
    all_headers = {"Host": "api.example.com", "X-Forwarded-Proto": "https", **(headers or {})}
    if body is not None:
        all_headers.setdefault("Content-Type", "application/json")
    values = {name: value if isinstance(value, list) else [value] for name, value in all_headers.items()}
    return {
        "resource": resource or path,
        "path": path,
        "httpMethod": method,
        "headers": {name: several[-1] for name, several in values.items()},
        "multiValueHeaders": values,
        "queryStringParameters": dict(query) if query else None,
        "multiValueQueryStringParameters": {name: [value] for name, value in query.items()} if query else None,
        "pathParameters": dict(path_parameters) if path_parameters else None,
        "stageVariables": None,
        "requestContext": {
            "requestId": str(uuid.uuid4()),
            "stage": "test",
            "path": f"/test{path}",
            "httpMethod": method,
            "identity": {"user": caller, "sourceIp": "127.0.0.1"},
            **({"authorizer": {"claims": dict(claims)}} if claims else {}),
        },
        "body": body,
        "isBase64Encoded": False,
    }


def queue_event(*bodies: str | Mapping[str, Any]) -> dict[str, Any]:
    """A batch of messages of SQS with these bodies."""
    records = [
        {
            "messageId": str(uuid.uuid4()),
            "body": body if isinstance(body, str) else json.dumps(body),
            "attributes": {"ApproximateReceiveCount": "1"},
            "eventSource": "aws:sqs",
        }
        for body in bodies
    ]
    return {"Records": records}


def from_event_bus(detail_type: str, detail: str) -> dict[str, Any]:
    """An event as EventBridge puts it into a queue; the detail is JSON."""
    return {"version": "0", "id": str(uuid.uuid4()), "detail-type": detail_type, "detail": json.loads(detail)}


def stream_event(*changes: tuple[Mapping[str, Any] | None, Mapping[str, Any] | None]) -> dict[str, Any]:
    """A batch of changes of a table's items, each an old and a new image."""
    records = []
    for images in changes:
        named = {name: image for name, image in zip(("OldImage", "NewImage"), images, strict=True) if image is not None}
        serialized = {name: _serializer.serialize(image)["M"] for name, image in named.items()}
        records.append({"eventID": uuid.uuid4().hex, "dynamodb": {"SequenceNumber": uuid.uuid4().hex, **serialized}})
    return {"Records": records}


def invoke(handler: LambdaHandler, request: dict[str, Any], context: LambdaContext | None = None) -> Answer:
    """What the function answers; its answer must be one that API Gateway accepts."""
    result = handler(request, context or LambdaContext())
    assert isinstance(result["statusCode"], int)
    assert isinstance(result["body"], str), "API Gateway takes a string and nothing else"
    headers = {name: values[-1] for name, values in result.get("multiValueHeaders", {}).items()}
    return Answer(status=result["statusCode"], headers=headers, body=result["body"])
