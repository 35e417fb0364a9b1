"""The functions' code on the local cloud: which functions run it, and its update without the CDK."""

import base64
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def sha256(archive: Path) -> str:
    """The archive's SHA-256 as Lambda gives it."""
    return base64.b64encode(hashlib.sha256(archive.read_bytes()).digest()).decode()


def deployed(cloudformation: Any, assembly: Path, stack: str, archive: Path) -> dict[str, list[str]]:
    """The names of the stack's functions that were deployed with this archive, each with its aliases.

    None are found when the code has changed since the assembly was made.
    """
    manifest = json.loads((assembly / f"{stack}.assets.json").read_text())
    assets = {
        f"{key}.zip" for key, file in manifest["files"].items() if _is(assembly / file["source"]["path"], archive)
    }
    resources = json.loads((assembly / f"{stack}.template.json").read_text())["Resources"]
    aliases: dict[str, list[str]] = {
        name: [] for name, resource in resources.items() if _properties(resource).get("Code", {}).get("S3Key") in assets
    }
    for resource in resources.values():
        if resource["Type"] == "AWS::Lambda::Alias":
            function = _properties(resource)["FunctionName"].get("Ref")
            if function in aliases:
                aliases[function].append(_properties(resource)["Name"])
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack)
    return {
        resource["PhysicalResourceId"]: aliases[resource["LogicalResourceId"]]
        for page in pages
        for resource in page["StackResourceSummaries"]
        if resource["LogicalResourceId"] in aliases
    }


def update(client: Any, functions: Mapping[str, list[str]], archive: Path) -> None:
    """Lets the functions, and their aliases, run the archive's code, unless they do already.

    An alias gets a new version, as it does from CloudFormation.
    """
    code, wanted = archive.read_bytes(), sha256(archive)
    for name, aliases in functions.items():
        current = [client.get_function_configuration(FunctionName=name, Qualifier=alias) for alias in aliases]
        if current and all(configuration["CodeSha256"] == wanted for configuration in current):
            continue
        version = client.update_function_code(FunctionName=name, ZipFile=code, Publish=True)["Version"]
        for alias in aliases:
            client.update_alias(FunctionName=name, Name=alias, FunctionVersion=version)


def _is(path: Path, archive: Path) -> bool:
    return path.is_file() and path.stat().st_size == archive.stat().st_size and sha256(path) == sha256(archive)


def _properties(resource: Mapping[str, Any]) -> dict[str, Any]:
    properties: dict[str, Any] = resource.get("Properties", {})
    return properties
