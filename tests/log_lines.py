"""What services log, compared with the recorded lines that the runbook's queries are held against."""

import json
from collections.abc import Iterable
from typing import Any

from services import Service


def fields(value: Any, prefix: str = "") -> set[str]:
    """The names of the fields of a log's line as Logs Insights has them."""
    if isinstance(value, dict | list):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        return {name for key, each in pairs for name in fields(each, f"{prefix}.{key}")}
    return {prefix}


def seen_as_recorded(service: Service, lines: Iterable[dict[str, Any]]) -> set[str]:
    """The messages of the recorded lines, by which the runbook's queries are held, that lines have with all fields."""
    recorded = (service.path / "blueprint/tests/infrastructure/log_lines.jsonl").read_text().splitlines()
    return {
        known["message"]
        for known in map(json.loads, recorded)
        for found in lines
        # The local cloud has no X-Ray.
        if found.get("message") == known.get("message", "") and fields(known) - {".xray_trace_id"} <= fields(found)
    }
