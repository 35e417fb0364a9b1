"""`make shell`: a shell in which `aws` and boto3 reach ENVIRONMENT: the local cloud, or AWS with your credentials."""

import os
from collections.abc import Iterator

import boto3

from blueprint.operations.target import Target, run
from blueprint.settings import Settings


def shell(settings: Settings) -> Iterator[str]:
    """Says where the shell leads, and becomes it. Raises OperationError when the environment is out of reach."""
    target = Target.chosen(settings)
    where = os.environ.get("AWS_ENDPOINT_URL") or f"AWS, {target.environment.region}"
    yield f"aws and boto3 reach {target.stack_name} here ({where}); exit ends this."
    # As variables, which `curl` and others read as well: those of a profile or of a role, for as long as they last.
    if found := boto3.Session().get_credentials():
        key = found.get_frozen_credentials()
        names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
        os.environ.update({name: value for name, value in zip(names, key[:3], strict=True) if value})
    for name in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS"):
        os.environ.pop(name, None)
    program = os.environ.get("SHELL") or "/bin/sh"
    os.execvp(program, [program])  # noqa: S606 - the user's own


if __name__ == "__main__":
    run(shell)
