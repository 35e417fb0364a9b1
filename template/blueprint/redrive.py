"""`make dead-letters` and `make redrive`: python -m infra.app redrive [--send]. What failed for good, and once more.

It needs the rights to receive, send and delete in the queues, to invoke the functions and to read the streams.
"""

import argparse
import base64
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from blueprint.constructs.event_sources import DEAD_LETTERS_OUTPUT, QUEUE_OUTPUT, SCHEDULE
from blueprint.declare import Declarations
from blueprint.settings import ALIAS, SettingsError
from blueprint.testing.environment import environment, outputs, reach

_HIDDEN_SECONDS = 60
"""How long what is looked at is hidden from others who look."""
_SHOWN = 500
"""Characters of a dead letter that are shown."""


class _RedriveError(Exception):
    """A dead letter can't be sent back; the message says why."""


def _received(url: str) -> Iterator[dict[str, Any]]:
    """The messages in the queue, each once."""
    sqs, seen = boto3.client("sqs"), set[str]()
    while messages := sqs.receive_message(
        QueueUrl=url,
        MaxNumberOfMessages=10,
        VisibilityTimeout=_HIDDEN_SECONDS,
        MessageAttributeNames=["All"],
        MessageSystemAttributeNames=["SentTimestamp"],
    ).get("Messages"):
        for message in messages:
            if message["MessageId"] not in seen:
                seen.add(message["MessageId"])
                yield dict(message)


def _show(name: str, url: str) -> bool:
    sqs, found = boto3.client("sqs"), list(_received(url))
    print(f"{name}: {len(found)}")
    for message in found:
        print(f"  {message['MessageId']}  {message['Body'][:_SHOWN]}")
        sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0)
    return True


def _send_back(name: str, url: str, found: Mapping[str, str]) -> bool:
    """Sends the dead letters of the queue back to where they came from, and then deletes each.

    False when one can't be sent back: it stays.
    """
    sqs, count, is_done = boto3.client("sqs"), 0, True
    for message in _received(url):
        try:
            if source := found.get(f"{name}{QUEUE_OUTPUT}"):
                attributes = message.get("MessageAttributes", {})
                sqs.send_message(QueueUrl=source, MessageBody=message["Body"], MessageAttributes=attributes)
            else:
                _invoke(json.loads(message["Body"]), found.get(f"{name.removesuffix(SCHEDULE)}FunctionName", ""))
        except _RedriveError as error:
            print(f"  {message['MessageId']}  {error}")
            is_done = False
            continue
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        count += 1
    print(f"{name}: {count} sent back")
    return is_done


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
        raise _RedriveError(f"{function} has failed again; its log says why. This dead letter stays.")


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
    except ClientError as error:
        if error.response["Error"]["Code"] not in {"TrimmedDataAccessException", "ResourceNotFoundException"}:
            raise
        records = []
    if not records:
        raise _RedriveError("The changes are more than a day old, so DynamoDB has them no more; see the runbook.")
    return list(records)


def _as_lambda_does(value: Any) -> Any:
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value.timestamp()


def main(_: Declarations, arguments: Sequence[str]) -> None:
    """Shows the dead letters of ENVIRONMENT, or sends them back; ends the process with a sentence when that fails."""
    parser = argparse.ArgumentParser(prog="python -m infra.app redrive", description="The dead letters of ENVIRONMENT.")
    parser.add_argument("--send", action="store_true", help="send them back to where they came from")
    send = parser.parse_args(arguments).send
    try:
        reach()
        found = outputs()
        end = DEAD_LETTERS_OUTPUT
        queues = {key.removesuffix(end): url for key, url in found.items() if key.endswith(end)}
        if not queues:
            print(f"There are no dead-letter queues in {environment().name}.")
        done = [_send_back(name, url, found) if send else _show(name, url) for name, url in queues.items()]
        if not all(done):
            sys.exit("error: What is listed above could not be sent back.")
    except (SettingsError, RuntimeError, BotoCoreError, ClientError) as error:
        sys.exit(f"error: {error}")
