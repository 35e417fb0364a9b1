"""The local cloud of a rendered service: `make local`, again and again, whatever has happened before."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
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
    assert re.search(r"^Swagger +http://\S+/local/swagger$", output, re.MULTILINE)
    curl = output[output.index("  curl") :].strip()
    answer = deployed.run("sh", "-c", curl + " --silent --fail").stdout
    assert json.loads(answer[answer.index("{") :])["name"] == "Ada"


def test_a_change_of_the_code_is_served_after_a_redeployment_alone(deployed: Service) -> None:
    # Given a service that is deployed, when its code changes and it is deployed again
    change = ("service/models/input.py", "Field(strict=True)]", "Field(strict=True)] = 7")
    with deployed.edited(change):
        output = deployed.make("local").stdout
    # Then the new code answers
    assert call(deployed.path, "POST", "/api/orders", {"customer_name": "Ada"})["item_count"] == 7
    # and the local cloud was neither started nor prepared anew; `make bench` measures the seconds.
    assert "Starting the local cloud" not in output


def test_it_listens_on_the_loopback_address_only_and_enforces_iam(deployed: Service) -> None:
    number = port(deployed)
    sockets = [
        line.split()[1]
        for table in ("/proc/net/tcp", "/proc/net/tcp6")
        for line in Path(table).read_text().splitlines()[1:]
        if line.split()[1].endswith(f":{number:04X}") and line.split()[3] == "0A"
    ]
    assert sockets == [f"0100007F:{number:04X}"]


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
# The pipeline's role, which may take on the CDK's roles and nothing else: blueprint/accounts/pipeline.py.
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


def test_the_previews_of_closed_pull_requests_are_removed(deployed: Service, tmp_path: Path) -> None:
    # Given copies of dev for the pull requests 1 and 22, of which 22 is still open, and stacks that are no copies of it
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


def test_after_a_stop_nothing_is_left_and_the_port_is_remembered(stopped: Service) -> None:
    number = port(stopped)
    assert not is_listening(number)
    assert not (stopped.path / ".local" / "tmp").exists()
    assert not (stopped.path / ".local" / "outputs.json").exists()
    assert "isn't running" in stopped.make("local-stop").stdout
    stopped.make("local")
    assert port(stopped) == number


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


@pytest.mark.parametrize("wrong", ["http", "0", "65536", "-1"])
def test_a_wrong_port_is_refused(stopped: Service, wrong: str) -> None:
    result = stopped.make("local", check=False, LOCAL_PORT=wrong)
    assert result.returncode != 0
    assert f"error: LOCAL_PORT is '{wrong}'; it must be a port, 1 to 65535." in result.stdout


def test_a_server_that_died_is_started_anew(deployed: Service) -> None:
    deployed.make("local")
    os.kill(server_pid(deployed), signal.SIGKILL)
    output = deployed.make("local").stdout
    assert "Starting the local cloud" in output
    assert call(deployed.path, "GET", "/api/orders") == {"orders": [], "next_token": None}


def test_two_runs_at_once_do_not_mix(stopped: Service) -> None:
    first = subprocess.Popen(
        ["make", "local"], cwd=stopped.path, env=user_environment(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    )
    time.sleep(1)
    second = stopped.make("local", check=False)
    assert first.wait() == 0
    assert second.returncode != 0
    assert "error: Another `make local` is at work here" in second.stdout


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


def test_a_template_that_the_cloud_refuses_is_reported_and_the_next_deployment_works(deployed: Service) -> None:
    # Given a change that can't be deployed
    deployed.make("local")
    line = '    """Called last, when everything else is in the stack."""\n'
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
