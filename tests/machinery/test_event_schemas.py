"""The schemas of the events: written from their models, and no change breaks those who react without a word."""

import json
from dataclasses import replace
from typing import Any

import pytest
from blueprint.openapi import events
from blueprint.openapi.breaking import breaking_events
from blueprint.runtime.publishing import Event
from infra.app import DECLARATIONS


class Placed(Event):
    """An order was placed."""

    count: int
    note: str | None = None


class Placed2(Event, name="Placed", version=2):
    counts: list[int]


def schemas(*models: type[Event]) -> dict[str, Any]:
    text = events.current(replace(DECLARATIONS, events=models))
    assert text
    document: dict[str, Any] = json.loads(text)
    return document


def changed(**fields: Any) -> dict[str, Any]:
    """The schemas with these instead of the properties of Placed; None takes one away."""
    document = schemas(Placed)
    properties = document["$defs"]["Placed.v1"]["properties"]
    for name, schema in fields.items():
        if schema is None:
            del properties[name]
            document["$defs"]["Placed.v1"]["required"].remove(name)
        else:
            properties[name] = schema
    return document


def test_each_version_has_its_schema() -> None:
    document = schemas(Placed, Placed2)
    assert set(document["$defs"]) == {"Placed.v1", "Placed.v2"}
    assert document["$defs"]["Placed.v1"]["required"] == ["id", "count", "note"]
    assert events.current(replace(DECLARATIONS, events=())) is None


def test_two_events_of_one_name_and_version_are_refused() -> None:
    class Other(Event, name="Placed"):
        pass

    with pytest.raises(ValueError, match="the same name and version"):
        schemas(Placed, Other)


def test_what_consumers_may_rely_on_stays() -> None:
    assert breaking_events(schemas(Placed), schemas(Placed)) == []
    assert breaking_events(schemas(Placed), schemas(Placed, Placed2)) == []
    assert breaking_events(schemas(Placed), changed(more={"type": "string"})) == []


@pytest.mark.parametrize(
    ("new", "line"),
    [
        (schemas(Placed2), "Placed.v1: removed"),
        (changed(count=None), "Placed.v1.count: on one side only"),
        (changed(count={"type": "string"}), "Placed.v1.count: type changed"),
    ],
)
def test_what_breaks_them_is_named(new: dict[str, Any], line: str) -> None:
    assert line in breaking_events(schemas(Placed), new)
