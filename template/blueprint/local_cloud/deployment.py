"""Deploys the service onto the local cloud with the CDK's own command line."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from blueprint.declare import Declarations
from blueprint.local_cloud.server import ACCESS_KEY, ACCOUNT, FOLDER, LocalCloudError, Server
from blueprint.openapi import document
from blueprint.openapi.example import example
from blueprint.settings import LOCAL, ROOT, Settings

OUTPUTS = FOLDER / "outputs.json"
CALLER = FOLDER / "caller.json"
_LOG = FOLDER / "deploy.log"
_CDK = ROOT / "node_modules" / ".bin" / "cdk"
_BOOTSTRAP_STACK = "CDKToolkit"
_TIMEOUT_SECONDS = 300


def environment_variables(server: Server, region: str) -> dict[str, str]:
    """The variables with which the AWS SDKs and tools reach the server as its root user."""
    return {
        "AWS_ENDPOINT_URL": server.url,
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": ACCESS_KEY,
        "AWS_DEFAULT_REGION": region,
        "AWS_REGION": region,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def bootstrap(server: Server, region: str) -> None:
    """Bootstraps the CDK, once a server. Raises LocalCloudError when that fails."""
    if _is_bootstrapped(server, region):
        return
    # In a folder without cdk.json, since bootstrapping needs no app.
    _cdk(server, region, "bootstrap", f"aws://{ACCOUNT}/{region}", "--no-notices", folder=FOLDER)
    # The bucket's policy refuses plain HTTP, which is all that the local cloud speaks.
    _client(server, region, "s3").delete_bucket_policy(Bucket=f"cdk-hnb659fds-assets-{ACCOUNT}-{region}")


def deploy(server: Server, settings: Settings) -> dict[str, str]:
    """Deploys the stack and returns its outputs. Raises LocalCloudError when that fails."""
    environment = settings.environment(LOCAL)
    OUTPUTS.unlink(missing_ok=True)
    unfinished = OUTPUTS.with_suffix(".unfinished")
    assembly = FOLDER / "cdk.out"
    shutil.rmtree(assembly, ignore_errors=True)  # with the lock that an interrupted run may have left there
    _cdk(
        server,
        environment.region,
        *("deploy", "--all", "--require-approval", "never", "--outputs-file", str(unfinished)),
        *("--output", str(assembly)),
    )
    outputs: dict[str, str] = json.loads(unfinished.read_text())[settings.stack_name(environment)]
    outputs["ApiUrl"] = _local_address(server, outputs["ApiUrl"])
    if "TokenUrl" in outputs:
        outputs["TokenUrl"] = f"{server.url}/oauth2/token"
    unfinished.unlink()
    OUTPUTS.write_text(json.dumps(outputs, indent=2))
    return outputs


def create_caller(server: Server, settings: Settings, outputs: dict[str, str]) -> dict[str, str]:
    """The access key of an IAM user who may call the API and do nothing else; made anew, stored in `.local/`.

    The root user's signatures are not verified, so that calls in its name would prove nothing.
    """
    environment = settings.environment(LOCAL)
    user, client = f"{settings.stack_name(environment)}-caller", _client(server, environment.region, "iam")
    if not CALLER.exists() or not _has_user(client, user):
        client.create_user(UserName=user)
        key = client.create_access_key(UserName=user)["AccessKey"]
        CALLER.write_text(json.dumps({"id": key["AccessKeyId"], "secret": key["SecretAccessKey"]}))
    api_id = outputs["ApiUrl"].removeprefix("http://").split(".")[0]
    statement = {
        "Effect": "Allow",
        "Action": "execute-api:Invoke",
        "Resource": f"arn:aws:execute-api:{environment.region}:{ACCOUNT}:{api_id}/*",
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    client.put_user_policy(UserName=user, PolicyName="invoke", PolicyDocument=policy)
    caller: dict[str, str] = json.loads(CALLER.read_text())
    return caller


def instructions(
    declarations: Declarations, settings: Settings, outputs: dict[str, str], caller: dict[str, str]
) -> str:
    """What a person can do with the deployed service: its addresses and a call that works when pasted."""
    url = outputs["ApiUrl"]
    call = example(json.loads(document.current(declarations)))
    paste = ""
    if call:
        arguments = (_credentials(settings, caller), *call.arguments, url.rstrip("/") + call.path)
        paste = f"\n{call.summary}:\n  curl " + " \\\n    ".join(filter(None, arguments)) + "\n"
    return f"""
API      {url}
Swagger  {url}swagger
Log      {FOLDER.relative_to(ROOT)}/server.log
{paste}"""


def _credentials(settings: Settings, caller: dict[str, str]) -> str:
    """The arguments of curl that authorize a call."""
    region = settings.environment(LOCAL).region
    return {
        "iam": f'--aws-sigv4 "aws:amz:{region}:execute-api" --user {caller["id"]}:{caller["secret"]}',
        "cognito": '--header "Authorization: Bearer $(make --silent token)"',
        "none": "",
    }[settings.service.authorization]


def _is_bootstrapped(server: Server, region: str) -> bool:
    try:
        stacks = _client(server, region, "cloudformation").describe_stacks(StackName=_BOOTSTRAP_STACK)["Stacks"]
    except ClientError:
        return False
    except BotoCoreError as error:
        raise LocalCloudError(
            f"The local cloud on port {server.port} doesn't answer ({error}); run `make local-stop`, then try again."
        ) from None
    policy_is_gone = not _has_bucket_policy(server, region)
    return stacks[0]["StackStatus"] == "CREATE_COMPLETE" and policy_is_gone


def _has_bucket_policy(server: Server, region: str) -> bool:
    try:
        _client(server, region, "s3").get_bucket_policy(Bucket=f"cdk-hnb659fds-assets-{ACCOUNT}-{region}")
    except ClientError:
        return False
    return True


def _has_user(client, user: str) -> bool:  # type: ignore[no-untyped-def]
    try:
        client.get_user(UserName=user)
    except client.exceptions.NoSuchEntityException:
        return False
    return True


def _client(server: Server, region: str, service: str):  # type: ignore[no-untyped-def]
    return boto3.session.Session(aws_access_key_id=ACCESS_KEY, aws_secret_access_key=ACCESS_KEY).client(
        service,  # type: ignore[call-overload]
        region_name=region,
        endpoint_url=server.url,
        config=Config(connect_timeout=2, read_timeout=30, retries={"total_max_attempts": 1}),
    )


def _cdk(server: Server, region: str, *arguments: str, folder: Path = ROOT) -> None:
    """Runs the CDK's command line; its output goes to a log, whose end is in the error when it fails."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
        **environment_variables(server, region),
        "CDK_HOME": str(FOLDER / "cdk"),
        # The checks of `make synth` and `make test`, which cost a deployment seconds.
        "CDK_VALIDATION": "false",
        "CDK_DISABLE_CLI_TELEMETRY": "true",
        "ENVIRONMENT": LOCAL,
        "NO_COLOR": "1",
        "PATH": f"{ROOT / '.venv' / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}",
    }
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    environment.pop("STACK_SUFFIX", None)
    with _LOG.open("w") as log:
        try:
            result = subprocess.run(
                [str(_CDK), *arguments],
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                timeout=_TIMEOUT_SECONDS,
                check=False,
            )
        except FileNotFoundError:
            raise LocalCloudError("The CDK's command line isn't installed; run `make dev`.") from None
        except subprocess.TimeoutExpired:
            raise LocalCloudError(
                f"`cdk {arguments[0]}` has not ended after {_TIMEOUT_SECONDS} s; see {_LOG}, then "
                "`make local-stop` and `make local`."
            ) from None
    if result.returncode:
        raise LocalCloudError(f"`cdk {arguments[0]}` has failed; the end of {_LOG}:\n{_end_of_log()}")


def _end_of_log(lines: int = 40) -> str:
    return "\n".join(Path(_LOG).read_text(errors="replace").splitlines()[-lines:])


def _local_address(server: Server, url: str) -> str:
    """https://ID.execute-api.REGION.amazonaws.com/STAGE/ as the local cloud serves it."""
    api_id, stage = url.removeprefix("https://").split(".")[0], url.rstrip("/").split("/")[-1]
    return f"http://{api_id}.execute-api.localhost:{server.port}/{stage}/"
