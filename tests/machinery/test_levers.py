"""The levers of a start change what it takes and nothing else: in the deployed layer, and for every service of AWS."""

import gzip
import json
import struct
from pathlib import Path
from typing import Any

import pytest
from blueprint.packaging.levers import LAYER, START
from blueprint.packaging.slimming import without_documentation
from blueprint.testing import sandbox
from infra.app import DECLARATIONS

SLIM = sandbox.function(DECLARATIONS).path[1]
WHOLE = sandbox.floor(DECLARATIONS).path[0]

# For each service of botocore, as if it were the only one in the layer: the handlers of each event that has one.
_EVENTS = """
import json, os, sys
import botocore.session
from botocore.handlers import BUILTIN_HANDLERS
from blueprint.runtime import aws

def handlers(session, event):
    events = session.get_component("event_emitter")
    found = events._emitter._handlers.prefix_search(events._alias_event_name(event))
    # Powertools adds one of its own to every session.
    return [str(handler) for handler in found if "powertools" not in str(handler)]

os.environ["START_WITH_OWN_EVENTS"] = "true"
plain = botocore.session.Session()
specs = [spec[0].split(".") for spec in BUILTIN_HANDLERS if not spec[0].startswith("docs.")]
operations = sorted({spec[2] for spec in specs if len(spec) > 2} | {"Any"})
names = plain.get_available_services()
different, compared = [], 0
for name in names:
    service = plain.get_service_model(name).service_id.hyphenize()
    own = aws._create_session()
    aws._handle_events(own, service)
    for kind in sorted({spec[0] for spec in specs}):
        for operation in operations:
            event = f"{kind}.{service}.{operation}"
            compared += 1
            if handlers(plain, event) != handlers(own, event):
                different.append(event)
print(json.dumps({"services": len(names), "compared": compared, "different": different}))
"""

_REQUEST = """
import json, os
from blueprint.runtime import aws
client = aws.dynamodb()
sent = []
def capture(request, **_):
    sent.append({"url": request.url, "headers": {name: str(value) for name, value in request.headers.items()},
                 "body": request.body.decode()})
    raise KeyboardInterrupt
client.meta.events.register("before-send", capture)
try:
    client.put_item(TableName="Orders", Item={"id": {"S": "id"}}, ConditionExpression="attribute_not_exists(id)")
except KeyboardInterrupt:
    pass
print(json.dumps(sent[0]))
"""


def models(packages: Path) -> dict[str, Any]:
    """The models of the layer's services, by file."""
    data = packages / "botocore" / "data"
    return {
        str(file.relative_to(data)): json.loads(gzip.decompress(file.read_bytes()))
        for service in DECLARATIONS.aws_services
        for file in sorted((data / service).glob("*/service-2.json.gz"))
    }


def without_text(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: without_text(each)
            for name, each in value.items()
            if not (name == "documentation" and isinstance(each, str))
        }
    return [without_text(each) for each in value] if isinstance(value, list) else value


def test_the_models_are_whole_but_for_their_documentation() -> None:
    slim, whole = models(SLIM), models(WHOLE)
    assert len(whole) >= len(DECLARATIONS.aws_services)
    assert slim == {name: without_text(model) for name, model in whole.items()}
    assert slim != whole


def test_a_member_called_documentation_stays(tmp_path: Path) -> None:
    file = tmp_path / "any" / "2020-01-01" / "service-2.json.gz"
    file.parent.mkdir(parents=True)
    model = {"shapes": {"A": {"documentation": "text", "members": {"documentation": {"shape": "B"}}}}}
    file.write_bytes(gzip.compress(json.dumps(model).encode()))
    without_documentation(tmp_path, ["any"])
    assert json.loads(gzip.decompress(file.read_bytes())) == {
        "shapes": {"A": {"members": {"documentation": {"shape": "B"}}}}
    }


def test_each_service_has_the_event_handlers_that_botocore_has_for_it() -> None:
    code = sandbox.function(DECLARATIONS).path[0]
    variables = {"PYTHONPATH": f"{code}:{WHOLE}"}
    found = json.loads(sandbox.floor(DECLARATIONS).run("-c", _EVENTS, **variables).splitlines()[-1])
    assert found["services"] > 300
    assert found["compared"] > 100_000
    assert found["different"] == []


def test_a_call_is_the_same_with_and_without_the_levers() -> None:
    """But for what those are about: the headers that tell AWS of retries, and when it was signed."""
    own = json.loads(sandbox.function(DECLARATIONS).run("-c", _REQUEST))
    plain = json.loads(sandbox.function(DECLARATIONS, ()).run("-c", _REQUEST, **dict.fromkeys(START, "")))
    assert (own["url"], own["body"]) == (plain["url"], plain["body"])
    left_out = {"amz-sdk-invocation-id", "amz-sdk-request"}
    assert set(plain["headers"]) - set(own["headers"]) == left_out
    changing = {*left_out, "X-Amz-Date", "Authorization", "User-Agent"}
    assert {k: v for k, v in own["headers"].items() if k not in changing} == {
        k: v for k, v in plain["headers"].items() if k not in changing
    }
    assert own["headers"]["User-Agent"].startswith(plain["headers"]["User-Agent"].split()[0])


@pytest.mark.parametrize("lever", LAYER, ids=lambda lever: lever.__name__)
def test_a_line_of_the_layers_levers_switches_it(lever: Any) -> None:
    """Without it the layer is another one, whose bytecode is valid as ever."""
    others = tuple(each for each in LAYER if each != lever)
    layer = sandbox.function(DECLARATIONS, others).path[1]
    assert layer != SLIM
    data, slim = (packages / "botocore" / "data" for packages in (layer, SLIM))
    files = {name: (data / name).exists() and _content(data / name) for name in ("endpoints.json", "s3")}
    files["models"] = str(models(layer))
    kept = {name: (slim / name).exists() and _content(slim / name) for name in ("endpoints.json", "s3")}
    kept["models"] = str(models(SLIM))
    assert files != kept
    flags = {struct.unpack_from("<I", file.read_bytes(), 4)[0] for file in layer.glob("boto3/__pycache__/*.pyc")}
    assert flags == {1}


def _content(path: Path) -> str:
    return path.read_text() if path.is_file() else str(path.is_dir())
