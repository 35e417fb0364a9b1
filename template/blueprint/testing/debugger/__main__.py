"""`make debug`: from its next call on, FUNCTION connects to the debugger that listens on DEBUG_PORT (5678)."""

import os
import sys
from pathlib import Path

import boto3

from blueprint.testing.environment import environment, outputs, reach

_PORT = "5678"
_OUTPUT = "FunctionName"
_LONGEST_SECONDS = 900


def main() -> None:
    if not environment().is_local:
        sys.exit("error: Only functions on the local cloud can be debugged; leave ENVIRONMENT out.")
    reach()
    wanted, port = os.environ.get("FUNCTION", ""), os.environ.get("DEBUG_PORT", _PORT)
    name = outputs().get(f"{wanted.title().replace('_', '')}{_OUTPUT}")
    if name is None:
        sys.exit(f"error: FUNCTION is {wanted!r}; name one of infra/functions.py, as in FUNCTION=create_order.")
    client = boto3.client("lambda")
    variables = client.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    # Python loads sitecustomize, beside this file, before the function.
    variables |= {"DEBUG_PORT": port, "PYTHONPATH": str(Path(__file__).parent)}
    # Without so long a timeout the process would end at its breakpoint.
    client.update_function_configuration(
        FunctionName=name, Environment={"Variables": variables}, Timeout=_LONGEST_SECONDS
    )
    version = client.publish_version(FunctionName=name)["Version"]
    for alias in client.list_aliases(FunctionName=name)["Aliases"]:
        client.update_alias(FunctionName=name, Name=alias["Name"], FunctionVersion=version)
    print(f"Let your debugger listen on 127.0.0.1:{port}, then call {wanted}. `make local-stop` ends this.")


if __name__ == "__main__":
    main()
