"""The local cloud of a rendered service: `make local`, again and again, whatever has happened before."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import pytest
from debug_adapter import attached, free_port
from demo import call
from services import Render, Service, user_environment


def port(service: Service) -> int:
    number: int = json.loads((service.path / ".local" / "server.json").read_text())["port"]
    return number


def server_pid(service: Service) -> int:
    pid: int = json.loads((service.path / ".local" / "server.json").read_text())["pid"]
    return pid


def is_listening(number: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", number)) == 0


@pytest.fixture
def stopped(deployed: Service) -> Iterator[Service]:
    """The deployed service with its local cloud ended."""
    deployed.make("local-stop")
    yield deployed
    deployed.make("local-stop")


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl, whose line is tried, is not installed")
def test_it_prints_the_addresses_and_an_order_that_works_when_pasted(deployed: Service) -> None:
    output = deployed.make("local").stdout
    assert re.search(
        rf"^API +http://[0-9a-f]{{8}}\.execute-api\.localhost:{port(deployed)}/local/$", output, re.MULTILINE
    )
    assert re.search(r"^Swagger +http://\S+/local/swagger#\w+:\w+$", output, re.MULTILINE)
    curl = output[output.index("  curl") :].strip()
    answer = deployed.run("sh", "-c", curl + " --silent --fail").stdout
    assert json.loads(answer[answer.index("{") :])["name"] == "Ada"


ITEM_COUNT = ("service/models/input.py", "Field(strict=True)]")


def default_count(count: int) -> tuple[str, str, str]:
    """An edit of a file of the functions alone: orders that name no count are for so many."""
    file, old = ITEM_COUNT
    return file, old, f"{old} = {count}"


def ordered(service: Service) -> int:
    """The item count of an order that names none."""
    count: int = call(service.path, "POST", "/api/orders", {"customer_name": "Ada"})["item_count"]
    return count


def placed(service: Service) -> dict[str, Any]:
    return call(service.path, "POST", "/api/orders", {"customer_name": "Ada", "order_item_count": 3})


READ_CODE = """
import hashlib, io, json, urllib.request, zipfile
import boto3
from blueprint.testing import environment
environment.reach()
client = boto3.client("lambda")
found = {}
for function in client.list_functions()["Functions"]:
    live = client.get_function(FunctionName=function["FunctionName"], Qualifier="live")
    with urllib.request.urlopen(live["Code"]["Location"]) as answer:
        archive = zipfile.ZipFile(io.BytesIO(answer.read()))
    files = {file: hashlib.sha256(archive.read(file)).hexdigest() for file in archive.namelist()}
    found[function["FunctionName"]] = {"sha256": live["Configuration"]["CodeSha256"], "files": files}
print(json.dumps(found))
"""


def code(service: Service) -> Any:
    """What every function runs: the files behind its alias, each with its hash, and Lambda's hash of the whole."""
    found = json.loads(service.run(".venv/bin/python", "-c", READ_CODE).stdout)
    assert len(found) == 5
    return found


def forget(service: Service) -> None:
    """Makes the next deployment a whole one, as the first one is."""
    (service.path / ".local" / "deployed.json").unlink()


def test_changed_code_is_served_without_a_deployment_and_is_what_a_deployment_would_run(deployed: Service) -> None:
    # Given a service that is deployed, when its code changes
    deployed.make("local")
    before = code(deployed)
    with deployed.edited(default_count(7)):
        output = deployed.make("local").stdout
        # Then the new code answers, and neither the CDK nor the local cloud was at work.
        assert "Updating the code of 5 functions" in output
        assert "Deploying the service" not in output
        assert ordered(deployed) == 7
        # What runs is to the byte what a whole deployment lets run.
        updated = code(deployed)
        forget(deployed)
        assert "Deploying the service" in deployed.make("local").stdout
        assert code(deployed) == updated != before
    # And so it is when the edit has been undone.
    assert "Updating the code of 5 functions" in deployed.make("local").stdout
    assert code(deployed) == before


@pytest.mark.matrix
def test_an_edit_that_was_undone_together_with_another_of_the_infrastructure_is_gone(deployed: Service) -> None:
    # Given code that was updated without CloudFormation, which still holds the code of before
    deployed.make("local")
    before = code(deployed)
    with deployed.edited(default_count(8)):
        deployed.make("local")
    # When the edit is undone, and the same deployment changes the infrastructure
    with deployed.edited(("service.toml", "[environments.dev]", "[alarms]\ntable_errors = 3\n\n[environments.dev]")):
        assert "Deploying the service" in deployed.make("local").stdout
        # Then the functions run the code as it is, not the one that was updated.
        assert code(deployed) == before
        assert call(deployed.path, "GET", "/api/orders?limit=1")


@pytest.mark.matrix
def test_code_that_the_infrastructure_reads_is_deployed(deployed: Service) -> None:
    # Given the names of the business metrics, which the dashboard shows
    deployed.make("local")
    metrics = deployed.path / "service" / "models" / "metrics.py"
    text = metrics.read_text()
    try:
        # When there is another one, then that is more than a change of the functions' code.
        metrics.write_text(text.rstrip() + '\n    RETURNED = "Returned"\n')
        assert "Deploying the service" in deployed.make("local").stdout
        template = (deployed.path / ".local" / "cdk.out" / "orders-local.template.json").read_text()
        assert "Returned" in template
    finally:
        metrics.write_text(text)


@pytest.mark.matrix
def test_tests_of_an_unchanged_service_deploy_nothing_and_say_so(deployed: Service) -> None:
    deployed.make("local")
    log = deployed.path / ".local" / "deploy.log"
    before = log.stat().st_mtime_ns
    # A change that concerns no deployment, and files that an editor leaves
    (deployed.path / "README.md").write_text("Changed.")
    (deployed.path / "service" / "logic" / "orders.py~").write_text("garbage")
    output = deployed.make("smoke").stdout
    assert "The local cloud is up to date: nothing has changed since the last deployment." in output
    assert "API      http" not in output
    assert log.stat().st_mtime_ns == before
    # What has changed is deployed first.
    with deployed.edited(default_count(3)):
        assert "Updating the code of 5 functions" in deployed.make("smoke").stdout


@pytest.mark.matrix
def test_an_interrupted_update_of_the_code_is_made_good_by_the_next(deployed: Service) -> None:
    deployed.make("local")
    with deployed.edited(default_count(4)):
        process = subprocess.Popen(
            [".venv/bin/python", "-c", KILLED_AT_THE_SECOND_FUNCTION],
            cwd=deployed.path,
            env=user_environment(PYTHONPATH="."),
        )
        assert process.wait() == -signal.SIGKILL
        assert len({function["sha256"] for function in code(deployed).values()}) == 2
        deployed.make("local")
        assert len({function["sha256"] for function in code(deployed).values()}) == 1
        assert ordered(deployed) == 4


KILLED_AT_THE_SECOND_FUNCTION = """
import os, signal, botocore.client
from blueprint.local_cloud.up import up
call, updates = botocore.client.BaseClient._make_api_call, []
def make_api_call(self, name, arguments):
    if name == "UpdateFunctionCode":
        updates.append(name)
        if len(updates) == 2:
            os.kill(os.getpid(), signal.SIGKILL)
    return call(self, name, arguments)
botocore.client.BaseClient._make_api_call = make_api_call
up(brief=True)
"""


@pytest.fixture
def watching(deployed: Service, tmp_path: Path) -> Iterator[Path]:
    """`make watch` at work, and what it has printed."""
    printed = tmp_path / "printed"
    with printed.open("w") as file:
        process = subprocess.Popen(
            ["make", "watch"],
            cwd=deployed.path,
            env=user_environment(),
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            # As in a terminal: whatever started these tests in the background has them ignore Ctrl-C.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
        )
        try:
            eventually(lambda: "Waiting for a change" in printed.read_text())
            yield printed
        finally:
            os.killpg(process.pid, signal.SIGINT)
            process.wait(timeout=30)


def eventually(holds: Callable[[], bool], seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "It has not come true."
        time.sleep(0.1)


@pytest.mark.matrix
def test_watch_answers_every_saved_change_and_no_other_file(deployed: Service, watching: Path) -> None:
    waits = watching.read_text().count("Waiting")
    # When an editor leaves files of its own, beside one that it saves
    leftovers = [deployed.path / "service" / name for name in ("models/input.py~", ".input.py.swp", "#input.py#")]
    for file in leftovers:
        file.write_text("an editor's")
    with deployed.edited(default_count(5)):
        # Then the change is served, and of the files the saved one alone is named.
        eventually(lambda: watching.read_text().count("Waiting") == waits + 1)
        assert ordered(deployed) == 5
        assert re.findall(r"^Changed: (.*)$", watching.read_text(), re.MULTILINE) == ["service/models/input.py"]
        # A change that can't be deployed is reported,
        with deployed.edited(("infra/tables.py", "TABLES = ", "TABLES = oops ")):
            eventually(lambda: watching.read_text().count("Waiting") == waits + 2)
            assert re.search(r"^error: infra/tables\.py:\d+: NameError: ", watching.read_text(), re.MULTILINE)
        # and when it is undone everything works again, with the service as it is now.
        eventually(lambda: watching.read_text().count("Waiting") == waits + 3)
        assert ordered(deployed) == 5
    eventually(lambda: watching.read_text().count("Waiting") == waits + 4)
    for file in leftovers:
        file.unlink()


@pytest.mark.matrix
def test_watch_leaves_nothing_behind_when_it_is_interrupted(deployed: Service, watching: Path) -> None:
    assert "Waiting" in watching.read_text()
    of_watch = [pid for pid, words in commands(deployed.path) if {"blueprint.local_cloud", "watch"} <= words]
    assert of_watch
    for pid in of_watch:
        os.kill(pid, signal.SIGINT)

    def is_quiet() -> bool:
        return not [words for _, words in commands(deployed.path) if "blueprint.local_cloud" in " ".join(words)]

    eventually(is_quiet, 20)


def commands(folder: Path) -> list[tuple[int, set[str]]]:
    """The processes that work in the folder: their ids and words."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            words = set((process / "cmdline").read_text().split("\0"))
            if (process / "cwd").readlink() == folder:
                found.append((int(process.name), words))
    return found


def test_it_listens_on_the_loopback_address_only_and_enforces_iam(deployed: Service) -> None:
    number = port(deployed)
    sockets = [
        line.split()[1]
        for table in ("/proc/net/tcp", "/proc/net/tcp6")
        for line in Path(table).read_text().splitlines()[1:]
        if line.split()[1].endswith(f":{number:04X}") and line.split()[3] == "0A"
    ]
    assert sockets == [f"0100007F:{number:04X}"]


def test_a_function_stops_at_a_breakpoint_of_visual_studio_code(deployed: Service) -> None:
    # Given what Visual Studio Code does when "A function on the local cloud" is started
    read = {file: json.loads((deployed.path / ".vscode" / f"{file}.json").read_text()) for file in ("launch", "tasks")}
    configuration = next(each for each in read["launch"]["configurations"] if each["request"] == "attach")
    task = next(each for each in read["tasks"]["tasks"] if each["label"] == configuration["preLaunchTask"])
    arguments = [word.replace("${input:function}", read["tasks"]["inputs"][0]["default"]) for word in task["args"]]
    assert f"127.0.0.1:{configuration['listen']['port']}," in deployed.run(task["command"], *arguments).stdout
    # but on another port: somebody on this machine may be debugging.
    configuration["listen"]["port"] = free_port()
    debug = partial(deployed.run, task["command"], *arguments, DEBUG_PORT=str(configuration["listen"]["port"]))
    debug()
    # Without a debugger the function works,
    assert placed(deployed)["name"] == "Ada"
    # and its next process connects.
    debug()
    with attached(deployed.path / ".venv" / "bin" / "python", configuration) as debugger, ThreadPoolExecutor() as pool:
        answer = pool.submit(placed, deployed)
        debugger.event("initialized")
        # When a line of the work tree has a breakpoint
        handler = deployed.path / "service" / "handlers" / "create_order.py"
        line = handler.read_text().splitlines().index("    return Response(") + 1
        debugger.answer("setBreakpoints", source={"path": str(handler)}, breakpoints=[{"line": line}])
        debugger.request("configurationDone")
        # Then the request waits there, and the debugger sees the service's own names.
        thread = debugger.event("stopped")["threadId"]
        frame = debugger.answer("stackTrace", threadId=thread, levels=1)["stackFrames"][0]
        assert (frame["source"]["path"], frame["line"]) == (str(handler), line)
        assert debugger.answer("evaluate", expression="order.name", frameId=frame["id"])["result"] == "'Ada'"
        assert not answer.done()
        debugger.answer("disconnect", terminateDebuggee=False)
        assert answer.result()["name"] == "Ada"


@pytest.mark.matrix
def test_a_cache_that_cannot_be_written_is_named(tmp_path: Path, workshop: Service, render: Render) -> None:
    service = render(tmp_path / "orders").borrow_tools(workshop)
    (tmp_path / "file").touch()
    service.make("dev")
    result = service.make("local", check=False, XDG_CACHE_HOME=str(tmp_path / "file"))
    assert result.returncode != 0
    assert re.search(r"error: MiniStack can't be installed: .*/file.*XDG_CACHE_HOME names another", result.stdout)
    assert "Traceback" not in result.stdout


@pytest.mark.matrix
def test_packages_of_the_cloud_that_are_gone_or_damaged_are_named(
    tmp_path: Path, workshop: Service, render: Render
) -> None:
    service = render(tmp_path / "orders").borrow_tools(workshop)
    service.make("dev")
    uv_cache = service.run(".venv/bin/uv", "cache", "dir").stdout.strip()
    make = partial(service.make, XDG_CACHE_HOME=str(tmp_path / "cache"), UV_CACHE_DIR=uv_cache)
    try:
        # When they go while the cloud runs, then the next command says so.
        make("local")
        [packages] = (tmp_path / "cache" / "serverless-service-blueprint" / "local-cloud").iterdir()
        (packages / "bin").rename(packages / "gone")
        result = make("local", check=False)
        assert f"error: The local cloud has lost {packages}/bin/python; run `make local-stop`, then" in result.stdout
        # When they are damaged, then the folder to delete is named, at once,
        make("local-stop")
        result = make("local", check=False)
        assert f"error: MiniStack's packages are damaged; delete {packages}, then try again.\n" in result.stdout
        (packages / "gone").rename(packages / "bin")
        (packages / "lib").rename(packages / "gone")
        start = time.monotonic()
        result = make("local", check=False)
        assert f"If MiniStack's packages are damaged, delete {packages}.\n" in result.stdout
        assert time.monotonic() - start < 15
        # and that is what helps.
        shutil.rmtree(packages)
        make("local")
    finally:
        make("local-stop")


@pytest.mark.matrix
def test_two_services_have_two_clouds(deployed: Service, tmp_path: Path, render: Render) -> None:
    other = render(tmp_path / "payments", service_name="payments-eu", environments="test, live")
    try:
        output = other.make("local").stdout
        assert port(other) != port(deployed)
        assert is_listening(port(other))
        assert is_listening(port(deployed))
        # and the second one is nothing less than the first
        assert "payments-eu-local" in (other.path / ".local" / "deploy.log").read_text()
        assert f":{port(other)}/local/" in output
        assert call(other.path, "POST", "/api/orders", {"customer_name": "Ada", "order_item_count": 1})["name"] == "Ada"
    finally:
        other.make("local-stop", check=False)


MAKE_STACKS = """
import boto3
client = boto3.client("cloudformation")
for name in ("orders-dev", "orders-dev-pr-1", "orders-dev-pr-22", "orders-dev-pr-x", "orders-staging-pr-1"):
    client.create_stack(StackName=name, TemplateBody='{"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}')
"""
# The pipeline's role, which may assume the CDK's roles and nothing else: blueprint/accounts/pipeline.py.
BECOME_THE_PIPELINE = """
import json, boto3
def document(**statement):
    statement |= {"Effect": "Allow", "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
iam = boto3.client("iam")
trust = document(Principal={"AWS": "arn:aws:iam::000000000000:root"})
role = iam.create_role(RoleName="orders-dev-pipeline", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
deploy = "arn:aws:iam::000000000000:role/cdk-hnb659fds-deploy-role-000000000000-us-east-1"
iam.put_role_policy(RoleName="orders-dev-pipeline", PolicyName="Cdk", PolicyDocument=document(Resource=deploy))
found = boto3.client("sts").assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
print(found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"])
"""
LIST_STACKS = """
import boto3
stacks = boto3.client("cloudformation").describe_stacks()["Stacks"]
print(*sorted(stack["StackName"] for stack in stacks if "DELETE" not in stack["StackStatus"]))
"""


@pytest.mark.matrix
def test_the_previews_of_closed_pull_requests_are_removed(deployed: Service, tmp_path: Path) -> None:
    # Given copies of dev for the pull requests 1 and 22, of which 22 is still open, and stacks that aren't copies of it
    aws: dict[str, Any] = {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{port(deployed)}", "AWS_DEFAULT_REGION": "us-east-1"}
    aws |= {"AWS_ACCESS_KEY_ID": "000000000000", "AWS_SECRET_ACCESS_KEY": "000000000000", "ENVIRONMENT": "dev"}
    deployed.run(".venv/bin/python", "-c", MAKE_STACKS, **aws)
    before = deployed.run(".venv/bin/python", "-c", LIST_STACKS, **aws).stdout.split()
    # and a pipeline that may not delete stacks itself
    found = deployed.run(".venv/bin/python", "-c", BECOME_THE_PIPELINE, **aws).stdout.split()
    pipeline = aws | dict(zip(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"), found, strict=True))
    denied = deployed.run(".venv/bin/python", "-c", LIST_STACKS, check=False, **pipeline)
    assert "AccessDenied" in denied.stdout
    still_open = tmp_path / "open.json"
    # When the list of open ones can't be read, then nothing is removed.
    for text in ("", "null", '{"message": "Not Found"}'):
        still_open.write_text(text)
        refused = deployed.make("previews-sweep", f"OPEN={still_open}", check=False, **pipeline)
        assert refused.returncode != 0
        assert "can't be read, so nothing is deleted" in refused.stdout
    assert deployed.run(".venv/bin/python", "-c", LIST_STACKS, **aws).stdout.split() == before
    # When it can, then the closed one's copy is removed, and nothing else.
    still_open.write_text('[{"number": 22}, {"number": 3}]')
    assert "Deleting orders-dev-pr-1\n" in deployed.make("previews-sweep", f"OPEN={still_open}", **pipeline).stdout
    after = deployed.run(".venv/bin/python", "-c", LIST_STACKS, **aws).stdout.split()
    assert set(before) - set(after) == {"orders-dev-pr-1"}


@pytest.mark.matrix
def test_after_a_stop_nothing_is_left_and_the_port_is_remembered(stopped: Service) -> None:
    number = port(stopped)
    assert not is_listening(number)
    assert not (stopped.path / ".local" / "tmp").exists()
    assert not (stopped.path / ".local" / "outputs.json").exists()
    assert "isn't running" in stopped.make("local-stop").stdout
    stopped.make("local")
    assert port(stopped) == number


@pytest.mark.matrix
def test_when_another_program_has_taken_the_port_it_says_so_and_takes_another(stopped: Service) -> None:
    number = port(stopped)
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", number))
        other.listen()
        # A port that was only remembered is replaced,
        assert f"Port {number} is in use by another program now; taking" in stopped.make("local").stdout
        stopped.make("local-stop")
        # one that was asked for is not.
        result = stopped.make("local", check=False, LOCAL_PORT=str(number))
        assert result.returncode != 0
        assert f"error: Port {number} is in use by another program" in result.stdout
        assert "Traceback" not in result.stdout
    stopped.make("local", LOCAL_PORT=str(number))
    assert port(stopped) == number
    result = stopped.make("local", check=False, LOCAL_PORT=str(number + 1))
    assert f"The local cloud runs on port {number}; run `make local-stop` to move it." in result.stdout


@pytest.mark.matrix
@pytest.mark.parametrize("wrong", ["http", "0", "65536", "-1"])
def test_a_wrong_port_is_refused(stopped: Service, wrong: str) -> None:
    result = stopped.make("local", check=False, LOCAL_PORT=wrong)
    assert result.returncode != 0
    assert f"error: LOCAL_PORT is '{wrong}'; it must be a port, 1 to 65535." in result.stdout


@pytest.mark.matrix
def test_a_server_that_died_is_started_again(deployed: Service) -> None:
    deployed.make("local")
    os.kill(server_pid(deployed), signal.SIGKILL)
    output = deployed.make("local").stdout
    assert "Starting the local cloud" in output
    assert call(deployed.path, "GET", "/api/orders") == {"orders": [], "next_token": None}


@pytest.mark.matrix
def test_two_runs_at_once_do_not_mix(stopped: Service) -> None:
    first = subprocess.Popen(
        ["make", "local"], cwd=stopped.path, env=user_environment(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    )
    time.sleep(1)
    second = stopped.make("local", check=False)
    assert first.wait() == 0
    assert second.returncode != 0
    assert "error: Another `make local` is at work here" in second.stdout


@pytest.mark.matrix
@pytest.mark.parametrize("seconds", [1, 3, 6])
def test_an_interrupted_run_is_made_good_by_the_next(stopped: Service, seconds: int) -> None:
    # Given a first deployment that is killed, with all that it has started but the server, after some seconds
    process = subprocess.Popen(
        ["make", "local"],
        cwd=stopped.path,
        env=user_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    time.sleep(seconds)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    # When it is deployed again, then it serves
    stopped.make("local")
    assert call(stopped.path, "POST", "/api/orders", {"customer_name": "Ada", "order_item_count": 1})["item_count"] == 1


@pytest.mark.matrix
def test_a_template_that_the_cloud_refuses_is_reported_and_the_next_deployment_works(deployed: Service) -> None:
    # Given a change that can't be deployed
    deployed.make("local")
    line = '    """Called when the tables and the functions are in the stack."""\n'
    wrong = '    import aws_cdk\n\n    aws_cdk.CfnResource(stack, "Wrong", type="AWS::No::Such")\n'
    with deployed.edited(("infra/resources.py", line, line + wrong)):
        # When it is deployed, then the error says what is wrong
        result = deployed.make("local", check=False)
    assert result.returncode != 0
    assert "error: `cdk deploy` has failed" in result.stdout
    assert "AWS::No::Such" in result.stdout
    # and without the change all is well
    deployed.make("local")
    assert call(deployed.path, "GET", "/api/orders")


MISTAKES = {
    "a typo in a declaration": (
        ("infra/functions.py", 'Function("get_order"', 'Function("get_ordr"'),
        r"infra/functions\.py:\d+: there is no service/handlers/get_ordr\.py for get_ordr; did you mean get_order\?",
    ),
    "a syntax error": (
        ("service/dal/orders.py", "from time import time", "from time import time)"),
        r"service/dal/orders\.py:\d+: SyntaxError: unmatched '\)'",
    ),
    "an import error": (
        ("service/handlers/get_order.py", "from service.logic import orders", "from service.logic import ordrs"),
        r"service/handlers/get_order\.py:\d+: ImportError: cannot import name 'ordrs' .*",
    ),
    "a declaration that can't work": (
        ("infra/functions.py", '["Query"]', '["Lookup"]'),
        r"infra/functions\.py:\d+: ValueError: list_orders: reads can't hold Lookup, .*",
    ),
    "another path than the declared one": (
        ("infra/functions.py", '"GET", "/api/orders/{order_id}"', '"GET", "/api/order/{order_id}"'),
        r"infra/functions\.py:\d+: service/handlers/get_order\.py doesn't serve GET /api/order/\{order_id\}\.",
    ),
    "no handler": (
        ("service/handlers/get_order.py", "lambda_handler = ", "handler = "),
        r"service/handlers/get_order\.py:1: there is no lambda_handler, which Lambda calls\.",
    ),
    "an end": (
        ("service/dal/orders.py", "from time import time", "import sys\nfrom time import time\n\nsys.exit(0)"),
        r"service/dal/orders\.py:\d+: SystemExit: 0",
    ),
    "an environment variable that nothing sets": (
        (
            "service/dal/orders.py",
            "from time import time",
            'from os import environ\nfrom time import time\n\nenviron["PARCELS"]',
        ),
        r"service/dal/orders\.py:\d+: KeyError: 'PARCELS' .* Declarations\.variables\)",
    ),
}


@pytest.mark.matrix
@pytest.mark.parametrize("mistake", MISTAKES)
@pytest.mark.parametrize("command", ["local", "synth"])
def test_a_mistake_is_named_with_its_line_before_anything_is_deployed(
    deployed: Service, mistake: str, command: str
) -> None:
    edit, sentence = MISTAKES[mistake]
    with deployed.edited(edit):
        result = deployed.make(command, check=False, AWS_PROFILE="missing")
    assert result.returncode != 0
    assert re.search(f"^error: {sentence}$", result.stdout, re.MULTILINE), result.stdout
    assert "Traceback" not in result.stdout


def test_a_service_that_cannot_start_is_not_deployed_and_what_runs_is_as_it_was(deployed: Service) -> None:
    deployed.make("local")
    with deployed.edited(
        ("service/logic/orders.py", "from service.dal import orders", "from service.dal import ordrs")
    ):
        result = deployed.make("local", check=False)
        assert re.search(r"^error: service/logic/orders\.py:\d+: ImportError: ", result.stdout, re.MULTILINE)
        assert "Nothing was deployed: what runs is as it was." in result.stdout
        assert call(deployed.path, "GET", "/api/orders")
    assert "is up to date" in deployed.make("local").stdout


@pytest.mark.matrix
def test_what_cannot_be_synthesised_is_not_deployed_and_leaves_no_process_behind(deployed: Service) -> None:
    fault = 'import os\n\nif "CDK_OUTDIR" in os.environ:\n    raise RuntimeError("no such luck")\n'
    resources = deployed.path / "infra" / "resources.py"
    with deployed.edited(("infra/resources.py", resources.read_text(), f"{fault}{resources.read_text()}")):
        result = deployed.make("local", check=False)
    assert "The service can't be synthesised" in result.stdout
    assert "RuntimeError: no such luck" in result.stdout
    eventually(lambda: not [words for _, words in commands(deployed.path) if "deploy" in words])


BROKEN = (
    "service/handlers/list_orders.py",
    "    return orders.",
    '    raise LookupError("secret")\n    return orders.',
)


def test_the_logs_say_first_what_has_failed_and_where(deployed: Service) -> None:
    with deployed.edited(BROKEN):
        deployed.make("local")
        # When a request fails
        with pytest.raises(HTTPError) as failure:
            call(deployed.path, "GET", "/api/orders")
        problem = json.loads(failure.value.read())
        logs = deployed.make("logs", "FOLLOW=no", "SINCE=5m").stdout
    # Then the error comes first, with the request's id and the service's own lines
    errors, everything = logs.split("All lines since then")
    short = problem["request_id"][:8]
    assert f"ERROR {short} list_orders   request failed request={problem['request_id']}\n    LookupError\n" in errors
    assert re.search(r"^ +service/handlers/list_orders\.py:\d+ list_orders$", errors, re.MULTILINE)
    assert "secret" not in logs
    # and then what every function has logged, this request's end too.
    assert re.search(rf"INFO  {short} list_orders +request served .*status=500$", everything, re.MULTILINE)
    deployed.make("local")


@pytest.mark.matrix
def test_the_logs_say_why_a_function_cannot_start(deployed: Service) -> None:
    # Given one that has what it needs here, and not on the local cloud
    line = "from time import time\n"
    with deployed.edited(("service/dal/orders.py", line, f"{line}\nimport pytest\n")):
        deployed.make("local")
        with pytest.raises(HTTPError):
            call(deployed.path, "GET", "/api/orders")
        logs = deployed.make("logs", "FOLLOW=no", "SINCE=1m", "FUNCTION=list_orders").stdout
    assert "No module named 'pytest'" in logs.split("All lines since then")[0]
    deployed.make("local")


@pytest.mark.matrix
def test_the_logs_are_followed(deployed: Service, tmp_path: Path) -> None:
    printed = tmp_path / "printed"
    deployed.make("local")

    def served(count: int) -> bool:
        return printed.read_text().partition("All lines since then")[2].count("request served") == before + count

    with printed.open("w") as file:
        process = subprocess.Popen(
            ["make", "logs", "FUNCTION=list_orders"],
            cwd=deployed.path,
            env=user_environment(),
            stdout=file,
            stdin=subprocess.DEVNULL,
        )
        try:
            eventually(lambda: "All lines since then" in printed.read_text())
            time.sleep(1)
            before = printed.read_text().partition("All lines since then")[2].count("request served")
            for count in (1, 2):
                call(deployed.path, "GET", f"/api/orders?limit={count}")
                eventually(partial(served, count), 20)
        finally:
            process.terminate()
            process.wait()


@pytest.mark.matrix
def test_a_wrong_question_about_the_logs_is_answered_with_what_can_be_asked(deployed: Service) -> None:
    asked = {"SINCE=1": "write 30s, 10m or 2h, say", "FUNCTION=orders": "choose one of create_order, delete_order"}
    for question, answer in asked.items():
        result = deployed.make("logs", question, check=False)
        assert result.returncode != 0
        assert answer in result.stdout


@pytest.mark.matrix
def test_the_tables_are_shown_and_filled_with_samples(deployed: Service) -> None:
    deployed.make("local")
    before = len(deployed.make("data", "TABLE=Orders", "LIMIT=1000").stdout.splitlines())
    output = deployed.make("data", "SEED=3").stdout
    assert output.count('POST /api/orders {"customer_name": "Ada", "order_item_count": 3} -> 201') == 3
    assert re.search(rf"^Orders +{before + 3} items +orders-local-", output, re.MULTILINE)
    items = [json.loads(line) for line in deployed.make("data", "TABLE=Orders", "LIMIT=1000").stdout.splitlines()]
    assert len(items) == before + 3
    assert {"name": "Ada", "item_count": 3}.items() <= items[-1].items()
    # A wrong name is answered with the right ones, and nothing is written to production.
    assert "choose one of Idempotency, Orders" in deployed.make("data", "TABLE=Order", check=False).stdout
    refused = deployed.make("data", "SEED=1", "ENVIRONMENT=production", check=False)
    assert refused.returncode != 0
    assert "production is production, where tests only read" in refused.stdout


@pytest.mark.matrix
def test_the_alarms_that_are_on_come_first_with_what_to_do(deployed: Service) -> None:
    deployed.make("local")
    deployed.run("sh", "-c", f"echo '{SET_ALARM}' | make shell", SHELL="/bin/sh")
    first, *others = deployed.make("alarms").stdout.splitlines()
    assert re.fullmatch(r"ALARM +since [-\d]+ [:\d]+ +orders-local-ConfigurationFallback", first)
    assert others[0] == "    tried"
    assert "blueprint/docs/runbook.md" in others[1]
    assert others[-1] == f"{len(others) - 2} alarms in orders-local, 1 of them on"


SET_ALARM = (
    'python -c "import boto3; boto3.client(\\"cloudwatch\\").set_alarm_state('
    'AlarmName=\\"orders-local-ConfigurationFallback\\", StateValue=\\"ALARM\\", StateReason=\\"tried\\")"'
)


@pytest.mark.matrix
def test_a_shell_reaches_the_local_cloud_whatever_the_user_has_set(deployed: Service) -> None:
    deployed.make("local")
    program = 'python -c "import boto3; print(boto3.client(\\"dynamodb\\").list_tables()[\\"TableNames\\"])"'
    output = deployed.run(
        "sh",
        "-c",
        f"echo '{program}' | make shell",
        SHELL="/bin/sh",
        AWS_PROFILE="missing",
        AWS_SESSION_TOKEN="old",  # noqa: S106 - it is nobody's
        AWS_ENDPOINT_URL_DYNAMODB="http://127.0.0.1:1",
    ).stdout
    assert f"orders-local here (http://127.0.0.1:{port(deployed)}); exit ends this." in output
    assert "orders-local-DatabaseOrders" in output


SIGN = """
const [, , page, url, ...credentials] = process.argv;
const text = require("fs").readFileSync(page, "utf8");
globalThis.region = "us-east-1";
globalThis.location = { href: url };
eval(text.slice(text.indexOf("const bytes"), text.indexOf("const ui")) + "; globalThis.sign = sign");
const request = { url, method: "GET", headers: {} };
sign(request, credentials).then(() => console.log(JSON.stringify(request)));
"""


def test_the_documentations_page_signs_requests_that_the_api_accepts(deployed: Service, tmp_path: Path) -> None:
    """It is looked at in a browser by `make pictures`."""
    deployed.make("local")
    script, page = tmp_path / "sign.js", deployed.path / "blueprint" / "runtime" / "swagger.html"
    script.write_text(SIGN)
    caller = json.loads((deployed.path / ".local" / "caller.json").read_text())
    outputs = json.loads((deployed.path / ".local" / "outputs.json").read_text())
    url = f"{outputs['ApiUrl']}api/orders?limit=2&customer_name=Ada+L%C3%B6v(e)*%27s%20%2B"

    def status(secret: str) -> int:
        signed = json.loads(deployed.run(".venv/bin/node", str(script), str(page), url, caller["id"], secret).stdout)
        host = urlsplit(signed["url"]).netloc
        sent = Request(  # noqa: S310
            signed["url"].replace(host, f"127.0.0.1:{port(deployed)}"), headers={**signed["headers"], "Host": host}
        )
        try:
            with urlopen(sent, timeout=30) as answer:  # noqa: S310
                return int(answer.status)
        except HTTPError as error:
            return error.code

    assert status(caller["secret"]) == 200
    assert status("another") == 403
