"""What starts the functions that serve no route: queues, streams of tables, schedules, each with its dead letters."""

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_destinations as destinations
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_sqs as sqs

from blueprint.constructs.database import Database
from blueprint.constructs.findings import acknowledge, acknowledge_wildcard
from blueprint.constructs.functions import ServiceFunction
from blueprint.declare import Queue, Schedule, Stream
from blueprint.settings import DEAD_LETTERS_OUTPUT, QUEUE_OUTPUT, SCHEDULE, Environment
from blueprint.settings import Alarms as Thresholds

Watch = tuple[str, str, cloudwatch.Metric, float]
"""An alarm to be: its name and description, and the metric that must not be above the threshold."""

DEAD_LETTERS_KEPT = cdk.Duration.days(14)
_MINUTE = cdk.Duration.minutes(1)


class EventSources:
    """Connects the functions to what starts them; `watches` says what the alarms have to look at."""

    def __init__(self, stack: cdk.Stack, *, environment: Environment, database: Database, thresholds: Thresholds):
        self._stack, self._environment, self._database = stack, environment, database
        self._thresholds = thresholds
        self.watches: list[Watch] = []

    def _publish(self, function: ServiceFunction) -> None:
        bus = self._own_bus()
        function.function.add_environment("EVENT_BUS_NAME", bus.event_bus_name)
        function.allow(iam.PolicyStatement(actions=["events:PutEvents"], resources=[bus.event_bus_arn]))

    def connect(self, function: ServiceFunction) -> None:
        """Makes what starts the function and what it publishes on, as it declares."""
        declared = function.declared
        if declared.publishes:
            self._publish(function)
        for queue in declared.started_by(Queue):
            self._queue(function, queue)
        for stream in declared.started_by(Stream):
            self._stream(function, stream)
        if schedules := declared.started_by(Schedule):
            self._schedules(function, schedules)

    def _queue(self, function: ServiceFunction, declared: Queue) -> None:
        dead_letters = self._dead_letters(function, declared.name)
        queue = sqs.Queue(
            self._stack,
            f"{declared.name}Queue",
            enforce_ssl=True,
            # Six times the function's time, so that its retries fit: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
            visibility_timeout=cdk.Duration.seconds(6 * function.declared.timeout + declared.window),
            dead_letter_queue=sqs.DeadLetterQueue(queue=dead_letters, max_receive_count=declared.max_receives),
        )
        function.alias.add_event_source(
            sources.SqsEventSource(
                queue,
                batch_size=declared.batch_size,
                max_batching_window=cdk.Duration.seconds(declared.window) if declared.window else None,
                max_concurrency=declared.concurrency,
                report_batch_item_failures=True,
            )
        )
        if declared.events:
            self._rule(declared, queue, dead_letters)
        cdk.CfnOutput(self._stack, f"{declared.name}{QUEUE_OUTPUT}", value=queue.queue_url)
        self.watches.append(
            (
                f"{declared.name}MessageAge",
                f"Messages wait in the queue {declared.name} for longer than they should (seconds).",
                queue.metric_approximate_age_of_oldest_message(statistic="Maximum", period=_MINUTE),
                self._thresholds.message_age_seconds,
            )
        )

    def _rule(self, declared: Queue, queue: sqs.Queue, dead_letters: sqs.Queue) -> None:
        bus: events.IEventBus = self._own_bus()
        if declared.bus:
            name = declared.bus.format(environment=self._environment.name)
            bus = events.EventBus.from_event_bus_name(self._stack, f"{declared.name}Bus", name)
        rule = events.Rule(
            self._stack,
            f"{declared.name}Events",
            event_bus=bus,
            event_pattern=events.EventPattern(version=["0"]),
            targets=[targets.SqsQueue(queue, dead_letter_queue=dead_letters)],
        )
        resource = rule.node.default_child
        assert isinstance(resource, events.CfnRule)
        # As it is declared: the construct's own type of a pattern has no place for every kind of filter.
        resource.event_pattern = dict(declared.events or {})

    def _stream(self, function: ServiceFunction, declared: Stream) -> None:
        name = f"{declared.table.name}Stream{function.node.id}"
        table = self._database.tables[declared.table]
        if not table.table_stream_arn:
            raise ValueError(
                f"{function.declared.name}: declare it in infra/functions.py, so that its table has a stream."
            )
        dead_letters = self._dead_letters(function, name)
        acknowledge(dead_letters, "SQS3", "It is the dead-letter queue of a stream, and nothing consumes from it.")
        reading = ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"]
        function.allow(iam.PolicyStatement(actions=reading, resources=[table.table_stream_arn]))
        streams = f"{table.table_arn}/stream/*"
        listing = iam.Policy(
            function,
            f"List{declared.table.name}Streams",
            statements=[iam.PolicyStatement(actions=["dynamodb:ListStreams"], resources=[streams])],
        )
        listing.attach_to_role(function.role)
        acknowledge_wildcard(listing, streams, "These are the table's own streams, each named after when it was made.")
        mapping = lambda_.EventSourceMapping(
            function,
            f"{declared.table.name}Stream",
            target=function.alias,
            event_source_arn=table.table_stream_arn,
            # From the oldest change on, so that none is lost between the table's first one and this deployment.
            starting_position=lambda_.StartingPosition.TRIM_HORIZON,
            batch_size=declared.batch_size,
            max_batching_window=cdk.Duration.seconds(declared.window),
            bisect_batch_on_error=True,
            report_batch_item_failures=True,
            retry_attempts=declared.retries,
            max_record_age=cdk.Duration.seconds(declared.max_age),
            on_failure=sources.SqsDlq(dead_letters),
        )
        mapping.node.add_dependency(listing)
        self.watches.append(
            (
                f"{name}IteratorAge",
                f"The changes of {name} are handled late (milliseconds).",
                function.alias.metric("IteratorAge", statistic="Maximum", period=_MINUTE),
                self._thresholds.iterator_age_ms,
            )
        )

    def _schedules(self, function: ServiceFunction, schedules: list[Schedule]) -> None:
        name = f"{function.node.id}{SCHEDULE}"
        dead_letters = self._dead_letters(function, name)
        acknowledge(dead_letters, "SQS3", "It is the dead-letter queue of a schedule, and nothing consumes from it.")
        group = scheduler.ScheduleGroup(self._stack, f"{name}Group", removal_policy=cdk.RemovalPolicy.DESTROY)
        role = iam.Role(
            self._stack,
            f"{name}Role",
            assumed_by=iam.ServicePrincipal(
                "scheduler.amazonaws.com",
                conditions={
                    "StringEquals": {
                        "aws:SourceAccount": self._stack.account,
                        "aws:SourceArn": group.schedule_group_arn,
                    }
                },
            ),
        )
        policy = iam.Policy(
            self._stack,
            f"{name}Policy",
            roles=[role],
            statements=[
                iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=[function.alias.function_arn]),
                iam.PolicyStatement(actions=["sqs:SendMessage"], resources=[dead_letters.queue_arn]),
            ],
        )
        longest = cdk.Duration.seconds(max(schedule.max_age for schedule in schedules))
        function.alias.configure_async_invoke(
            on_failure=destinations.SqsDestination(dead_letters),
            retry_attempts=max(schedule.retries for schedule in schedules),
            max_event_age=longest,
        )
        for number, declared in enumerate(schedules, 1):
            made = scheduler.CfnSchedule(
                self._stack,
                f"{name}{number}",
                group_name=group.schedule_group_name,
                schedule_expression=declared.expression,
                schedule_expression_timezone=declared.timezone,
                flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF"),
                target=scheduler.CfnSchedule.TargetProperty(
                    arn=function.alias.function_arn,
                    role_arn=role.role_arn,
                    # Which run this is: the same for each try of it.
                    input='{"id": "<aws.scheduler.execution-id>", "time": "<aws.scheduler.scheduled-time>"}',
                    dead_letter_config=scheduler.CfnSchedule.DeadLetterConfigProperty(arn=dead_letters.queue_arn),
                    retry_policy=scheduler.CfnSchedule.RetryPolicyProperty(
                        maximum_event_age_in_seconds=declared.max_age, maximum_retry_attempts=declared.retries
                    ),
                ),
            )
            made.node.add_dependency(policy)
        failed = cloudwatch.Metric(
            namespace="AWS/Scheduler",
            metric_name="TargetErrorCount",
            dimensions_map={"ScheduleGroup": group.schedule_group_name},
            statistic="Sum",
            period=_MINUTE,
        )
        description = f"EventBridge Scheduler can't start what {name} is for."
        self.watches.append((f"{name}FailedSchedules", description, failed, self._thresholds.failed_schedules))

    def _dead_letters(self, function: ServiceFunction, name: str) -> sqs.Queue:
        queue = sqs.Queue(self._stack, f"{name}DeadLetters", enforce_ssl=True, retention_period=DEAD_LETTERS_KEPT)
        cdk.CfnOutput(
            self._stack,
            f"{name}{DEAD_LETTERS_OUTPUT}",
            value=queue.queue_url,
            description=function.declared.name,
        )
        visible = queue.metric_approximate_number_of_messages_visible(statistic="Maximum", period=_MINUTE)
        description = f"What {name} could not handle waits in its dead-letter queue."
        self.watches.append((f"{name}DeadLetters", description, visible, self._thresholds.dead_letters))
        return queue

    def _own_bus(self) -> events.EventBus:
        """The service's event bus, named after the stack, made for the first who asks for it."""
        found = self._stack.node.try_find_child("Events")
        if isinstance(found, events.EventBus):
            return found
        return events.EventBus(self._stack, "Events", event_bus_name=self._stack.stack_name)
