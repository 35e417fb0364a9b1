"""Runs in a service: what each of its levers is worth, or how large what it uploads is. Prints Markdown.

python packaging_probe.py levers|layer
"""

import sys
from collections.abc import Iterator
from dataclasses import replace

from blueprint import settings as service_settings
from blueprint.bench import functions, layer
from blueprint.bench.command import machine, number, table
from blueprint.bench.functions import Measurement, Subject
from blueprint.packaging.build import Build
from blueprint.packaging.levers import LAYER, START, Levers
from blueprint.testing import sandbox
from infra.app import DECLARATIONS
from tests.samples import ANSWERS, request

COUNTS = {
    "ready": "ready, M instructions",
    "primed": "primed",
    "first": "first request",
    "warm": "following",
}
VALUES = {
    "ready_cpu_ms": "CPU ms to ready",
    "first_cpu_ms": "CPU ms of the first request",
    "peak_mb": "MB at most",
}
ROUNDS = 7


def levers() -> str:
    """The first function; then a row for each lever: how much more it takes without it."""
    subject = functions.subjects(DECLARATIONS, request)[1]

    def without(name: str, layer_levers: Levers = LAYER, *variables: str) -> Subject:
        chosen = sandbox.function(DECLARATIONS, layer_levers)
        switched = replace(chosen, variables={**chosen.variables, **dict.fromkeys(variables, "")})
        return replace(subject, name=f"without {name}", sandbox=switched)

    each_of_the_start = (without(f"`{name}`", LAYER, name) for name in START)
    each_of_the_layer = (
        without(f"`{lever.__name__}`", tuple(each for each in LAYER if each != lever)) for lever in LAYER
    )
    subjects = [subject, *each_of_the_start, *each_of_the_layer, without("any of them", (), *START)]
    measured = functions.measure(subjects, ANSWERS, rounds=ROUNDS)
    whole = measured.pop(subject.name)
    cells = [
        *(number(whole.instructions, name, unit=1e6) for name in COUNTS),
        *(number(whole.values, name) for name in VALUES),
    ]
    rows = [("with all", *cells), *((name, *_more(other, whole)) for name, other in measured.items())]
    head = (subject.name, *COUNTS.values(), *VALUES.values())
    return f"Measured on {machine(DECLARATIONS)}\n\n{table(head, rows)}"


def _more(other: Measurement, whole: Measurement) -> Iterator[str]:
    for name in COUNTS:
        has = name in other.instructions and name in whole.instructions
        yield f"{(other.instructions[name] - whole.instructions[name]) / 1e6:+.1f}" if has else "-"
    for name in VALUES:
        has = name in other.values and name in whole.values
        yield f"{other.values[name] - whole.values[name]:+.1f}" if has else "-"


def sizes() -> str:
    """The layer's size by Lambda's architectures, and that of the code."""
    service = service_settings.load().service
    folders = {}
    for architecture in ("arm64", "x86_64"):
        build = Build(
            service.model_copy(update={"architecture": architecture}),
            aws_services=DECLARATIONS.aws_services,
            for_this_machine=False,
        )
        folders[f"layer, {architecture}"] = build.layer()
    folders["code"] = build.code()
    measured = {name: layer.size(folder) for name, folder in folders.items()}
    rows = [(name, f"{size.unzipped / 1e6:.1f}", f"{size.zipped / 1e6:.1f}") for name, size in measured.items()]
    text: str = table(("upload", "unzipped, MB", "zipped, MB"), rows)
    return text


if __name__ == "__main__":
    print({"levers": levers, "layer": sizes}[sys.argv[1]]())
