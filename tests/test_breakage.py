"""What somebody breaks in a service is caught by its own checks; what breaks in the cloud: test_e2e_finds_faults.py."""

from pathlib import Path

import pytest
from services import Render, Service, placeholders

pytestmark = pytest.mark.matrix

CHECKOUT = "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1"
Edit = tuple[str, str, str]
TYPES = ["python", "blueprint/tools/check_types.py"]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, workshop: Service, render: Render) -> Service:
    service = render(tmp_path_factory.mktemp("breakage") / "service").borrow_tools(workshop)
    service.make("openapi")
    return service


BREAKS: dict[str, tuple[Edit, list[str], str]] = {
    "a wrong handler of a function": (
        ("infra/functions.py", '"get_order"', '"read_order"'),
        ["pytest", "blueprint/tests/infrastructure/test_routes.py"],
        "read_order",
    ),
    "a wrong path of a function": (
        (
            "infra/functions.py",
            '"get_order", Http("GET", "/api/orders/{order_id}")',
            '"get_order", Http("GET", "/api/order/{id}")',
        ),
        ["pytest", "blueprint/tests/infrastructure/test_routes.py"],
        "/api/order/{id}",
    ),
    "an action that isn't pinned": (
        (".github/workflows/update.yml", CHECKOUT, "actions/checkout@v7"),
        ["python", "blueprint/tools/workflows.py"],
        "unpinned-uses",
    ),
    "untrusted text in a script": (
        (".github/workflows/update.yml", "run: make update-summary", "run: echo ${{ github.head_ref }}"),
        ["python", "blueprint/tools/workflows.py"],
        "template-injection",
    ),
    "a script that isn't sound": (
        (".github/workflows/update.yml", "run: make update-summary", "run: rm -rf $HOME/$1"),
        ["python", "blueprint/tools/workflows.py"],
        "SC2086",
    ),
    "a key that workflows don't have": (
        (".github/workflows/update.yml", "timeout-minutes: 30", "timeout: 30"),
        ["python", "blueprint/tools/workflows.py"],
        "check-jsonschema",
    ),
    "an environment that no workflow deploys": (
        ("service.toml", "[environments.staging]", "[environments.qa]\n\n[environments.staging]"),
        ["pytest", "blueprint/tests/infrastructure/test_workflows.py"],
        "make update OPTIONS",
    ),
    "a stale OpenAPI document": (
        ("service/models/order.py", 'description="Who orders."', 'description="Who pays."'),
        ["python", "-m", "infra.app", "openapi", "check"],
        "error: docs/openapi.json is stale",
    ),
    "the blueprint imports a model of the team's": (
        (
            "blueprint/runtime/errors.py",
            "\n\n\nclass ServiceError",
            "\n\nimport service.models.order\n\n\nclass ServiceError",
        ),
        ["lint-imports"],
        "The blueprint imports nothing of the team's: infra/app.py hands it what the team",
    ),
    "the runtime imports another part of the blueprint": (
        (
            "blueprint/runtime/errors.py",
            "\n\n\nclass ServiceError",
            "\n\nimport blueprint.declare\n\n\nclass ServiceError",
        ),
        ["lint-imports"],
        "blueprint.runtime is not allowed to import blueprint.declare",
    ),
    "the logic calls AWS": (
        ("service/logic/orders.py", "from uuid import UUID\n", "from uuid import UUID\n\nimport boto3\n"),
        ["lint-imports"],
        "service.logic.orders -> boto3",
    ),
    "the logic answers in HTTP": (
        (
            "service/logic/orders.py",
            "from datetime import UTC, datetime\n",
            "from datetime import UTC, datetime\nfrom http import HTTPStatus\n",
        ),
        ["ruff", "check", "service"],
        "HTTP belongs in service/handlers/.",
    ),
    "the data access calls the logic": (
        ("service/dal/orders.py", "import ClientError\n", "import ClientError\n\nimport service.logic.orders\n"),
        ["lint-imports"],
        "service.dal is not allowed to import service.logic",
    ),
    "a runtime dependency left out": (
        ("pyproject.toml", '    "pydantic>=2.14,<3",\n', ""),
        ["deptry", "service"],
        "DEP003",
    ),
    "a development dependency in Lambda": (
        ("service/logic/orders.py", "from uuid import UUID\n", "from uuid import UUID\n\nimport requests\n"),
        ["deptry", "service"],
        "DEP004",
    ),
    "a wrong type in what the CDK is given": (
        ("blueprint/constructs/functions.py", "cdk.Duration.seconds(declared.timeout)", "declared.timeout"),
        TYPES,
        'incompatible type "int"; expected "Duration | None"',
    ),
    "a wrong type in a part of the CDK that nothing else uses": (
        (
            "infra/resources.py",
            '    """Called when the tables and the functions are in the stack."""\n',
            '    from aws_cdk import aws_events\n\n    aws_events.EventBus(stack, "Bus", event_bus_name=7)\n',
        ),
        TYPES,
        'incompatible type "int"; expected "str | None"',
    ),
    "a field that a model doesn't have": (
        ("service/logic/orders.py", "request.order_item_count,", "request.order_items_count,"),
        TYPES,
        'has no attribute "order_items_count"',
    ),
    "a function that nobody can follow": (
        (
            "blueprint/accounts/previews.py",
            "def main() -> None:\n",
            "def main() -> None:\n"
            + "".join(f"{'    ' * depth}for x{depth} in []:\n" for depth in range(1, 9))
            + "    " * 9
            + "print()\n",
        ),
        ["complexipy", "--failed"],
        "main",
    ),
}


@pytest.mark.parametrize("name", BREAKS)
def test_a_break_is_caught_by_the_services_own_checks(service: Service, name: str) -> None:
    edit, command, sign = BREAKS[name]
    path = f"{service.path / '.venv' / 'bin'}:/usr/bin:/bin"
    tool = [f".venv/bin/{command[0]}", *command[1:]]
    sound = service.run(*tool, check=False, PATH=path)
    assert sound.returncode == 0, sound.stdout
    with service.edited(edit):
        broken = service.run(*tool, check=False, PATH=path)
    assert broken.returncode != 0
    assert sign in broken.stdout


def test_a_leftover_of_the_templates_language_is_caught(tmp_path: Path, render: Render) -> None:
    service = render(tmp_path / "service")
    assert placeholders(service) == []
    page = service.path / "blueprint" / "docs" / "operating.md"
    page.write_text(page.read_text() + "\n[= service_name =]\n")
    assert placeholders(service) == [page]
