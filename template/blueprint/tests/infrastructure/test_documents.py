"""What `make documents` writes says what is in the template."""

import pytest

from blueprint.declare.function import READS, WRITES
from blueprint.documents import command
from blueprint.tests.synthesis import template
from infra.app import DECLARATIONS


@pytest.fixture(scope="module")
def current() -> str:
    return command.current(DECLARATIONS, lambda _, __, environment: template(environment).to_json()["Resources"])


def rows(text: str, heading: str) -> list[list[str]]:
    """The cells of the table below the heading, without its head."""
    table = text.partition(f"## {heading}\n\n")[2].partition("\n\n")[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]


def test_every_grant_of_a_function_is_a_row(current: str) -> None:
    granted = {
        (function.name, f"`dynamodb:{action}`")
        for function in DECLARATIONS.functions
        for _, actions in function.grants
        for action in actions
    }
    written = {
        (row[0], action)
        for row in rows(current, "Who may do what")
        for action in row[3].split(", ")
        if action in {f"`dynamodb:{known}`" for known in READS | WRITES}
    }
    assert written == granted


def test_what_a_security_review_must_see_is_there(current: str) -> None:
    permitted, settings = rows(current, "Who may do what"), rows(current, "Settings")
    actions = {action for row in permitted for action in row[3].split(", ")}
    assert {"`sts:AssumeRole`", "`lambda:InvokeFunction`", "`kms:Decrypt`", "`sns:Publish`"} <= actions
    methods = [row for row in settings if row[0].startswith("ApiGateway::Method") and row[1] == "AuthorizationType"]
    methods = [row for row in methods if not row[0].endswith(("/ANY", "/OPTIONS"))]
    assert len(methods) == sum(len(function.routes) for function in DECLARATIONS.functions)
    protected = {row[0] for row in settings if row[1:] == ["DeletionProtectionEnabled", "true"]}
    assert protected <= {row[0] for row in settings if row[1:] == ["DeletionPolicy", "Retain"]}
    assert len(protected) == sum(table.holds_data for table in DECLARATIONS.tables)
