"""`make restore`: a table as it was at a moment, beside the present one, guarded like it and compared with it.

Nothing serves from it, and nothing of the present table changes, until service.toml adopts it: so a drill is the
same command. DynamoDB restores on its side, from point-in-time recovery or else from a backup, whatever the size.
`make carry-over` copies into the adopted one what was written to the former one after that moment.
"""

import json
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import boto3

from blueprint.operations import tables
from blueprint.operations.target import PROGRESS_SECONDS, Clock, OperationError, Target, run
from blueprint.settings import ROOT, Settings

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_dynamodb.type_defs import PointInTimeRecoveryDescriptionTypeDef

SAMPLE = 100_000  # about how many items of each table are compared, unless ITEMS=all


def restore(settings: Settings) -> Iterator[str]:
    """Restores and compares, and says what it does. A run that was interrupted is continued by the same command."""
    clock = Clock()
    moment, table = _moment(os.environ.get("AT", "")), os.environ.get("TABLE", "")
    target = Target.chosen(settings)
    own = tables.of_stack(target, table)
    source = target.environment.adopted_table(table) or own
    restored = f"{target.stack_name}-{table}-{moment:%Y%m%d-%H%M%S}"
    client = boto3.client("dynamodb")
    if not tables.exists(restored):
        yield f"{restored}: from {_start(client, source, restored, moment)}"
    while client.describe_table(TableName=restored)["Table"]["TableStatus"] != "ACTIVE":
        yield f"  restoring, {clock} so far"
        time.sleep(PROGRESS_SECONDS)
    _guard(client, source, restored)
    yield f"{restored}: complete after {clock}, guarded like {source}"
    yield from _compare(source, restored, at_most=None if os.environ.get("ITEMS") == "all" else SAMPLE)
    found = client.describe_table(TableName=restored)["Table"]
    adopted = found.get("LatestStreamArn", restored) if found.get("StreamSpecification") else restored
    yield (
        "\nTo adopt it, in service.toml, under [adopted_tables]:\n"
        f'  {target.environment.name}.{table} = "{adopted}"\n'
        "and `make deploy AT_ONCE=restore`; then `make carry-over` brings what was written since. "
        f"To drop it instead: turn its deletion protection off and delete it. {source} is kept either way."
    )


def carry_over(settings: Settings) -> Iterator[str]:
    """Copies what the adopted table lacks, and says how far it is. Raises OperationError when no table is adopted.

    Nothing is overwritten, so it can be interrupted and repeated, and run while the service takes orders. It is run
    once after adopting: what is deleted from then on would come back.
    """
    table, clock = os.environ.get("TABLE", ""), Clock()
    target = Target.chosen(settings)
    source = os.environ.get("FROM") or tables.of_stack(target, table)
    adopted = target.environment.adopted_table(table)
    if adopted is None:
        raise OperationError(
            f"service.toml adopts no table for {table} in {target.environment.name}; `make restore` says how."
        )
    client, key = boto3.client("dynamodb"), tables.key_of(adopted)
    condition: Any = {"ConditionExpression": "attribute_not_exists(#key)", "ExpressionAttributeNames": {"#key": key[0]}}
    read = copied = 0
    for pairs in tables.beside(source, adopted, key):
        for item in (item for item, other in pairs if other is None):
            with suppress(client.exceptions.ConditionalCheckFailedException):  # a client has just written it there
                client.put_item(TableName=adopted, Item=item, **condition)
                copied += 1
        read += len(pairs)
        if clock.is_due():
            yield f"  read {read} items, copied {copied}, {clock} so far"
    yield f"{source} -> {adopted}: copied {copied} of {read} items, those that were written since"


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo:
            return moment.astimezone(UTC)
    except ValueError:
        pass
    raise OperationError(f"AT is {text!r}; give a moment with its time zone, such as 2026-11-24T08:00:00Z.")


def _recovery(client: "DynamoDBClient", table: str) -> "PointInTimeRecoveryDescriptionTypeDef":
    found = client.describe_continuous_backups(TableName=table)["ContinuousBackupsDescription"]
    return found.get("PointInTimeRecoveryDescription", {})


def _start(client: "DynamoDBClient", source: str, restored: str, moment: datetime) -> str:
    """Starts the restore and returns what it is from. Raises OperationError when the moment can't be restored."""
    recovery = _recovery(client, source)
    first, last = recovery.get("EarliestRestorableDateTime"), recovery.get("LatestRestorableDateTime")
    if first and last and first <= moment <= last:
        client.restore_table_to_point_in_time(SourceTableName=source, TargetTableName=restored, RestoreDateTime=moment)
        return f"{source} at {moment:%Y-%m-%d %H:%M:%S} UTC"
    backups = [
        backup
        for page in client.get_paginator("list_backups").paginate(TableName=source)
        for backup in page["BackupSummaries"]
        if backup["BackupStatus"] == "AVAILABLE" and backup["BackupCreationDateTime"] <= moment
    ]
    newest = max(backups, key=lambda backup: backup["BackupCreationDateTime"], default=None)
    if newest is None:
        window = f"from {first:%Y-%m-%d %H:%M:%S} to {last:%H:%M:%S} UTC" if first and last else "off"
        raise OperationError(
            f"{source} can't be restored to that moment: point-in-time recovery is {window}, and no backup is as old."
        )
    client.restore_table_from_backup(TargetTableName=restored, BackupArn=newest["BackupArn"])
    return (
        f"the backup {newest['BackupName']} of {newest['BackupCreationDateTime'].astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    )


def _guard(client: "DynamoDBClient", source: str, restored: str) -> None:
    """Gives the restored table what a restore leaves out: recovery, time to live, deletion protection, tags, stream."""
    old, new = (client.describe_table(TableName=name)["Table"] for name in (source, restored))
    recovery = _recovery(client, source)
    if recovery.get("PointInTimeRecoveryStatus") == "ENABLED":
        client.update_continuous_backups(
            TableName=restored,
            PointInTimeRecoverySpecification={
                "PointInTimeRecoveryEnabled": True,
                "RecoveryPeriodInDays": recovery.get("RecoveryPeriodInDays", 35),
            },
        )
    attribute, there = (
        client.describe_time_to_live(TableName=name)["TimeToLiveDescription"].get("AttributeName")
        for name in (source, restored)
    )
    if attribute and not there:
        client.update_time_to_live(
            TableName=restored, TimeToLiveSpecification={"Enabled": True, "AttributeName": attribute}
        )
    tags = client.list_tags_of_resource(ResourceArn=old["TableArn"])["Tags"]
    if own_tags := [tag for tag in tags if not tag["Key"].startswith("aws:")]:
        client.tag_resource(ResourceArn=new["TableArn"], Tags=own_tags)
    if old.get("StreamSpecification") and not new.get("StreamSpecification"):
        client.update_table(TableName=restored, StreamSpecification=old["StreamSpecification"])
        client.get_waiter("table_exists").wait(TableName=restored)
    if old.get("DeletionProtectionEnabled") and not new.get("DeletionProtectionEnabled"):
        client.update_table(TableName=restored, DeletionProtectionEnabled=True)


def _compare(present: str, restored: str, *, at_most: int | None) -> Iterator[str]:
    """Counts in which way the tables differ, and writes the keys of what differs to a file."""
    key, clock, counts = tables.key_of(present), Clock(), Counter[str]()
    report = ROOT / "build" / "restore" / f"{restored}.jsonl"
    report.parent.mkdir(parents=True, exist_ok=True)
    with report.open("w") as file:
        for kind, item in _differences(present, restored, key, at_most):
            counts[kind] += 1
            if kind != "the same":
                file.write(json.dumps({"difference": kind, "key": {name: item[name] for name in key}}) + "\n")
            if clock.is_due():
                yield f"  compared {counts.total()} items, {clock} so far"
    yield "Compared" + (f" about {at_most} items of each" if at_most and counts.total() >= at_most else "") + ":"
    for kind in ("the same", "changed since", "deleted since", "written since"):
        yield f"  {counts[kind]:>8} {kind}"
    yield f"Their keys: {report.relative_to(ROOT)}"


def _differences(
    present: str, restored: str, key: Sequence[str], at_most: int | None
) -> Iterator[tuple[str, tables.Item]]:
    for pairs in tables.beside(restored, present, key, at_most=at_most):
        for item, other in pairs:
            yield "deleted since" if other is None else "the same" if other == item else "changed since", item
    for pairs in tables.beside(present, restored, key, at_most=at_most):
        yield from (("written since", item) for item, other in pairs if other is None)


if __name__ == "__main__":
    run(carry_over if sys.argv[1:] == ["carry-over"] else restore)
