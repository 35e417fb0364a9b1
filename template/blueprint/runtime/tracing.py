"""Subsegments in X-Ray for the calls of AWS services.

By botocore's events, where the X-Ray SDK would wrap botocore itself: that takes 0.7 M instructions of each POST, also
of one that X-Ray doesn't sample.
"""

import os
from traceback import extract_tb
from typing import Any

from blueprint.runtime.observability import tracer

_KEY = "tracing"
_recorder: Any = tracer.provider


def trace_calls(client: Any) -> None:
    """Gives each call of the client a subsegment of its own, whenever the request is sampled.

    It holds the service, the operation, the table, the request's id and the status, and nothing else of the call.
    """
    if tracer.disabled:
        return
    events = client.meta.events
    events.register("before-parameter-build", _note_table)
    events.register_last("before-call", _begin)
    events.register("after-call", _end)
    events.register("after-call-error", _end_without_answer)


def _note_table(*, params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    context[_KEY] = params.get("TableName")


def _begin(*, model: Any, context: dict[str, Any], **_: Any) -> None:
    table = context.pop(_KEY, None)
    if "Sampled=1" not in os.environ.get("_X_AMZN_TRACE_ID", ""):
        return
    subsegment = _recorder.begin_subsegment(name=model.service_model.endpoint_prefix, namespace="aws")
    aws = {"operation": model.name, "region": context["client_region"], "table_name": table}
    subsegment.set_aws({name: value for name, value in aws.items() if value})
    context[_KEY] = subsegment


def _end(*, parsed: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    if subsegment := context.pop(_KEY, None):
        answer = parsed["ResponseMetadata"]
        subsegment.aws["request_id"] = answer.get("RequestId")
        subsegment.put_http_meta("status", answer["HTTPStatusCode"])
        _recorder.end_subsegment()


def _end_without_answer(*, exception: Exception, context: dict[str, Any], **_: Any) -> None:
    if subsegment := context.pop(_KEY, None):
        subsegment.add_exception(exception, extract_tb(exception.__traceback__))
        _recorder.end_subsegment()
