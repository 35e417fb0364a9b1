"""The addresses of the service on the local cloud, and a call that works when pasted: python -m infra.app addresses."""

import json
import os
import shlex
from collections.abc import Sequence

from blueprint.declare import Declarations
from blueprint.openapi import document
from blueprint.openapi.example import example
from blueprint.settings import LOCAL
from blueprint.testing.client import token
from blueprint.testing.environment import caller, environment, outputs, reach, settings


def main(declarations: Declarations, _: Sequence[str]) -> None:
    """Prints what a person can do with the deployed service."""
    os.environ["ENVIRONMENT"] = LOCAL
    reach()
    key, url = caller(), outputs()["ApiUrl"]
    # What authorizes a call: in a browser, whose page /swagger reads it from the address, and as arguments of curl.
    match settings().service.authorization:
        case "iam":
            credentials = f"{key.access_key}:{key.secret_key}"
            browser = f"#{credentials}"
            curl = f'--aws-sigv4 "aws:amz:{environment().region}:execute-api" --user {credentials}'
        case "cognito":
            browser, curl = f"#{token()}", '--header "Authorization: Bearer $(make --silent token)"'
        case "none":
            browser = curl = ""
    print(f"\nAPI      {url}\nSwagger  {url}swagger{browser}\nLogs     make logs\n")
    call = example(json.loads(document.current(declarations)))
    if call:
        # A key that is another one whenever the line is pasted.
        headers = call.headers | {name: "$(date +%s)" for name in call.headers if name == "Idempotency-Key"}
        arguments = [*filter(None, [curl]), *(f'--header "{name}: {value}"' for name, value in headers.items())]
        if call.body is not None:
            arguments.append(f"--data {shlex.quote(json.dumps(call.body))}")
        arguments.append(url.rstrip("/") + call.path)
        print(f"{call.summary}:\n  curl " + " \\\n    ".join(arguments) + "\n")
