"""Runs in a service that is deployed onto the local cloud: its latency while more callers call at once. Prints JSON.

python concurrency_probe.py CALLERS ...
"""

import json
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from statistics import median
from time import perf_counter

import requests

from tests.orders.api import OrdersApi
from blueprint.testing.client import authorization
from blueprint.testing.environment import reach
from blueprint.testing.localhost import resolve_localhost

REQUESTS = 25
"""That each caller sends, one after another."""


def measure(request: Callable[[], requests.Response], callers: int) -> dict[str, float]:
    """The median milliseconds of a request, and how many a second were served to all callers together."""

    def call(_: int) -> list[float]:
        took = []
        for _ in range(REQUESTS):
            start = perf_counter()
            answer = request()
            took.append(perf_counter() - start)
            assert answer.ok, answer.text
        return took

    with ThreadPoolExecutor(callers) as pool:
        list(pool.map(lambda _: request(), range(callers)))  # a process for each caller
        start = perf_counter()
        took = [each for one in pool.map(call, range(callers)) for each in one]
        seconds = perf_counter() - start
    return {"ms": median(took) * 1000, "per_second": len(took) / seconds}


if __name__ == "__main__":
    resolve_localhost()
    reach()
    counts = [int(count) for count in sys.argv[1:]]
    api = OrdersApi(authorization(), timeout=60, connections=max(counts))
    result: dict[str, dict[str, dict[str, float]]] = {}
    for count in counts:
        result.setdefault("a new order", {})[str(count)] = measure(api.create, count)
        result.setdefault("a page of all orders", {})[str(count)] = measure(lambda: api.list(limit=20), count)
        print(count, file=sys.stderr, flush=True)
    print(json.dumps(result))
