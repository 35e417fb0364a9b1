"""Deploys the service onto the local cloud with the CDK's own command line."""

import base64
import hashlib
import json
import os
import shlex
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from blueprint.local_cloud import beside
from blueprint.local_cloud.server import ACCESS_KEY, ACCOUNT, FOLDER, LocalCloudError, Server, tail
from blueprint.settings import ALIAS, LOCAL, ROOT, Settings

OUTPUTS = FOLDER / "outputs.json"
CALLER = FOLDER / "caller.json"
_LOG = FOLDER / "deploy.log"
_CDK = str(ROOT / "node_modules" / ".bin" / "cdk")
_BOOTSTRAP_TEMPLATE = ROOT / "node_modules/aws-cdk/lib/api/bootstrap/bootstrap-template.yaml"
# What `cdk bootstrap` sets when it gets no option.
_BOOTSTRAP = {
    "CloudFormationExecutionPolicies": "arn:aws:iam::aws:policy/AdministratorAccess",
    "FileAssetsBucketKmsKeyId": "AWS_MANAGED_KEY",
}
_TIMEOUT_SECONDS = 300


def reach(server: Server, region: str) -> None:
    """Lets the AWS SDK of this process, and what it starts, reach the server as its root user.

    What a user's shell has for AWS, a profile, a session's token or the endpoint of a service, is out of the way then.
    """
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ.update(_variables(server, region))


def _variables(server: Server, region: str) -> dict[str, str]:
    return {
        "AWS_ENDPOINT_URL": server.url,
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": ACCESS_KEY,
        "AWS_DEFAULT_REGION": region,
        "AWS_REGION": region,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def bootstrap(server: Server, region: str) -> None:
    """Bootstraps the CDK, as `cdk bootstrap` does, once per server. Raises LocalCloudError when that fails."""
    client = boto3.client("cloudformation")
    try:
        with suppress(client.exceptions.AlreadyExistsException):
            client.create_stack(
                StackName="CDKToolkit",
                TemplateBody=_BOOTSTRAP_TEMPLATE.read_text(),
                Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in _BOOTSTRAP.items()],
                Capabilities=["CAPABILITY_NAMED_IAM"],
            )
        waiting: Any = {"Delay": 0.1, "MaxAttempts": 300}
        client.get_waiter("stack_create_complete").wait(StackName="CDKToolkit", WaiterConfig=waiting)
        # The bucket's policy refuses plain HTTP, which is all that the local cloud speaks.
        boto3.client("s3").delete_bucket_policy(Bucket=f"cdk-hnb659fds-assets-{ACCOUNT}-{region}")
    except FileNotFoundError:
        raise LocalCloudError("The CDK's command line isn't installed; run `make dev`.") from None
    except (ClientError, BotoCoreError) as error:
        raise LocalCloudError(
            f"The local cloud on port {server.port} doesn't answer ({error}); run `make local-stop`, then try again."
        ) from None


def deploy(server: Server, settings: Settings, synthesising: subprocess.Popen[bytes]) -> None:
    """Deploys what is being synthesised, writes `OUTPUTS`; raises LocalCloudError when that or the synthesis fails."""
    environment = settings.environment(LOCAL)
    unfinished = OUTPUTS.with_suffix(".unfinished")
    # The command line needs a second to start, and waits for the app as for one that it runs itself.
    wait = f"until test -e {shlex.quote(str(beside.SYNTHESISED))}; do kill -0 {os.getpid()} || exit 1; sleep 0.05; done"
    command = [_CDK, "deploy", "--all", "--require-approval", "never", "--outputs-file", str(unfinished)]
    command += ["--method", "direct"]  # nobody looks at the change set
    command += ["--app", wait, "--output", str(beside.ASSEMBLY)]
    variables = _variables(server, environment.region)
    variables |= {"CDK_HOME": str(FOLDER / "cdk"), "CDK_DISABLE_CLI_TELEMETRY": "true"}
    _LOG.write_bytes(b"")
    with beside.started(command, _LOG, variables) as deploying:
        if _wait("The synthesis", synthesising):
            raise LocalCloudError(f"The service can't be synthesised:\n{tail(beside.SYNTHESIS_LOG)}")
        OUTPUTS.unlink(missing_ok=True)
        beside.SYNTHESISED.touch()
        if _wait("`cdk deploy`", deploying):
            raise LocalCloudError(f"`cdk deploy` has failed; the end of {_LOG}:\n{tail(_LOG)}")
    outputs: dict[str, str] = json.loads(unfinished.read_text())[settings.stack_name(environment)]
    outputs["ApiUrl"] = _local_address(server, outputs["ApiUrl"])
    if "TokenUrl" in outputs:
        outputs["TokenUrl"] = f"{server.url}/oauth2/token"
    unfinished.unlink()
    OUTPUTS.write_text(json.dumps(outputs, indent=2))


def update_code(code: Path) -> None:
    """Lets the deployed functions run the archive's code, behind a new version as from CloudFormation, unless they do.

    Raises LocalCloudError when that fails.
    """
    archive, wanted, client = code.read_bytes(), sha256(code), boto3.client("lambda")
    try:
        for name in functions():
            with suppress(client.exceptions.ResourceNotFoundException):  # no alias: an output that only looks like ours
                if client.get_function_configuration(FunctionName=name, Qualifier=ALIAS)["CodeSha256"] != wanted:
                    version = client.update_function_code(FunctionName=name, ZipFile=archive, Publish=True)["Version"]
                    client.update_alias(FunctionName=name, Name=ALIAS, FunctionVersion=version)
    except (ClientError, BotoCoreError) as error:
        raise LocalCloudError(f"The functions' code can't be updated ({error}); run `make local` again.") from None


def functions() -> list[str]:
    """The names of the deployed functions."""
    outputs = json.loads(OUTPUTS.read_text())
    return [value for name, value in outputs.items() if name.endswith("FunctionName")]


def sha256(archive: Path) -> str:
    """The archive's SHA-256 as Lambda gives it."""
    return base64.b64encode(hashlib.sha256(archive.read_bytes()).digest()).decode()


def create_caller(settings: Settings) -> None:
    """Writes to `CALLER` the access key of an IAM user who may call APIs and do nothing else, unless it is there.

    The root user's signatures are not verified, so that calls in its name would prove nothing.
    """
    if CALLER.exists():
        return
    environment = settings.environment(LOCAL)
    user, client = f"{settings.stack_name(environment)}-caller", boto3.client("iam")
    with suppress(client.exceptions.EntityAlreadyExistsException):  # of a run that was interrupted here
        client.create_user(UserName=user)
    statement = {
        "Effect": "Allow",
        "Action": "execute-api:Invoke",
        # Not "Resource": the local cloud's * matches no line break, which a path may hold, percent-encoded.
        "NotResource": f"arn:aws:execute-api:{environment.region}:{ACCOUNT}:other/*",
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    client.put_user_policy(UserName=user, PolicyName="invoke", PolicyDocument=policy)
    key = client.create_access_key(UserName=user)["AccessKey"]
    CALLER.write_text(json.dumps({"id": key["AccessKeyId"], "secret": key["SecretAccessKey"]}))


def _wait(what: str, process: subprocess.Popen[bytes]) -> int:
    try:
        return process.wait(_TIMEOUT_SECONDS)
    except subprocess.TimeoutExpired:
        raise LocalCloudError(
            f"{what} has not ended after {_TIMEOUT_SECONDS} s; see {FOLDER}, then `make local-stop` and `make local`."
        ) from None


def _local_address(server: Server, url: str) -> str:
    """https://ID.execute-api.REGION.amazonaws.com/STAGE/ as the local cloud serves it."""
    api_id, stage = url.removeprefix("https://").split(".")[0], url.rstrip("/").split("/")[-1]
    return f"http://{api_id}.execute-api.localhost:{server.port}/{stage}/"
