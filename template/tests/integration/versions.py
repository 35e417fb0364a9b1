"""Versions of the create function that tests package, publish and put behind the alias that API Gateway calls."""

import io
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import boto3
import requests

from blueprint.testing.environment import outputs

if TYPE_CHECKING:
    from types_boto3_lambda import LambdaClient

ALIAS = "live"


@dataclass(frozen=True)
class Versions:
    """The create function, whose deployed package is `package`."""

    client: "LambdaClient"
    function: str
    package: bytes

    def publish(self, files: Mapping[str, bytes], *, handler: str, timeout: int) -> str:
        """A version of the deployed code with these files added or replaced; returns its number."""
        archive = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(self.package)) as old, zipfile.ZipFile(archive, "w") as new:
            for name in old.namelist():
                # Without the bytecode of what is replaced.
                if name not in files and not any(name.startswith(_cached(file)) for file in files):
                    new.writestr(name, old.read(name))
            for name, content in files.items():
                new.writestr(name, content)
        self.client.update_function_configuration(FunctionName=self.function, Handler=handler, Timeout=timeout)
        self.client.update_function_code(FunctionName=self.function, ZipFile=archive.getvalue())
        return self.client.publish_version(FunctionName=self.function)["Version"]

    def source(self, name: str) -> str:
        """A file of the deployed package."""
        with zipfile.ZipFile(io.BytesIO(self.package)) as archive:
            return archive.read(name).decode()

    def switch_to(self, version: str) -> None:
        self.client.update_alias(FunctionName=self.function, Name=ALIAS, FunctionVersion=version)


def _cached(file: str) -> str:
    folder, _, name = file.rpartition("/")
    return f"{folder}/__pycache__/{name.removesuffix('.py')}."


@contextmanager
def versions() -> Iterator[Versions]:
    """At the end the function, and the version behind its alias, are what they were."""
    client: LambdaClient = boto3.client("lambda")
    function = outputs()["CreateOrderFunctionName"]
    before = client.get_function(FunctionName=function)
    version = client.get_alias(FunctionName=function, Name=ALIAS)["FunctionVersion"]
    package = requests.get(before["Code"]["Location"], timeout=30).content
    found = Versions(client, function, package)
    try:
        yield found
    finally:
        found.switch_to(version)
        configuration = before["Configuration"]
        client.update_function_configuration(
            FunctionName=function, Handler=configuration["Handler"], Timeout=configuration["Timeout"]
        )
        client.update_function_code(FunctionName=function, ZipFile=package)
