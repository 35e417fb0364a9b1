"""`make dead-letters` and `make redrive`: what failed for good in ENVIRONMENT, shown, or sent back whence it came.

It takes the rights to describe the stack, to receive, send and delete in its queues, to invoke its functions and to
read its tables' streams.
"""

import base64
import json
import sys
from collections.abc import Iterator, Mapping
from typing import Any

import boto3

from blueprint.operations.target import OperationError, Target, run
from blueprint.settings import ALIAS, DEAD_LETTERS_OUTPUT, QUEUE_OUTPUT, SCHEDULE, Settings

_HIDDEN_SECONDS = 60  # how long what is looked at is hidden from others who look
_SHOWN = 500  # characters of a dead letter


def show(settings: Settings) -> Iterator[str]:
    """The messages in each dead-letter queue, which stay there."""
    target, sqs = Target.chosen(settings), boto3.client("sqs")
    queues = _queues(target)
    if not queues:
        yield f"There are no dead-letter queues in {target.environment.name}."
    for name, url in queues.items():
        found = list(_received(url))
        yield f"{name}: {len(found)}"
        for message in found:
            yield f"  {message['MessageId']}  {message['Body'][:_SHOWN]}"
            sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0)


def redrive(settings: Settings) -> Iterator[str]:
    """Sends each dead letter back, and then deletes it. Raises OperationError at the end where one had to stay."""
    target, sqs, stayed = Target.chosen(settings), boto3.client("sqs"), False
    queues = _queues(target)
    if not queues:
        yield f"There are no dead-letter queues in {target.environment.name}."
    for name, url in queues.items():
        count = 0
        for message in _received(url):
            try:
                if source := target.outputs.get(f"{name}{QUEUE_OUTPUT}"):
                    attributes = message.get("MessageAttributes", {})
                    sqs.send_message(QueueUrl=source, MessageBody=message["Body"], MessageAttributes=attributes)
                else:
                    function = target.outputs.get(f"{name.removesuffix(SCHEDULE)}FunctionName", "")
                    _invoke(json.loads(message["Body"]), function)
            except OperationError as error:
                yield f"  {message['MessageId']}  {error}"
                stayed = True
                continue
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            count += 1
        yield f"{name}: {count} sent back"
    if stayed:
        raise OperationError("What is listed above could not be sent back.")


def _queues(target: Target) -> dict[str, str]:
    """The addresses of the dead-letter queues, by the names of what they are for."""
    end = DEAD_LETTERS_OUTPUT
    return {key.removesuffix(end): url for key, url in target.outputs.items() if key.endswith(end)}


def _received(url: str) -> Iterator[dict[str, Any]]:
    """The messages in the queue, each once."""
    sqs, seen = boto3.client("sqs"), set[str]()
    while messages := sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=_HIDDEN_SECONDS, MessageAttributeNames=["All"]
    ).get("Messages"):
        for message in messages:
            if message["MessageId"] not in seen:
                seen.add(message["MessageId"])
                yield dict(message)


def _invoke(letter: Mapping[str, Any], function: str) -> None:
    """Calls the function with what failed: a run of a schedule, or the changes that a stream's pointer stands for.

    Lambda wraps either; a run that EventBridge Scheduler could not start comes as it is, for the function named.
    """
    if context := letter.get("requestContext"):
        function = context["functionArn"].split(":")[6]
    if "DDBStreamBatchInfo" in letter:
        event: Any = {"Records": _changes(letter["DDBStreamBatchInfo"])}
    else:
        event = letter.get("requestPayload", letter)
    payload = json.dumps(event, default=_as_lambda_does).encode()
    answer = boto3.client("lambda").invoke(FunctionName=function, Qualifier=ALIAS, Payload=payload)
    result = json.loads(answer["Payload"].read() or "null")
    if "FunctionError" in answer or (isinstance(result, dict) and result.get("batchItemFailures")):
        raise OperationError(f"{function} has failed again; its log says why. This dead letter stays.")


def _changes(pointer: Mapping[str, Any]) -> list[Any]:
    streams = boto3.client("dynamodbstreams")
    try:
        iterator = streams.get_shard_iterator(
            StreamArn=pointer["streamArn"],
            ShardId=pointer["shardId"],
            ShardIteratorType="AT_SEQUENCE_NUMBER",
            SequenceNumber=pointer["startSequenceNumber"],
        )["ShardIterator"]
        records = streams.get_records(ShardIterator=iterator, Limit=pointer["batchSize"])["Records"]
    except (streams.exceptions.TrimmedDataAccessException, streams.exceptions.ResourceNotFoundException):
        records = []
    if not records:
        raise OperationError("The changes are more than a day old, so DynamoDB has them no more; see the runbook.")
    return list(records)


def _as_lambda_does(value: Any) -> Any:
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value.timestamp()


if __name__ == "__main__":
    run(redrive if sys.argv[1:] == ["send"] else show)
