"""The edge of functions that a queue, a table's stream or a schedule starts: how records are read, handled and logged.

A record that fails is tried again and the others of its batch are not; what fails for good is a dead letter. Handlers
may get a record more than once. Those of queues and schedules are called once for each that succeeds, by Powertools'
idempotency utility: the function's grants must include GetItem, PutItem, UpdateItem and DeleteItem on the idempotency
table. Only a process that dies on the way has its record handled again, so each handler must bear that.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import DynamoDBRecord
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel

from blueprint.runtime import aws, start
from blueprint.runtime.environment_variables import EnvironmentVariables
from blueprint.runtime.observability import causes, count_server_error, logger, metrics, tracer

DONE_FOR_SECONDS = 14 * 24 * 60 * 60
"""How long what was handled is remembered: as long as SQS keeps a message at most."""

EventHandler = Callable[[dict[str, Any], LambdaContext], Any]
Message = TypeVar("Message", bound=BaseModel)


@dataclass(frozen=True)
class Change:
    """A change of an item: `old` is None when it is new, `new` when it was deleted. The id is the same for each try."""

    id: str
    old: Mapping[str, Any] | None
    new: Mapping[str, Any] | None


@dataclass(frozen=True)
class Run:
    """A run of a schedule: the id is the same for each try, `time` the time (ISO 8601) that it was due."""

    id: str
    time: str


class _TableSettings(EnvironmentVariables):
    idempotency_table_name: str


def create_queue_handler(
    handle: Callable[[Message], None], *, message: type[Message], key: Callable[[Message], str]
) -> EventHandler:
    """The function that Lambda calls with messages of SQS, each the JSON of the model `message`.

    Of an event that EventBridge has put into the queue, the detail is the message. `key` tells a message from all
    others that are not its repetitions.
    """
    once = _Once(handle)

    def handle_record(record: SQSRecord) -> None:
        content = json.loads(record.body)
        if "detail-type" in content:
            content = content["detail"]
        parsed = message.model_validate(content)
        once(key(parsed), parsed)

    return _batches(EventType.SQS, handle_record, once)


def create_stream_handler(handle: Callable[[Change], None]) -> EventHandler:
    """The function that Lambda calls with changes of a table's items."""

    def handle_record(record: DynamoDBRecord) -> None:
        images = record.dynamodb
        handle(
            Change(str(record.event_id), (images and images.old_image) or None, (images and images.new_image) or None)
        )

    return _batches(EventType.DynamoDBStreams, handle_record)


def create_schedule_handler(run: Callable[[Run], None]) -> EventHandler:
    """The function that Lambda calls for a schedule; what `run` raises has the run tried again."""
    once = _Once(run)

    def handle(event: dict[str, Any], context: LambdaContext) -> None:
        once.within(context)
        due = Run(event["id"], event["time"])
        try:
            once(due.id, due)
        except Exception as error:  # noqa: BLE001 (the run is tried again, whatever it was)
            logger.error("run failed", run=due.id, causes=causes(error))
            # Lambda would log the message, which may quote data.
            raise RuntimeError(type(error).__name__) from None
        logger.info("run ended", run=due.id)

    return _lambda_handler(handle)


class _Once:
    """Calls the handler unless that was done, with success, for the same key."""

    def __init__(self, handle: Callable[[Any], None]):
        self._config = IdempotencyConfig(event_key_jmespath="key", expires_after_seconds=DONE_FOR_SECONDS)
        self._call = idempotent_function(
            _call,
            data_keyword_argument="record",
            persistence_store=DynamoDBPersistenceLayer(
                table_name=_TableSettings.from_environment().idempotency_table_name, boto3_client=aws.dynamodb()
            ),
            config=self._config,
            key_prefix=f"{handle.__module__}.{handle.__qualname__}",
        )
        self._handle = handle

    def within(self, context: LambdaContext) -> None:
        """Has what a crashed invocation was at handled again as soon as that would have ended."""
        self._config.register_lambda_context(context)

    def __call__(self, key: str, content: Any) -> None:
        self._call(record={"key": key}, handle=self._handle, content=content)


def _call(*, record: dict[str, str], handle: Callable[[Any], None], content: Any) -> None:  # noqa: ARG001
    handle(content)


def _batches(kind: EventType, handle: Callable[[Any], None], once: _Once | None = None) -> EventHandler:
    processor = BatchProcessor(event_type=kind)

    def handle_batch(event: dict[str, Any], context: LambdaContext) -> Any:
        if once:
            once.within(context)
        failures: list[dict[str, Any]] = []

        def handle_record(record: Any) -> None:
            try:
                handle(record)
            except Exception as error:  # noqa: BLE001 (the record is tried again, whatever it was)
                failures.append({"record": _id(record), "causes": causes(error)})
                # Powertools quotes the messages of errors when a whole batch fails.
                raise RuntimeError(type(error).__name__) from None

        try:
            return process_partial_response(event, handle_record, processor, context)
        finally:
            log = logger.error if failures else logger.info
            log("batch handled", records=len(event["Records"]), failed=len(failures), failures=failures)
            if failures:
                count_server_error(context)

    return _lambda_handler(handle_batch)


def _lambda_handler(handle: EventHandler) -> EventHandler:
    @logger.inject_lambda_context(clear_state=True, log_event=False)
    @metrics.log_metrics
    @tracer.capture_lambda_handler(capture_response=False, capture_error=False)
    def lambda_handler(event: dict[str, Any], context: LambdaContext) -> Any:
        return handle(event, context)

    start.end()
    return lambda_handler


def _id(record: SQSRecord | DynamoDBRecord) -> str:
    return str(record.message_id if isinstance(record, SQSRecord) else record.event_id)
