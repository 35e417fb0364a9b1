"""The addresses of the service on the local cloud, and a call that works when pasted: python -m infra.app addresses."""

import json
import shlex
import sys
from collections.abc import Mapping, Sequence

from blueprint import settings as service_settings
from blueprint.declare import Declarations
from blueprint.local_cloud.deployment import CALLER, OUTPUTS
from blueprint.openapi import document
from blueprint.openapi.example import example
from blueprint.settings import LOCAL, Settings


def main(declarations: Declarations, _: Sequence[str]) -> None:
    """Prints what a person can do with the deployed service."""
    if not OUTPUTS.exists():
        sys.exit("error: The service isn't deployed onto the local cloud; run `make local`.")
    settings = service_settings.load()
    outputs, caller = json.loads(OUTPUTS.read_text()), json.loads(CALLER.read_text())
    url = outputs["ApiUrl"]
    print(f"""
API      {url}
Swagger  {url}swagger
Logs     make logs
""")
    call = example(json.loads(document.current(declarations)))
    if call:
        arguments = [_credentials(settings, caller)]
        # A key that is another one whenever the line is pasted.
        headers = call.headers | {key: "$(date +%s)" for key in call.headers if key == "Idempotency-Key"}
        arguments += [f'--header "{name}: {value}"' for name, value in headers.items()]
        if call.body is not None:
            arguments.append(f"--data {shlex.quote(json.dumps(call.body))}")
        arguments.append(url.rstrip("/") + call.path)
        print(f"{call.summary}:\n  curl " + " \\\n    ".join(filter(None, arguments)) + "\n")


def _credentials(settings: Settings, caller: Mapping[str, str]) -> str:
    """The arguments of curl that authorize a call."""
    region = settings.environment(LOCAL).region
    return {
        "iam": f'--aws-sigv4 "aws:amz:{region}:execute-api" --user {caller["id"]}:{caller["secret"]}',
        "cognito": '--header "Authorization: Bearer $(make --silent token)"',
        "none": "",
    }[settings.service.authorization]
