"""Exactly one order per key, and one answer, while two versions of the code take turns and die.

The local cloud keeps the weights of an alias but doesn't route by them, so the alias itself is switched at random.
"""

import random
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from threading import Event, Thread

from tests.integration.versions import Versions, versions
from tests.orders.api import OrdersApi

TIMEOUT_SECONDS = 3
KEYS, ANSWERS = 12, 4
PATIENCE_SECONDS = 180
KILLER = {"killer.py": Path(__file__).with_name("killer.py").read_bytes()}
RETRIED = {HTTPStatus.CONFLICT, HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT}


def newer(code: Versions) -> dict[str, bytes]:
    """The code with a field added to the request, and one to the order."""
    request, order = "service/models/input.py", "service/models/order.py"
    return {
        request: (code.source(request) + "    note: str | None = None\n").encode(),
        order: (code.source(order) + "    priority: int = 0\n").encode(),
    }


@contextmanager
def taking_turns(code: Versions, *numbers: str) -> Iterator[None]:
    """The alias points at one of the versions, then at another one, until the end."""
    ended = Event()

    def switch() -> None:
        while not ended.wait(random.uniform(0.05, 0.5)):  # noqa: S311
            code.switch_to(random.choice(numbers))  # noqa: S311

    code.switch_to(numbers[0])
    thread = Thread(target=switch)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def answers(api: OrdersApi, key: str) -> list[bytes]:
    """What a client gets that sends its request again and again, after errors that say so and after answers."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    found: list[bytes] = []
    while len(found) < ANSWERS:
        answer = api.create(key[-20:], 1, key=key)
        assert answer.status_code in {HTTPStatus.CREATED, *RETRIED}, answer.text
        assert time.monotonic() < deadline, answer.text
        if answer.status_code == HTTPStatus.CREATED:
            found.append(answer.content)
        else:
            time.sleep(0.3)
    return found


def test_retries_across_versions_place_one_order_and_get_one_answer(api: OrdersApi) -> None:
    keys: list[str] = []
    all_answers: list[list[bytes]] = []
    deadline = time.monotonic() + PATIENCE_SECONDS
    with versions() as code:
        two = [
            code.publish({**KILLER, **files}, handler="killer.lambda_handler", timeout=TIMEOUT_SECONDS)
            for files in ({}, newer(code))
        ]
        with taking_turns(code, *two), ThreadPoolExecutor(4) as pool:
            while {b"priority" in found[0] for found in all_answers} != {True, False}:
                assert time.monotonic() < deadline, "only one of the versions has placed orders"
                more = [f"gamble.{uuid.uuid4().hex}" for _ in range(KEYS)]
                all_answers += pool.map(lambda key: answers(api, key), more)
                keys += more
    for key, found in zip(keys, all_answers, strict=True):
        assert len(set(found)) == 1
        assert len(api.list(customer_name=key[-20:]).json()["orders"]) == 1
