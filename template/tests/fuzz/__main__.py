"""`make fuzz`: schemathesis against ENVIRONMENT's deployed service.

FUZZ_SEED, a number, makes other requests than the usual ones; further arguments go to `schemathesis run`.
"""

import os
import subprocess
import sys
from pathlib import Path

from blueprint.settings import ROOT
from blueprint.testing.environment import outputs, reach

SEED = "20261123"


def main() -> None:
    reach()
    environment = {
        **os.environ,
        "API_URL": outputs()["ApiUrl"].rstrip("/"),
        "PYTHONPATH": str(ROOT),
    }
    configuration = Path(__file__).with_name("schemathesis.toml")
    command = ["schemathesis", "--config-file", str(configuration), "run", "docs/openapi.json"]
    command += ["--seed", os.environ.get("FUZZ_SEED", SEED), *sys.argv[1:]]
    sys.exit(subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode)


if __name__ == "__main__":
    main()
