"""Runs in a sandbox, as a program of its own: imports a module, sends requests to it and prints what that took.

python probe.py MODULE < requests.json        a list of events; the first one's answer is measured by itself
"""

import importlib
import json
import re
import sys
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any


class _Context:
    function_name = "function"
    memory_limit_in_mb = 1024
    invoked_function_arn = "arn:aws:lambda:us-east-1:000000000000:function:function:live"
    aws_request_id = "00000000-0000-0000-0000-000000000000"

    def get_remaining_time_in_millis(self) -> int:
        return 15_000


class _Boto3:
    """The floor: a function that makes one call with a client, and nothing else."""

    def __init__(self) -> None:
        boto3 = importlib.import_module("boto3")
        self._client = boto3.client("dynamodb")

    def lambda_handler(self, _: dict[str, Any], __: _Context) -> dict[str, Any]:
        self._client.put_item(TableName="Orders", Item={"id": {"S": "id"}})
        return {"statusCode": 200}


def main(module: str) -> None:
    events = json.load(sys.stdin)
    start = perf_counter(), process_time()
    handler = (_Boto3() if module == "boto3" else importlib.import_module(module)).lambda_handler
    ready = perf_counter() - start[0], process_time() - start[1]
    memory_ready = _memory()
    took = []
    for event in events:
        start = perf_counter(), process_time()
        answer = handler(event, _Context())
        took.append((perf_counter() - start[0], process_time() - start[1]))
        assert answer["statusCode"] < 300, answer  # noqa: PLR2004
    result = {"ready_ms": ready[0], "ready_cpu_ms": ready[1]}
    if took:
        result |= {"first_ms": took[0][0], "first_cpu_ms": took[0][1]}
    if took[1:]:
        result |= {"warm_ms": median(t[0] for t in took[1:]), "warm_cpu_ms": median(t[1] for t in took[1:])}
    milliseconds = {name: seconds * 1000 for name, seconds in result.items()}
    print("\n" + json.dumps({**milliseconds, "ready_mb": memory_ready, "peak_mb": _memory()}))


def _memory() -> float | None:
    """The most memory that this process has had resident, in MB, where the operating system says it."""
    status = Path("/proc/self/status")
    found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text()) if status.exists() else None
    return int(found[1]) * 1024 / 1e6 if found else None


if __name__ == "__main__":
    main(sys.argv[1])
