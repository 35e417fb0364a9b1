"""docs/permissions.md: every kind of resource is shown, a stale document refused."""

from pathlib import Path

import pytest
from blueprint.documents import command, permissions
from infra.app import DECLARATIONS


def rows(text: str) -> list[list[str]]:
    """The cells of the first table, without its head."""
    table = text.partition("## Who may do what\n\n")[2].partition("\n\n")[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]


def test_a_literal_arn_is_shown_as_it_stands() -> None:
    bucket = "arn:aws:s3:::reports/*"
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": [bucket, {"Fn::Sub": "arn:${Elsewhere}"}]}
    resources = {
        "Function": {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "Handler": "service.handlers.report.lambda_handler",
                "Role": {"Fn::GetAtt": ["Role", "Arn"]},
            },
        },
        "Policy": {
            "Type": "AWS::IAM::Policy",
            "Properties": {"PolicyDocument": {"Statement": [statement]}, "Roles": [{"Ref": "Role"}]},
        },
    }
    written = rows(permissions.document("dev", resources))
    assert ["report", bucket, "", "`s3:GetObject`"] in written
    assert ["report", "Fn::Sub arn:${Elsewhere}", "", "`s3:GetObject`"] in written


def test_a_missing_document_is_written_and_a_stale_one_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    document, current = tmp_path / "permissions.md", "# Permissions\n\nAs they are.\n"
    monkeypatch.setattr(command, "DOCUMENT", document)
    monkeypatch.setattr(command, "current", lambda _: current)
    command.check(DECLARATIONS)
    assert document.read_text() == current
    command.check(DECLARATIONS)
    document.write_text("# Permissions\n")
    with pytest.raises(SystemExit, match=r"docs/permissions\.md is stale; run `make documents`"):
        command.check(DECLARATIONS)
