"""Part of `make check`: the workflows are valid, safe and their scripts sound.

    python blueprint/tools/workflows.py [FOLDER]      of this repository by default

GitHub's schema by check-jsonschema, security by zizmor in its pedantic persona, each `run:` by shellcheck. All offline.
"""

import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(sys.argv[1] if sys.argv[1:] else Path(__file__).parents[2])
WORKFLOWS = ROOT / ".github" / "workflows"
DEPENDABOT = ROOT / ".github" / "dependabot.yml"


def main() -> None:
    workflows = [str(path) for path in sorted(WORKFLOWS.glob("*.yml"))]
    if not workflows:
        return
    checks = [
        ["check-jsonschema", "--quiet", "--builtin-schema", "vendor.github-workflows", *workflows],
        ["zizmor", "--quiet", "--offline", "--persona", "pedantic", "--no-progress", str(ROOT / ".github")],
    ]
    if DEPENDABOT.exists():
        checks.append(["check-jsonschema", "--quiet", "--builtin-schema", "vendor.dependabot", str(DEPENDABOT)])
    failed = [command[0] for command in checks if subprocess.run(command, cwd=ROOT, check=False).returncode]
    failed += [where for where, script in scripts() if not is_sound(script)]
    if failed:
        sys.exit(f"error: the workflows have findings: {', '.join(failed)}.")


def scripts() -> list[tuple[str, str]]:
    """Each `run:` of the workflows, with where it stands."""
    return [
        (f"{path.name}, {step.get('name', 'a step without a name')}", step["run"])
        for path in sorted(WORKFLOWS.glob("*.yml"))
        for job in yaml.safe_load(path.read_text())["jobs"].values()
        for step in job.get("steps", [])
        if "run" in step
    ]


def is_sound(script: str) -> bool:
    """Whether shellcheck finds nothing. GitHub runs it with bash -e."""
    command = ["shellcheck", "--shell=bash", "-"]
    return subprocess.run(command, input=f"set -e\n{script}", text=True, check=False).returncode == 0


if __name__ == "__main__":
    main()
