#!/usr/bin/env python3
"""GitHub's command line, as far as the workflows and the guides use it. GH_STATE names the file with what it knows."""

import argparse
import json
import os
import re
import sys
from pathlib import Path
from typing import Any

# What a job's token must be allowed to do: https://docs.github.com/rest/authentication/permissions-required-for-github-apps
PERMISSIONS = {
    "pr list": ("pull-requests", "read"),
    "release create": ("contents", "write"),
    "issue list": ("issues", "read"),
    "issue create": ("issues", "write"),
}


def refuse(text: str) -> None:
    sys.exit(f"gh: {text}")


def check_token(command: str) -> None:
    """Refuses a job without a token, and one whose token may not do that."""
    if "GH_PERMISSIONS" not in os.environ:
        return
    if not os.environ.get("GH_TOKEN"):
        refuse("To use GitHub CLI in a GitHub Actions workflow, set the GH_TOKEN environment variable.")
    name, wanted = PERMISSIONS.get(command, ("administration", "write"))
    if json.loads(os.environ["GH_PERMISSIONS"]).get(name) not in {wanted, "write"}:
        refuse(f"Resource not accessible by integration (HTTP 403): {name}: {wanted}")


def api(state: dict[str, Any], given: argparse.Namespace) -> None:
    path = given.arguments[0].replace("{owner}/{repo}", state["repository"])
    repository = f"repos/{state['repository']}"
    environment = re.fullmatch(rf"{repository}/environments/([\w-]+)", path)
    if environment and given.method == "PUT":
        state["environments"].setdefault(environment[1], {})
    elif (path, given.method, given.jq) == (repository, "GET", ".owner.id, .id"):
        print("\n".join(state["ids"]))
    else:
        refuse(f"Not Found (HTTP 404): {given.method} {path} {given.jq}")


def set_value(state: dict[str, Any], kind: str, given: argparse.Namespace) -> None:
    values = state[kind]
    if given.env is not None:
        if given.env not in state["environments"]:
            refuse(f"HTTP 404: Not Found (environments/{given.env}/{kind})")
        values = state["environments"][given.env]
    values[given.arguments[0]] = sys.stdin.read() if given.body is None else given.body


def create_release(state: dict[str, Any], given: argparse.Namespace) -> None:
    (tag,) = given.arguments
    if any(release["tag"] == tag for release in state["releases"]):
        refuse(f"a release with the same tag name already exists: {tag}")
    state["releases"].append({"tag": tag, "target": given.target, "notes": Path(given.notes_file).read_text()})


def main() -> None:
    parser = argparse.ArgumentParser(prog="gh")
    parser.add_argument("command", nargs=1)
    parser.add_argument("arguments", nargs="*")
    for option in ("method", "jq", "env", "body", "state", "limit", "json", "target", "notes-file", "search", "title"):
        parser.add_argument(f"--{option}", default="GET" if option == "method" else None)
    given = parser.parse_intermixed_args()
    if given.command != ["api"]:
        given.command.append(given.arguments.pop(0))
    command = " ".join(given.command)
    check_token(command)
    file = Path(os.environ["GH_STATE"])
    state = json.loads(file.read_text())
    match command:
        case "api":
            api(state, given)
        case "variable set" | "secret set":
            set_value(state, f"{given.command[0]}s", given)
        case "pr list":
            found = [request for request in state["pull_requests"] if request["state"] == given.state]
            print(json.dumps([{given.json: request[given.json]} for request in found]))
        case "release create":
            create_release(state, given)
        case "issue list":
            title = given.search.removesuffix(" in:title")
            for number, issue in enumerate(state["issues"], 1):
                print(*([number] if title in issue["title"] else []))
        case "issue create":
            state["issues"].append({"title": given.title, "body": given.body})
        case _:
            refuse(f"unknown command {command}")
    file.write_text(json.dumps(state))


if __name__ == "__main__":
    main()
