"""Runs in a sandbox, as a program of its own: imports a module, sends requests to it and prints what that took.

python probe.py MODULE [SAMPLED] < requests.json      a list of events; SAMPLED is 1 for requests that X-Ray samples

It imports as little as possible: what it imports, the function is not measured with.
"""

import importlib
import json
import os
import sys
from time import perf_counter, process_time

_TRACE = "Root=1-5759e988-{number:024x};Parent=53995c3f42cd8ad8;Sampled={sampled}"


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

    def lambda_handler(self, _: object, __: _Context) -> dict[str, int]:
        self._client.put_item(TableName="Orders", Item={"id": {"S": "id"}})
        return {"statusCode": 200}


def main(module: str, sampled: str = "0") -> None:
    events = json.load(sys.stdin)
    start = perf_counter(), process_time()
    handler = (_Boto3() if module == "boto3" else importlib.import_module(module)).lambda_handler
    ready = perf_counter() - start[0], process_time() - start[1]
    memory_ready = _memory()
    requests = []
    for number, event in enumerate(events):
        # As Lambda's runtime does for each request.
        os.environ["_X_AMZN_TRACE_ID"] = _TRACE.format(number=number, sampled=sampled)
        start = perf_counter(), process_time()
        answer = handler(event, _Context())
        requests.append((perf_counter() - start[0], process_time() - start[1]))
        assert answer["statusCode"] < 300, answer  # noqa: PLR2004
    print("\n" + json.dumps({"ready": ready, "requests": requests, "memory": [memory_ready, _memory()]}), flush=True)
    os._exit(0)  # without what Python does at its end, since a function's process has none


def _memory() -> float | None:
    """The most memory that this process has had resident, in MB, where the operating system says it."""
    try:
        with open("/proc/self/status") as status:  # noqa: PTH123 pathlib is not imported here
            return next(int(line.split()[1]) * 1024 / 1e6 for line in status if line.startswith("VmHWM"))
    except (OSError, StopIteration):
        return None


if __name__ == "__main__":
    main(*sys.argv[1:])
