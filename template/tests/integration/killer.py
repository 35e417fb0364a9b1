"""The create function, whose process dies at the point that a request's key names.

The tests package it beside service/. A key `kill.WHEN.OPERATION.TABLE.HOW.…` kills the process before or after DynamoDB
does that operation on that table: at once, or by Lambda when the function's time is up (`hang`). A key `gamble.…` kills
it at any point, seldom.
"""

import json
import os
import random
import time
from typing import Any

from blueprint.runtime import aws
from service.handlers import create_order

PROBABILITY = 0.03

_point: list[str] = []
_calls: list[list[str]] = []


def _before(model: Any, params: dict[str, Any], **_: Any) -> None:
    _calls.append([model.name, json.loads(params["body"])["TableName"]])
    _die_at("before")


def _after(**_: Any) -> None:
    _die_at("after")


def _die_at(when: str) -> None:
    if _point == ["gamble"] and random.random() < PROBABILITY:  # noqa: S311
        os._exit(1)
    if _point[:3] == [when, *_calls[-1]]:
        if _point[3] == "hang":
            time.sleep(3600)
        os._exit(1)


aws.dynamodb().meta.events.register("before-call", _before)
aws.dynamodb().meta.events.register("after-call", _after)


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    key = next(value for name, value in event["headers"].items() if name.lower() == "idempotency-key")
    kind, *point, _ = key.split(".")
    _point[:] = point or [kind]
    if point:
        _point[2] = os.environ[_point[2]]
    return create_order.lambda_handler(event, context)
