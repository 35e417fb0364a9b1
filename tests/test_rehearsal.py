"""The road to AWS, walked on the local cloud: from an empty account to production, every job in the role that it names.

blueprint/docs/deploying.md and pipelines.md of a service say the same in words, and all of their commands are run here.
"""

import json
import platform
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import history
import pytest
import yaml
from github import GitHub
from history import Blueprint, commit, git
from services import Render, Service, user_environment
from workflows import ELSEWHERE, Report, Runner

ACCOUNT = "000000000000"
IDS = ("1234", "5678")
GUIDES = ("deploying.md", "pipelines.md")
PROGRAMS = Path(__file__).parent / "programs"
NOT_FOR_ONE = {"Copies", "Taking an environment down", "4. Deploy"}
"""What a service with one environment, production, doesn't do by hand."""
QUALIFIERS = ("hnb659fds", "orders1")
"""The second one is of production's bootstrap stack: dev's roles know nothing of it, though they share an account."""
RENDERS: dict[str, dict[str, Any]] = {
    "iam": {"environments": "dev, staging, production"},
    "cognito": {"environments": "live", "authorization": "cognito"},
    "none": {"environments": "dev, live", "authorization": "none", "waf": False},
}
# The team's file: it lets AWS's environments stand on the local cloud.
RESOURCES = '''"""What lets AWS's environments stand on the local cloud."""

import hashlib
import os

import aws_cdk as cdk

from blueprint.constructs.stack import ServiceStack
from blueprint.local_cloud.aspect import SkipUnsupported, fix_api_id


def add_resources(stack: ServiceStack) -> None:
    """Leaves out what the local cloud lacks, and gives the outputs addresses that can be reached."""
    cloud = os.environ.get("AWS_ENDPOINT_URL", "")
    if stack.environment_settings.is_local or not cloud:
        return
    cdk.Aspects.of(stack).add(SkipUnsupported())
    fix_api_id(stack.api.rest_api, stack.stack_name)
    api = hashlib.sha256(stack.stack_name.encode()).hexdigest()[:8]
    host = f"{api}.execute-api.localhost:{cloud.rsplit(':', 1)[1]}"
    addresses = {"ApiUrl": f"http://{host}/{stack.environment_settings.name}/", "TokenUrl": f"{cloud}/oauth2/token"}
    for name, address in addresses.items():
        if isinstance(output := stack.node.try_find_child(name), cdk.CfnOutput):
            output.value = address
    if os.environ.get("BREAK"):
        metrics = [{"Id": "nothing", "Expression": "1"}]  # which the local cloud refuses
        rule = {"ComparisonOperator": "GreaterThanThreshold", "EvaluationPeriods": 1, "Threshold": 1}
        alarm = {"Metrics": metrics, **rule}
        broken = cdk.CfnResource(stack, "Broken", type="AWS::CloudWatch::Alarm", properties=alarm)
        broken.node.add_dependency(stack.database)
'''
START = """
from blueprint.local_cloud import server
print(server.start("us-east-1").url)
"""
# AWS's buckets refuse plain HTTP, which is all that the local cloud speaks; its CloudFormation knows no OIDC providers.
PREPARE = """
import sys, boto3
for qualifier in sys.argv[1:]:
    boto3.client("s3").delete_bucket_policy(Bucket=f"cdk-{qualifier}-assets-000000000000-us-east-1")
iam = boto3.client("iam")
iam.create_open_id_connect_provider(
    Url="https://token.actions.githubusercontent.com", ClientIDList=["sts.amazonaws.com"]
)
"""
LEFT_BEHIND = """
import boto3
topic = '{"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}'
boto3.client("cloudformation").create_stack(StackName="orders-dev-pr-9", TemplateBody=topic)
"""
INVENTORY = """
import json, boto3
stacks = {
    stack["StackName"]: stack.get("EnableTerminationProtection", False)
    for stack in boto3.client("cloudformation").describe_stacks()["Stacks"]
    if "DELETE" not in stack["StackStatus"]
}
groups = boto3.client("logs").get_paginator("describe_log_groups").paginate()
names = [
    *boto3.client("dynamodb").list_tables()["TableNames"],
    *(role["RoleName"] for role in boto3.client("iam").list_roles()["Roles"]),
    *(function["FunctionName"] for function in boto3.client("lambda").list_functions()["Functions"]),
    *(group["logGroupName"] for page in groups for group in page["logGroups"]),
    *(topic["TopicArn"] for topic in boto3.client("sns").list_topics()["Topics"]),
    *(found["Name"] for found in boto3.client("appconfig").list_applications()["Items"]),
    *(api["name"] for api in boto3.client("apigateway").get_rest_apis()["items"]),
]
print(json.dumps({"stacks": stacks, "names": names}))
"""
CONFIGURED = """
import boto3, sys
client = boto3.client("appconfig")
(app,) = [app for app in client.list_applications()["Items"] if app["Name"] == sys.argv[1]]
(stage,) = client.list_environments(ApplicationId=app["Id"])["Items"]
ids = {"ApplicationId": app["Id"], "EnvironmentId": stage["Id"]}
newest = max(found["DeploymentNumber"] for found in client.list_deployments(**ids)["Items"])
print(client.get_deployment(**ids, DeploymentNumber=newest).get("Description"))
"""


@dataclass(frozen=True)
class Desk:
    """A person's, with administrator rights in the account: the service's repository, GitHub, and the cloud's address.

    `followed` are the sections of the guides whose commands were run.
    """

    blueprint: Blueprint
    service: Service
    tools: Service
    url: str
    github: GitHub = field(default_factory=lambda: GitHub(ids=IDS))
    followed: set[str] = field(default_factory=set)

    @property
    def variables(self) -> dict[str, str]:
        """How everybody reaches the cloud."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_EC2_METADATA_DISABLED": "true",
            "CDK_HOME": str(self.service.path / ".local" / "cdk"),
            # What these find, `make synth` and `make check` find as well.
            "CDK_VALIDATION": "false",
            "CDK_DISABLE_CLI_TELEMETRY": "true",
        }

    @property
    def administrator(self) -> dict[str, str]:
        return {
            **self.variables,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "us-east-1",
            "CI": "true",  # nobody is asked
        }

    @property
    def environments(self) -> list[str]:
        return self.service.run(".venv/bin/python", "-m", "blueprint.settings").stdout.split()

    def make(self, *arguments: str, check: bool = True, **variables: str) -> str:
        return self.service.make(*arguments, check=check, **self.administrator, **variables).stdout

    @property
    def sections(self) -> dict[str, str]:
        """The commands of the guides, by the heading that they stand under."""
        pages = [(self.service.path / "blueprint" / "docs" / name).read_text() for name in GUIDES]
        parts = [part.split("\n", 1) for page in pages for part in page.removeprefix("# ").split("\n## ")]
        scripts = {
            heading: "\n".join(block.split("```")[0] for block in text.split("```sh\n")[1:]) for heading, text in parts
        }
        return {heading: script for heading, script in scripts.items() if script}

    def follow(self, start: str, check: bool = True, **variables: str) -> str:  # noqa: FBT001, FBT002
        """Runs the commands that a guide has under the heading that starts so."""
        ((heading, script),) = [found for found in self.sections.items() if found[0].startswith(start)]
        self.followed.add(heading)
        programs = self.service.path.parent / "programs"
        programs.mkdir(exist_ok=True)
        shutil.copy(PROGRAMS / "aws.py", programs / "aws")
        (programs / "aws").chmod(0o755)
        path = f"{programs}:{self.service.path / '.venv' / 'bin'}:{user_environment()['PATH']}"
        with self.github.at_hand(programs, path) as gh:
            environment = {**self.administrator, **gh, **variables}
            return self.service.run("sh", "-ec", script, check=check, **environment).stdout

    def python(self, script: str, *arguments: str) -> str:
        return self.service.run(".venv/bin/python", "-c", script, *arguments, check=True, **self.administrator).stdout

    def inventory(self) -> dict[str, Any]:
        """The stacks, each with its termination protection, and the names of everything that stacks hold."""
        found: dict[str, Any] = json.loads(self.python(INVENTORY))
        return found

    def names_of(self, environment: str) -> list[str]:
        """What there is of the environment's stack and of its copies."""
        mine = re.compile(rf"orders-{environment}(?!-account|-pipeline)")
        return [name for name in self.inventory()["names"] if mine.search(name)]

    def edit(self, path: str, old: str, new: str) -> None:
        """Changes a file of the service, as its team would, and commits that."""
        file = self.service.path / path
        text = file.read_text()
        assert old in text, f"{old!r} isn't in {path}"
        file.write_text(text.replace(old, new, 1))
        commit(self.service.path, f"feat: change {path}")

    def run(self, workflow: str, *jobs: str, **view: Any) -> Report:
        """What GitHub runs; `view` is what is different about it."""
        return Runner(self.service, self.tools, replace(self.github, **view), self.variables).run(workflow, jobs)

    def released(self, environment: str) -> int:
        """The version of get_order that the environment serves."""
        (found,) = re.findall(r"GetOrder (\d+)\*", self.make("releases", ENVIRONMENT=environment))
        return int(found)


def succeeded(report: Report) -> Report:
    assert report.failed is None, "\n".join(report.failed or ())
    return report


def prepared(path: Path, workshop: Service, answers: dict[str, Any]) -> Iterator[Desk]:
    """The service of these answers with an empty account, as its team has pushed it."""
    machine = {"x86_64": "x86_64", "AMD64": "x86_64"}.get(platform.machine(), "arm64")
    blueprint = Blueprint.of_this_template(path / "blueprint")
    service = blueprint.render(path / "orders", "1.0.0", repository="acme/orders", architecture=machine, **answers)
    service.borrow_tools(workshop)
    (service.path / "infra" / "resources.py").write_text(RESOURCES)
    settings = service.path / "service.toml"
    text = re.sub(r"^(\[environments\..+\])$", rf'\1\naccount = "{ACCOUNT}"', settings.read_text(), flags=re.MULTILINE)
    own = f'production = true\nbootstrap_qualifier = "{QUALIFIERS[1]}"\nbackup_days = 35\n'
    settings.write_text(text.replace("production = true\n", own))
    commit(service.path, "feat: start from the blueprint")
    try:
        url = service.run(".venv/bin/python", "-c", START).stdout.split()[-1]
        desk = Desk(blueprint, service, workshop, url)
        bootstrap(desk)
        yield desk
    finally:
        service.make("local-stop", check=False)


def bootstrap(desk: Desk) -> None:
    """Once for each account: the CDK, and what the local cloud needs besides."""
    for qualifier in QUALIFIERS:
        desk.follow("2. Bootstrap", ACCOUNT=ACCOUNT, REGION="us-east-1", QUALIFIER=qualifier)
    desk.python(PREPARE, *QUALIFIERS)


@pytest.mark.matrix
@pytest.mark.parametrize("name", RENDERS)
def test_the_road_to_production(name: str, tmp_path: Path, workshop: Service) -> None:
    for desk in prepared(tmp_path, workshop, RENDERS[name]):
        walk(desk)
        assert set(desk.sections) - desk.followed == (NOT_FOR_ONE if name == "cognito" else set())


def let_github_deploy(desk: Desk) -> None:
    """Makes each environment's role, as a person; one in production's account is refused until that is accepted."""
    owner, repository = desk.follow("1. Say where").split()
    ids = f'repository_owner_id = "{owner}"\nrepository_id = "{repository}"\n'
    desk.edit("service.toml", "[service]\n", f"[service]\n{ids}")
    first, *others = desk.environments
    desk.follow("Deploying to AWS", ENVIRONMENT=first)
    if others:
        refused = desk.follow("3. Let GitHub", check=False, ENVIRONMENT=first)
        assert "could change production. Give it another account, or accept" in refused
        desk.edit("service.toml", "[service]\n", "[service]\nproduction_shares_account = true\n")
    for environment in desk.environments:
        output = desk.follow("3. Let GitHub", ENVIRONMENT=environment)
        (role,) = re.findall(r"RoleArn = (\S+)", output)
        assert role == f"arn:aws:iam::{ACCOUNT}:role/orders-{environment}-pipeline"
        desk.follow("Let them deploy", ENVIRONMENT=environment, ROLE_ARN=role)


def walk(desk: Desk) -> None:
    let_github_deploy(desk)
    preview(desk)
    deploy_everything(desk)
    look_around(desk)
    take_an_update(desk)
    roll_back_and_go_on(desk)
    take_down(desk)


def preview(desk: Desk) -> None:
    first, *others = desk.environments
    if not others:
        return
    before = desk.inventory()
    # A pull request gets a preview, which is tested and goes with everything in it; the repository's `sub` has no ids.
    event = {"github.event.pull_request.number": "7"}
    report = succeeded(desk.run("pull-request.yml", "preview", event=event, ids=None))
    pipeline, caller = (f"arn:aws:iam::{ACCOUNT}:role/orders-{first}{kind}" for kind in ("-pipeline", "-pr-7-caller"))
    assert report.roles == {"preview": [pipeline, caller, pipeline]}
    assert desk.inventory() == before
    # What one has left behind is swept, and what belongs to an open one stays.
    desk.python(LEFT_BEHIND)
    assert "orders-dev-pr-9" in desk.inventory()["stacks"]
    request = {"number": 9, "head": "ours", "state": "open"}
    desk.github.pull_requests.append(request)
    for state, left in (("open", True), ("closed", False)):
        desk.github.pull_requests[0]["state"] = state
        succeeded(desk.run("upkeep.yml", "previews"))
        assert ("orders-dev-pr-9" in desk.inventory()["stacks"]) is left


def deploy_everything(desk: Desk) -> None:
    """Main deploys every environment, tests it and releases."""
    *_, production = desk.environments
    main = yaml.safe_load((desk.service.path / ".github" / "workflows" / "main.yml").read_text())["jobs"]
    report = succeeded(desk.run("main.yml", *(job for job in main if job != "check")))
    assert report.roles == {
        f"deploy-{environment}": [
            f"arn:aws:iam::{ACCOUNT}:role/orders-{environment}-{kind}" for kind in ("pipeline", "caller")
        ]
        for environment in desk.environments
    }
    assert [release["tag"] for release in desk.github.releases] == ["v0.1.0"]
    assert {label.split(":")[0] for label in report.skipped} == {"docs", f"deploy-{production}"}
    # What was uploaded is where the attestation looks for it: GitHub alone is missing.
    [attestation] = [reason for label, reason in report.skipped.items() if "Attest" in label]
    assert attestation == ELSEWHERE["actions/attest"]
    # What keeps data is protected, now that its first deployment has succeeded; nothing else is.
    stacks = desk.inventory()["stacks"]
    assert {name: stacks[f"orders-{name}"] for name in desk.environments} == {
        name: name == production for name in desk.environments
    }


def improve(template: Path) -> None:
    """What the blueprint's next version brings: other code, and another workflow."""
    history.replace(template / "blueprint" / "runtime" / "api.py", "a number in it is too long", "one is too long")
    history.replace(template / ".github" / "workflows" / "update.yml", "minutes: 30", "minutes: 31")


def take_an_update(desk: Desk) -> None:
    """The weekly workflow opens a pull request, in no role of AWS; merged, it goes the way of every other one."""
    first, *_ = desk.environments
    desk.blueprint.release("1.1.0", improve)
    key = desk.service.path.parent / "app.pem"
    key.write_text("the app's private key")
    desk.follow("Let blueprint updates", CLIENT_ID="an app", KEY_FILE=str(key))
    report = succeeded(desk.run("update.yml"))
    assert report.roles == {}
    *_, request = desk.github.pull_requests
    assert not request["draft"]
    assert "From v1.0.0 of the blueprint to v1.1.0" in request["body"]
    git(desk.service.path, "merge", "--quiet", request["head"])
    before = desk.released(first)
    succeeded(desk.run("main.yml", f"deploy-{first}"))
    assert desk.released(first) > before


def roll_back_and_go_on(desk: Desk) -> None:
    """After a person's rollback, the pipeline's role sees it, and its deployment goes to all requests at once."""
    first, *_ = desk.environments
    bad = desk.released(first)
    assert f"GetOrder: version {bad} -> " in desk.make("rollback", ENVIRONMENT=first)
    assert desk.released(first) < bad
    answer = "    return orders.get_order(order_id)"
    desk.edit("service/handlers/get_order.py", answer, f"    order_id = str(order_id)\n{answer}")
    succeeded(desk.run("main.yml", f"deploy-{first}"))
    assert desk.released(first) > bad
    assert desk.python(CONFIGURED, f"orders-{first}").startswith("All at once: ")


def look_around(desk: Desk) -> None:
    """Whoever has the rights sees what runs there."""
    *others, production = desk.environments
    if others:
        assert "-> 201" in desk.make("data", "SEED=1", ENVIRONMENT=others[0])
        assert '"name": "Ada"' in desk.make("data", "TABLE=Orders", ENVIRONMENT=others[0])
        assert "create_order  order placed" in desk.make("logs", "FOLLOW=no", "SINCE=5m", ENVIRONMENT=others[0])
    assert f" alarms in orders-{production}, none of them on" in desk.make("alarms", ENVIRONMENT=production)
    refused = desk.make("data", "SEED=1", check=False, ENVIRONMENT=production)
    assert f"{production} is production, where tests only read" in refused
    commit(desk.service.path, "docs: write the OpenAPI document, from which samples are made")


def take_down(desk: Desk) -> None:
    *others, production = desk.environments
    assert f"{production} keeps its data" in desk.make("destroy", check=False, ENVIRONMENT=production)
    # What keeps no data leaves nothing behind, and can be made again; so it is with copies of it.
    if others:
        desk.follow("Taking an environment down", ENVIRONMENT=others[0])
        assert not desk.names_of(others[0])
        desk.follow("4. Deploy", ENVIRONMENT=others[0])
        desk.follow("Taking an environment down", ENVIRONMENT=others[0])
        desk.follow("Copies", ENVIRONMENT=others[0])
        assert not desk.names_of(others[0])
    # Production goes by the steps of its section.
    desk.edit("service.toml", "backup_days = 35\n", "retain_data = false\n")
    desk.follow("Taking production down", ENVIRONMENT=production, STACK=f"orders-{production}")
    assert f"orders-{production}" not in desk.inventory()["stacks"]


@pytest.mark.matrix
def test_a_first_deployment_to_production_that_fails_is_repeated(tmp_path: Path, workshop: Service) -> None:
    for desk in prepared(tmp_path, workshop, {"environments": "live"}):
        # Given a first deployment that fails when the tables are made already
        failed = desk.make("deploy", check=False, ENVIRONMENT="live", BREAK="true")
        assert "metric math" in failed
        (table,) = [name for name in desk.names_of("live") if "DatabaseOrders" in name]
        # When it is repeated, then it succeeds, names the table that nothing uses, and is protected from then on.
        assert f"A failed deployment has left {table} behind" in desk.follow("4. Deploy", ENVIRONMENT="live")
        assert desk.inventory()["stacks"]["orders-live"] is True
        # A renamed table with data is refused, by both commands.
        desk.edit("infra/tables.py", 'name="Orders"', 'name="Purchases"')
        for use in ("    orders_table_name: str", "from_environment().orders_table_name"):
            desk.edit("service/dal/orders.py", use, use.replace("orders_table_name", "purchases_table_name"))
        for command in ("deploy", "diff"):
            assert "which is retained, would leave the stack" in desk.make(command, check=False, ENVIRONMENT="live")


@dataclass(frozen=True)
class Fault:
    """An edit of the service, and what the job that meets it says in which step."""

    path: str
    old: str
    new: str
    job: str
    step: str
    message: str


FAULTS = {
    "a grant is taken from the caller": Fault(
        "blueprint/constructs/caller_role.py",
        'actions=["logs:FilterLogEvents"]',
        'actions=["logs:GetLogEvents"]',
        "deploy-dev",
        "Test it over HTTP",
        "not authorized to perform: logs:FilterLogEvents",
    ),
    "a role is misspelt": Fault(
        ".github/workflows/main.yml",
        "role/orders-dev-caller",
        "role/orders-dev-callers",
        "deploy-dev",
        "Assume the role that may call",
        "AccessDenied",
    ),
    "the subject is trusted in one form": Fault(
        "blueprint/accounts/pipeline.py",
        "for name in (service.repository, with_ids)",
        "for name in (service.repository,)",
        "deploy-dev",
        "Assume the pipeline's role",
        "Not authorized to perform sts:AssumeRoleWithWebIdentity",
    ),
    "production has no caller": Fault(
        "blueprint/constructs/stack.py",
        "if not service.repository or self.environment_settings.is_local:",
        "if not service.repository or self.environment_settings.is_local or self.environment_settings.production:",
        "deploy-live",
        "Assume the role that may read from",
        "AccessDenied",
    ),
}


@pytest.mark.matrix
@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_stops_the_job_that_meets_it(name: str, tmp_path: Path, workshop: Service) -> None:
    fault = FAULTS[name]
    for desk in prepared(tmp_path, workshop, {"environments": "dev, live"}):
        desk.edit(fault.path, fault.old, fault.new)
        let_github_deploy(desk)
        report = desk.run("main.yml", fault.job)
        assert report.failed is not None
        assert fault.step in report.failed[0]
        assert fault.message in report.failed[1]


@pytest.mark.matrix
def test_a_resource_that_is_retained_in_dev_is_seen(tmp_path: Path, render: Render, workshop: Service) -> None:
    service = render(tmp_path / "orders").borrow_tools(workshop)
    kept = ('self, "AccessLog", removal_policy=cdk.RemovalPolicy.DESTROY', 'self, "AccessLog"')
    with service.edited(("blueprint/constructs/api.py", *kept)):
        result = service.run(
            *(".venv/bin/pytest", "blueprint/tests/security", "--no-cov", "-k", "nothing_stays and dev"), check=False
        )
    assert result.returncode
    assert "AWS::Logs::LogGroup" in result.stdout
