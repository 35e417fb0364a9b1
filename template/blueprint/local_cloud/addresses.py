"""The addresses of the service on the local cloud, and a call that works when pasted: python -m infra.app addresses."""

import json
import sys
from collections.abc import Mapping, Sequence

from blueprint import settings as service_settings
from blueprint.declare import Declarations
from blueprint.local_cloud.deployment import CALLER, OUTPUTS
from blueprint.local_cloud.server import FOLDER
from blueprint.openapi import document
from blueprint.openapi.example import example
from blueprint.settings import LOCAL, ROOT, Settings


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
Log      {FOLDER.relative_to(ROOT)}/server.log
""")
    call = example(json.loads(document.current(declarations)))
    if call:
        arguments = (_credentials(settings, caller), *call.arguments, url.rstrip("/") + call.path)
        print(f"{call.summary}:\n  curl " + " \\\n    ".join(filter(None, arguments)) + "\n")


def _credentials(settings: Settings, caller: Mapping[str, str]) -> str:
    """The arguments of curl that authorize a call."""
    region = settings.environment(LOCAL).region
    return {
        "iam": f'--aws-sigv4 "aws:amz:{region}:execute-api" --user {caller["id"]}:{caller["secret"]}',
        "cognito": '--header "Authorization: Bearer $(make --silent token)"',
        "none": "",
    }[settings.service.authorization]
