"""`make carry-over`: what was written to a table after the moment of the restored one that was adopted in its place.

Only what the adopted table lacks is copied, and nothing there is overwritten, so it can be interrupted and repeated,
and run while the service takes orders. Run it once after adopting: what is deleted from then on would come back.
"""

import os
from collections.abc import Iterator

import boto3

from blueprint.operations import tables
from blueprint.operations.target import Clock, OperationError, Target, run
from blueprint.settings import Settings


def carry_over(settings: Settings) -> Iterator[str]:
    """Copies, and says how far it is. Raises OperationError when no table is adopted."""
    table, clock = os.environ.get("TABLE", ""), Clock()
    target = Target.chosen(settings)
    source = os.environ.get("FROM") or tables.of_stack(target, table)
    adopted = target.environment.adopted_table(table)
    if adopted is None:
        raise OperationError(
            f"service.toml adopts no table for {table} in {target.environment.name}; `make restore` says how."
        )
    client, key = boto3.client("dynamodb"), tables.key_of(adopted)
    read = copied = 0
    for pairs in tables.beside(source, adopted, key):
        for item in (item for item, other in pairs if other is None):
            try:
                client.put_item(
                    TableName=adopted,
                    Item=item,
                    ConditionExpression="attribute_not_exists(#key)",
                    ExpressionAttributeNames={"#key": key[0]},
                )
                copied += 1
            except client.exceptions.ConditionalCheckFailedException:
                pass  # A client has just written it there.
        read += len(pairs)
        if clock.is_due():
            yield f"  read {read} items, copied {copied}, {clock} so far"
    yield f"{source} -> {adopted}: copied {copied} of {read} items, those that were written since"


if __name__ == "__main__":
    run(carry_over)
