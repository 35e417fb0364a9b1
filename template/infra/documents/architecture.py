"""docs/architecture.md: what the service consists of, as diagrams, from the route table and service.toml."""

from collections.abc import Iterator, Sequence

from infra.route import Route
from infra.settings import Environment, Service, Settings
from infra.table import Table, TableIndex

_PROOF = {"iam": "HTTPS, signed by an AWS principal", "cognito": "HTTPS, with a Cognito token", "none": "HTTPS"}


def document(settings: Settings, routes: Sequence[Route]) -> str:
    """The diagrams of a request, of monitoring and of the way to production, and a table of the environments."""
    environments = [environment for environment in settings.environments.values() if not environment.is_local]
    lines = [
        "# Architecture",
        "",
        "Written by `make documents` from `infra/routes.py`, `infra/tables.py` and `service.toml`.",
        "",
        "## A request",
        "",
        *_diagram(_request(settings.service, environments, routes)),
        "",
        "Each route has a function with a role, a log and an alias of its own, and may do what its arrows say: the",
        "[permissions](permissions.md) name every action. Inside a function, `service/handlers` (HTTP) calls",
        "`service/logic` (the domain), which calls `service/dal` (DynamoDB).",
        "",
        "## Monitoring",
        "",
        *_diagram(_monitoring(environments)),
        "",
        "The [runbook](runbook.md) says of each alarm what it means and what to do. The high-level dashboard, as",
        "its JSON lays it out (the data is CloudWatch's); [the low-level one](dashboard-low.svg) has as much of each",
        "function and table:",
        "",
        "![The high-level dashboard](dashboard-high.svg)",
        "",
        "## Environments",
        "",
        *_diagram(_way(environments)),
        "",
        *_table(environments),
    ]
    return "\n".join(lines) + "\n"


def _diagram(lines: Iterator[str]) -> list[str]:
    return ["```mermaid", *lines, "```"]


def _request(service: Service, environments: Sequence[Environment], routes: Sequence[Route]) -> Iterator[str]:
    guarded = [environment.name for environment in environments if environment.waf]
    yield "flowchart LR"
    yield "  client([Client])"
    yield "  api[API Gateway]"
    if guarded:
        where = "" if len(guarded) == len(environments) else f"<br>in {', '.join(guarded)}"
        yield f'  client -->|"{_PROOF[service.authorization]}"| waf["AWS WAF{where}"] --> api'
    else:
        yield f'  client -->|"{_PROOF[service.authorization]}"| api'
    if service.authorization == "cognito":
        yield "  client -.->|client credentials| pool[Cognito user pool]"
    yield '  subgraph functions ["AWS Lambda"]'
    for route in routes:
        yield f'    f_{route.handler}["{route.method} {route.path}<br>{route.handler}"]'
    yield "  end"
    yield "  api --> functions"
    for table in dict.fromkeys(table for route in routes for table in route.tables):
        yield f"  t_{table.name}[({table.name})]"
    for route in routes:
        for table in route.tables:
            yield f"  f_{route.handler} -->|{_kinds(route, table)}| t_{table.name}"
    readers = [route for route in routes if route.configuration]
    if readers:
        yield '  appconfig["AppConfig:<br>feature flags"]'
    for route in readers:
        yield f"  f_{route.handler} -->|reads| appconfig"


def _kinds(route: Route, table: Table) -> str:
    def reaches(targets: Sequence[Table | TableIndex]) -> bool:
        return any((target.table if isinstance(target, TableIndex) else target) == table for target in targets)

    kinds = [kind for kind, grants in (("reads", route.reads), ("writes", route.writes)) if reaches([*grants])]
    return ", ".join(kinds)


def _monitoring(environments: Sequence[Environment]) -> Iterator[str]:
    careful = [environment.name for environment in environments if environment.delivery == "canary"]
    receivers = sorted({environment.alarm_email for environment in environments} - {""})
    yield "flowchart LR"
    yield '  sources["API Gateway, functions, tables"] -->|metrics| cloudwatch[CloudWatch]'
    yield '  functions[Functions] -->|"business metrics, logs"| cloudwatch'
    yield "  functions -->|traces| xray[X-Ray]"
    yield '  cloudwatch --> high["Dashboard high:<br>API and business"]'
    yield '  cloudwatch --> low["Dashboard low:<br>functions and tables"]'
    yield "  cloudwatch --> alarms{{Alarms}}"
    yield '  alarms -->|encrypted| topic[SNS topic] --> receiver(["' + ("<br>".join(receivers) or "Subscribers") + '"])'
    if careful:
        yield f'  alarms -->|"roll back a deployment in {", ".join(careful)}"| codedeploy[CodeDeploy]'


def _way(environments: Sequence[Environment]) -> Iterator[str]:
    yield "flowchart LR"
    yield "  local([local])"
    names = ["local", *(f"e{number}[{environment.name}]" for number, environment in enumerate(environments))]
    yield f"  {' --> '.join(names)}"


def _table(environments: Sequence[Environment]) -> Iterator[str]:
    yield "| environment | where | AWS WAF | new code | tables | logs | `/swagger` |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    for environment in environments:
        is_marked = environment.production and environment.name != "production"
        yield (
            f"| {environment.name}{' (production)' if is_marked else ''} "
            f"| {' '.join(filter(None, (environment.account, environment.region)))} "
            f"| {'yes' if environment.waf else 'no'} | {environment.delivery.replace('_', ' ')} "
            f"| {'kept' if environment.retain_data else 'deleted'} "
            f"| {environment.log_retention_days} days | {'yes' if environment.swagger else 'no'} |"
        )
    yield ""
    yield "Tables are kept or deleted when the stack goes; kept ones can be restored to any second of the last 35 days."
