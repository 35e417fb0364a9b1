"""Three in the morning: the runbook's entries, followed literally on the local cloud with real faults.

What the local cloud can't show is held elsewhere: CodeDeploy and the alarms of metric math by the templates' tests and
`test_alarm_simulation.py`; point-in-time recovery, which it answers with today's items, by a backup that the drill
brings itself.
"""

import json
import re
import time
import urllib.error
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import test_events
from demo import call
from log_lines import seen_as_recorded
from services import Service
from user_shell import BLUEPRINT

pytestmark = pytest.mark.matrix

RUNBOOK = "blueprint/docs/runbook.md"
HANDLER, ANSWER = "service/handlers/get_order.py", "    return orders.get_order(order_id)"
DENIED = '    __import__("blueprint.runtime.aws", fromlist=["aws"]).dynamodb().list_tables()'
UNKNOWN = "/api/orders/00000000-0000-4000-8000-000000000000"


def aws(service: Service) -> dict[str, Any]:
    """The variables with which the AWS SDK reaches the service's local cloud."""
    port = json.loads((service.path / ".local" / "server.json").read_text())["port"]
    variables = dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), "test")
    return variables | {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}", "AWS_DEFAULT_REGION": "us-east-1"}


def boto3(service: Service, statements: str) -> Any:
    """What the statements, run where boto3 and the local cloud are, leave in `result`."""
    program = f"import boto3, json, time\n{statements}\nprint(json.dumps(result, default=str))"
    return json.loads(
        service.run(".venv/bin/python", "-c", program, check=True, **aws(service)).stdout.splitlines()[-1]
    )


def status(service: Service, method: str, path: str) -> int:
    """The status that the deployed API answers with."""
    try:
        call(service.path, method, path)
    except urllib.error.HTTPError as error:
        return error.code
    return 200


def command(service: Service, start: str) -> str:
    """The runbook's command that starts so, for the local environment instead of production."""
    found = re.findall(
        rf"^ *(ENVIRONMENT=production make {start}.*)$", (service.path / RUNBOOK).read_text(), re.MULTILINE
    )
    assert len(set(found)) == 1, f"The runbook has `make {start}` as {found}."
    return str(found[0]).replace("production", "local")


def follow(service: Service, line: str, *, check: bool = True, **variables: str) -> str:
    """What the runbook's line prints."""
    result = service.run("sh", "-c", line, check=check, **variables)
    assert check or result.returncode
    return result.stdout


def served(service: Service) -> int:
    """The version of get_order that is served, as the runbook's first command says it."""
    (found,) = re.findall(r"GetOrder (\d+)\*", follow(service, command(service, "releases")))
    return int(found)


CONFIGURE = """
client = boto3.client("appconfig")
(app,) = client.list_applications()["Items"]
(stage,) = client.list_environments(ApplicationId=app["Id"])["Items"]
(profile,) = client.list_configuration_profiles(ApplicationId=app["Id"])["Items"]
(strategy, *_) = [s for s in client.list_deployment_strategies()["Items"] if s["Name"].startswith("orders")]
version = client.create_hosted_configuration_version(
    ApplicationId=app["Id"], ConfigurationProfileId=profile["Id"], ContentType="application/json",
    Content=b'{"features": {"express_shipping": {"default": false}, "gift": {"default": false}}}')["VersionNumber"]
client.start_deployment(ApplicationId=app["Id"], EnvironmentId=stage["Id"], DeploymentStrategyId=strategy["Id"],
    ConfigurationProfileId=profile["Id"], ConfigurationVersion=str(version))
result = version
"""
RING = """
client = boto3.client("cloudwatch")
names = [alarm["AlarmName"] for alarm in client.describe_alarms()["MetricAlarms"]]
for name in names:
    client.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="It is three in the morning.")
result = names
"""


def order(service: Service) -> dict[str, Any]:
    return call(service.path, "POST", "/api/orders", {"customer_name": "Ada", "order_item_count": 3})


def test_a_bad_release_is_taken_back_while_alarms_ring_and_a_good_one_goes_over_it(deployed: Service) -> None:
    # Given a service that has had one release only: there is nothing to go back to.
    assert "There is nothing to go back to" in follow(deployed, command(deployed, "rollback"), check=False)
    # Given a bad release, with a configuration of its own, and every alarm on
    with deployed.edited((HANDLER, ANSWER, '    raise RuntimeError("bad")')):
        deployed.make("local")
    boto3(deployed, CONFIGURE)
    assert status(deployed, "GET", UNKNOWN) == 500
    assert order(deployed)["shipping"] == "standard"
    assert boto3(deployed, RING)
    # When the runbook is followed
    bad = served(deployed)
    began = time.monotonic()
    said = follow(deployed, command(deployed, "rollback"))
    print(f"make rollback took {time.monotonic() - began:.1f} s")
    # Then the version before answers, with its configuration,
    good = served(deployed)
    assert good < bad
    assert f"GetOrder: version {bad} -> {good}, of " in said
    assert "configuration: version 2 -> 1" in said
    assert status(deployed, "GET", UNKNOWN) == 404
    assert order(deployed)["shipping"] == "express"
    # a second rollback by a colleague changes nothing,
    assert "was rolled back since its last deployment" in follow(deployed, command(deployed, "rollback"), check=False)
    state = (".venv/bin/python", "-m", "blueprint.operations.rollback", "state")
    assert re.fullmatch(r"\d{4}-\S+Z\n", deployed.run(*state).stdout)
    # and the deployment of the repaired code goes over it.
    with deployed.edited((HANDLER, ANSWER, f"    order_id = order_id.strip()\n{ANSWER}")):
        deployed.make("local")
        assert status(deployed, "GET", UNKNOWN) == 404
        assert served(deployed) > bad
        # From there, the bad version is passed over.
        follow(deployed, command(deployed, "rollback"))
        assert served(deployed) == good


BACK_UP = """
client = boto3.client("dynamodb")
(table,) = [name for name in client.list_tables()["TableNames"] if "DatabaseOrders" in name]
client.create_backup(TableName=table, BackupName="before-the-damage")
result = table
"""
DAMAGE = """
client = boto3.client("dynamodb")
for item in client.scan(TableName="{table}")["Items"]:
    item["item_count"] = {{"N": "999"}}
    client.put_item(TableName="{table}", Item=item)
result = None
"""


@pytest.fixture
def adopted(deployed: Service) -> Iterator[Service]:
    """The service, whose service.toml is as it was at the end."""
    file = deployed.path / "service.toml"
    text = file.read_text()
    yield deployed
    file.write_text(text)


def test_a_damaged_table_is_restored_and_adopted_without_losing_later_orders(adopted: Service) -> None:
    service = adopted
    # Given orders, a backup of them, and then damage to all of them while another order is placed
    service.make("local")
    before = [order(service) for _ in range(3)]
    table = boto3(service, BACK_UP)
    time.sleep(1.1)
    moment = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    boto3(service, DAMAGE.format(table=table))
    meanwhile = order(service)
    assert call(service.path, "GET", f"/api/orders/{before[0]['id']}")["item_count"] == 999
    # When the runbook is followed: restore,
    restore = re.sub(r"AT=\S+", f"AT={moment}", command(service, "restore"))
    began = time.monotonic()
    said = follow(service, restore)
    print(f"make restore took {time.monotonic() - began:.1f} s")
    assert "from the backup before-the-damage" in said
    counts = {kind: int(count) for count, kind in re.findall(r"(\d+) (the same|\w+ since)$", said, re.MULTILINE)}
    assert counts["changed since"] >= len(before)
    assert counts["written since"] == 1
    assert counts["deleted since"] == 0
    # (again, it continues from where it was)
    assert "complete after" in follow(service, restore)
    # adopt,
    (line,) = re.findall(r'^  (local\.Orders = "\S+")$', said, re.MULTILINE)
    toml = service.path / "service.toml"
    toml.write_text(toml.read_text().replace("[adopted_tables]\n", f"[adopted_tables]\n{line}\n"))
    follow(service, command(service, "deploy AT_ONCE=restore"))
    assert [call(service.path, "GET", f"/api/orders/{found['id']}") for found in before] == before
    assert status(service, "GET", f"/api/orders/{meanwhile['id']}") == 404
    # and carry over what was placed meanwhile, which takes what was written and nothing else.
    assert "copied 1 of" in follow(service, command(service, "carry-over"))
    assert call(service.path, "GET", f"/api/orders/{meanwhile['id']}") == meanwhile
    assert "copied 0 of" in follow(service, command(service, "carry-over"))
    assert [call(service.path, "GET", f"/api/orders/{found['id']}") for found in before] == before
    # The former table is still there, as it was.
    assert boto3(service, f'result = boto3.client("dynamodb").scan(TableName="{table}")["Count"]') >= len(before) + 1


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"TABLE": "Order", "AT": "2026-11-24T08:00:00Z"}, "TABLE is 'Order'; choose one of Idempotency, Orders."),
        ({"TABLE": "Orders", "AT": "yesterday"}, "AT is 'yesterday'; give a moment with its time zone"),
        ({"TABLE": "Orders", "AT": "2026-11-24T08:00:00"}, "give a moment with its time zone"),
        ({"TABLE": "Orders", "AT": "2020-01-01T00:00:00Z"}, "can't be restored to that moment"),
    ],
)
def test_what_cannot_be_restored_is_refused_with_a_sentence(
    deployed: Service, variables: dict[str, str], sentence: str
) -> None:
    result = deployed.make("restore", check=False, **variables)
    assert result.returncode
    assert sentence in result.stdout
    assert "Traceback" not in result.stdout


BREAK_CONFIGURATION = """
client, logs, watch = boto3.client("appconfig"), boto3.client("logs"), boto3.client("cloudwatch")
(app,) = client.list_applications()["Items"]
(profile,) = client.list_configuration_profiles(ApplicationId=app["Id"])["Items"]
(stage,) = client.list_environments(ApplicationId=app["Id"])["Items"]
(strategy, *_) = [s for s in client.list_deployment_strategies()["Items"] if s["Name"].startswith("orders")]
version = client.create_hosted_configuration_version(
    ApplicationId=app["Id"], ConfigurationProfileId=profile["Id"], ContentType="application/json",
    Content=b'{"features": {"express_shipping": 7}}')["VersionNumber"]
client.start_deployment(ApplicationId=app["Id"], EnvironmentId=stage["Id"], DeploymentStrategyId=strategy["Id"],
    ConfigurationProfileId=profile["Id"], ConfigurationVersion=str(version))
result = version
"""
# What CloudWatch does with the functions' metric lines, and the local cloud doesn't.
INGEST_METRICS = """
logs, watch = boto3.client("logs"), boto3.client("cloudwatch")
result, sent = [], 0
for group in logs.describe_log_groups()["logGroups"]:
    for event in logs.filter_log_events(logGroupName=group["logGroupName"])["events"]:
        try:
            line = json.loads(event["message"])
        except ValueError:
            continue
        result.append(line)
        for found in line.get("_aws", {}).get("CloudWatchMetrics", []):
            for metric in found["Metrics"]:
                (value,) = line[metric["Name"]]
                dimensions = [{"Name": name, "Value": line[name]} for name in found["Dimensions"][0]]
                watch.put_metric_data(Namespace=found["Namespace"], MetricData=[
                    {"MetricName": metric["Name"], "Dimensions": dimensions, "Value": value}])
"""
STATES = """
alarms = boto3.client("cloudwatch").describe_alarms()["MetricAlarms"]
result = {alarm["AlarmName"]: [alarm["StateValue"], alarm["AlarmDescription"]] for alarm in alarms}
"""
QUERY = """
logs = boto3.client("logs")
groups = [group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]]
now = int(time.time())
logs.start_query(logGroupNames=groups, startTime=now - 3600, endTime=now, queryString={query!r})
result = groups
"""


def test_the_game_day(deployed: Service) -> None:
    # Given a service, and somebody who deploys by hand a configuration that the code refuses
    deployed.make("local")
    assert boto3(deployed, STATES)
    boto3(deployed, BREAK_CONFIGURATION)
    order(deployed)
    assert status(deployed, "GET", UNKNOWN) == 404
    # When the metrics of that arrive, then the alarm goes off and names the runbook,
    lines = boto3(deployed, INGEST_METRICS)
    states = boto3(deployed, STATES)
    state, description = states["orders-local-ConfigurationFallback"]
    assert state == "ALARM"
    assert description.endswith("What to do: blueprint/docs/runbook.md.")
    text = (deployed.path / RUNBOOK).read_text()
    section = text[text.index("## `ConfigurationFallback`") :].split("\n## ")[0]
    # whose query finds the line by the fields that it really has,
    assert 'filter message = "configuration fallback"' in section
    (line, *_) = [line for line in lines if line.get("message") == "configuration fallback"]
    assert line["error"] == "ValidationError"
    assert {"error", "cause"} <= set(line)
    # as those lines have that the tests hold the queries against,
    assert seen_as_recorded(deployed, lines) >= {"request served", "configuration fallback"}
    # Logs Insights takes every query of the runbook,
    queries = re.findall(r"```insights\n(.*?) *```", text, re.DOTALL)
    assert len(queries) >= 9
    for query in queries:
        boto3(deployed, QUERY.format(query=query))
    # and the commands that only look work, too.
    follow(deployed, command(deployed, "releases"))
    follow(deployed, command(deployed, "smoke"))
    # What was done by hand is undone by the next deployment that says so.
    follow(deployed, f"{command(deployed, 'deploy AT_ONCE=incident')}-{time.time():.0f}")
    assert order(deployed)["shipping"] == "express"


FIRED = ("ConfigurationFallback", "ApiErrors", "ApiLatency", "…Latency", "…Throttles")
"""Of the list in operating.md, the alarms that these tests set off."""
LINES_OF = """
logs = boto3.client("logs")
(group,) = [g["logGroupName"] for g in logs.describe_log_groups()["logGroups"] if "{name}" in g["logGroupName"]]
result = [event["message"] for event in logs.filter_log_events(logGroupName=group, startTime={start})["events"]]
"""
# Not through the API: the local cloud counts no concurrency of a version, and so of no alias.
REFUSED = """
client = boto3.client("lambda")
(function,) = [f["FunctionName"] for f in client.list_functions()["Functions"] if "GetOrder" in f["FunctionName"]]
client.put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=0)
result = 0
for _ in range(2):
    try:
        client.invoke(FunctionName=function)
    except client.exceptions.TooManyRequestsException:
        result += 1
client.delete_function_concurrency(FunctionName=function)
"""


def answers(service: Service, count: int = 3) -> list[tuple[int, float]]:
    """The status of each of several requests, and for how many milliseconds it took."""
    found = []
    for _ in range(count):
        began = time.monotonic()
        found.append((status(service, "GET", UNKNOWN), 1000 * (time.monotonic() - began)))
    return found


def state(service: Service, alarm: str, values: Iterable[float]) -> str:
    """The alarm's state after the values, which the AWS service would report that the alarm watches."""
    program = (Path(__file__).parent / "programs" / "alarm.py").read_text()
    return service.run(
        ".venv/bin/python", "-c", program, alarm, *(f"{value:f}" for value in values), ENVIRONMENT="local"
    ).stdout.strip()


def durations(service: Service, since: float) -> list[float]:
    """The milliseconds that Lambda has reported of get_order's invocations."""
    lines = boto3(service, LINES_OF.format(name="GetOrder", start=int(1000 * since)))
    return [float(found) for line in lines for found in re.findall(r"\tDuration: ([\d.]+) ms", line)]


def test_the_alarms_on_requests_go_off_by_real_faults(deployed: Service) -> None:
    # Given a service that works,
    deployed.make("local")
    began = time.time()
    answers(deployed, 1)  # a cold start
    good = answers(deployed)
    assert state(deployed, "ApiErrors", [status >= 500 for status, _ in good]) == "OK"
    assert state(deployed, "ApiLatency", [taken for _, taken in good]) == "OK"
    assert state(deployed, "GetOrderLatency", durations(deployed, began)) == "OK"
    assert state(deployed, "GetOrderThrottles", [0 for _ in good]) == "OK"
    # when it fails,
    with deployed.edited((HANDLER, ANSWER, DENIED)):
        deployed.make("local")
        assert state(deployed, "ApiErrors", [status >= 500 for status, _ in answers(deployed)]) == "ALARM"
        lines = boto3(deployed, LINES_OF.format(name="GetOrder", start=int(1000 * began)))
        assert "request failed" in seen_as_recorded(
            deployed, [json.loads(line) for line in lines if line.startswith("{")]
        )
    # is slow,
    with deployed.edited((HANDLER, ANSWER, f'    __import__("time").sleep(3.2)\n{ANSWER}')):
        deployed.make("local")
        began = time.time()
        assert state(deployed, "ApiLatency", [taken for _, taken in answers(deployed)]) == "ALARM"
        assert state(deployed, "GetOrderLatency", durations(deployed, began)) == "ALARM"
    deployed.make("local")
    # or isn't run, for want of concurrency, then that rings.
    assert state(deployed, "GetOrderThrottles", [boto3(deployed, REFUSED)]) == "ALARM"
    assert status(deployed, "GET", UNKNOWN) == 404


def test_the_list_of_what_rings_here_is_complete() -> None:
    text = (BLUEPRINT / "template" / "blueprint" / "docs" / "operating.md").read_text()
    table = text[text.index("## Which alarms were seen going off") :].split("\n## ")[0]
    rows = re.findall(r"^\| (`.+`) \| (seen|not seen): .+ \|$", table, re.MULTILINE)
    listed = {name: how for names, how in rows for name in re.findall(r"`(\S+)`", names)}
    runbook = (BLUEPRINT / "template" / RUNBOOK).read_text()
    assert set(listed) == set(re.findall(r"^## `(\S+)`$", runbook, re.MULTILINE))
    assert {name for name, how in listed.items() if how == "seen"} == {*FIRED, *test_events.FIRED}


def test_the_local_cloud_lacks_the_alarms_of_metric_math(deployed: Service) -> None:
    there = {name.removeprefix("orders-local-") for name in boto3(deployed, STATES)}
    assert not there & {"FastBurn", "SlowBurn", "TotalBlock", "CreateOrderErrors", "OrdersTableErrors"}
