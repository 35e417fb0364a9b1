"""The documents: what they tell people to do works, what they quote and link is there, what is generated is current.

Every command in a `console` fence is run, a service's in a deployed service, each once. One that can't be has a comment
above its fence, `<!-- not run: the reason -->`, and stands in `NOT_RUN`.
"""

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
import questions
import site_builder
from demo import call
from guides import FENCE, RUN_ELSEWHERE, Reader, fences
from services import Render, Service
from user_shell import BLUEPRINT

pytestmark = pytest.mark.matrix

NOT_RUN = {
    "README.md": ["make demo", "make test"],
    "docs/contributing.md": [
        "make",
        "make check",
        "make test",
        "make test-matrix",
        "make fix",
        "make demo",
        "make docs",
        "make pictures",
        "make release VERSION=1.2.0",
        "git push origin main",
    ],
    "service/blueprint/docs/runbook.md": [
        "ENVIRONMENT=production make deploy AT_ONCE=incident",
        "aws cognito-idp add-user-pool-client-secret --user-pool-id POOL --client-id CLIENT",
        "aws cognito-idp list-user-pool-client-secrets --user-pool-id POOL --client-id CLIENT",
        "aws cognito-idp delete-user-pool-client-secret --user-pool-id POOL --client-id CLIENT --client-secret-id OLD",
    ],
}
"""The commands that no test of this module runs; the pages say why."""

FOLLOWED_ELSEWHERE = {"publish-what-happens.md", "react-to-it.md", "one-call.md"}
"""Guides that test_events.py and test_one_call.py follow, each in a service of its own."""

_MADE_BY_THE_SITE = {"service/index.md", "service/swagger.html", "changelog.md"}

CHECKS = {"make check", "make test"}
"""What is run once, after all that the pages add."""


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """A reader who has followed the page "Get started", but for ending the local cloud, which comes at the end."""
    reader = Reader(tmp_path_factory.mktemp("reader"))
    try:
        reader.follow(BLUEPRINT / "docs" / "get-started.md", but={*CHECKS, "make local-stop"})
        yield reader
    finally:
        reader.service.make("local-stop", check=False)


def blueprint_pages() -> list[Path]:
    return [BLUEPRINT / "README.md", *sorted((BLUEPRINT / "docs").glob("*.md"))]


def service_pages(service: Service) -> list[Path]:
    folders = (service.path / "docs", service.path / "blueprint" / "docs")
    pages = [page for folder in folders for page in sorted(folder.glob("*.md"))]
    return [service.path / "README.md", service.path / "AGENTS.md", *pages]


class _Page(HTMLParser):
    """What a page of a site loads and where it leads."""

    def __init__(self, text: str):
        super().__init__()
        self.loads: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        values = dict(attributes)
        if tag in {"script", "img", "iframe", "source"} or (tag == "link" and values.get("rel") != "canonical"):
            self.loads += [value for name in ("src", "href") if (value := values.get(name))]


def assert_it_loads_nothing_from_elsewhere(site: Path) -> None:
    pages = list(site.rglob("*.html"))
    assert pages
    for page in pages:
        for address in _Page(page.read_text()).loads:
            assert not re.match(r"(https?:)?//", address), f"{page.name} loads {address}"
            if not address.startswith("data:"):
                folder = site if address.startswith("/") else page.parent
                path = folder / re.split(r"[?#]", address)[0].lstrip("/")
                assert path.exists(), f"{page.name} lacks {address}"
    for sheet in site.rglob("*.css"):
        assert not re.search(r"url\(\s*['\"]?(https?:)?//|@import", sheet.read_text()), sheet.name


def assert_search_and_assistants_find_the_pages(site: Path) -> None:
    # The search finds what is on the pages, and no source of a diagram.
    found = [item["text"] for item in json.loads((site / "search.json").read_text())["items"]]
    assert any(re.search(r"\blogs\b", text) for text in found)
    assert not [text for text in found if "flowchart" in text]
    # llms.txt lists pages that are there as Markdown, too.
    listed = re.findall(r"\]\((.+\.md)\)", (site / "llms.txt").read_text())
    assert "index.md" in listed
    assert [name for name in listed if not (site / name).read_text().startswith("# ")] == []


def test_the_page_of_the_questions_is_current() -> None:
    assert questions.PAGE.read_text() == questions.page(), "run `make fix`"


def test_quoting_what_does_not_exist_is_refused() -> None:
    quoted = site_builder.quote(
        "template/blueprint/runtime/environment_variables.py EnvironmentVariables.from_environment"
    )
    assert quoted.startswith(
        '```python title="blueprint/runtime/environment_variables.py"\n@classmethod\ndef from_environment('
    )
    with pytest.raises(
        site_builder.QuoteError, match=r"environment_variables\.py has no EnvironmentVariables\.nothing"
    ):
        site_builder.quote("template/blueprint/runtime/environment_variables.py EnvironmentVariables.nothing")
    with pytest.raises(site_builder.QuoteError, match=r"there is no template/nothing\.py"):
        site_builder.quote("template/nothing.py")


def test_no_page_copies_code_of_the_template_but_the_readme_which_has_it_as_it_is() -> None:
    """A quote is a fence that names what it quotes; GitHub shows the README without our site builder."""
    for page in blueprint_pages():
        for fence in fences(page):
            if fence.language in {"python", "toml"}:
                assert page.name == "README.md", page.name
                assert fence.text.strip() in (BLUEPRINT / fence.title).read_text(), fence.title


def test_every_page_of_a_site_is_in_its_navigation() -> None:
    template = BLUEPRINT / "template"
    for configuration, folders in (
        (BLUEPRINT / "zensical.toml", [BLUEPRINT / "docs"]),
        (template / "zensical.toml", [template / "docs", template / "blueprint" / "docs"]),
    ):
        named = set(re.findall(r"\"([\w-]+)\.md\"", configuration.read_text()))
        written = {path.name.partition(".")[0] for pages in folders for path in pages.glob("*.md*")}
        assert written - named == set()


def test_both_sites_are_built_without_a_warning_and_load_nothing_from_elsewhere(reader: Reader, tmp_path: Path) -> None:
    # Given a service that has just been made, when its site is built, and the blueprint's with its pages,
    # then zensical has found no link that leads nowhere,
    reader.service.make("docs")
    assert site_builder.build(reader.folder, tmp_path) == 0
    # and all that the pages load is there
    for site in (reader.folder / "build" / "site", tmp_path / "site"):
        assert_it_loads_nothing_from_elsewhere(site)
        assert_search_and_assistants_find_the_pages(site)
    # A long name in a table is broken at its separators only.
    assert "${AWS::<wbr>Partition}" in (reader.folder / "build" / "site" / "permissions.html").read_text()
    assert json.loads((tmp_path / "site" / "service" / "openapi.json").read_text())["info"]["title"] == "orders"


def test_every_link_between_files_resolves(reader: Reader) -> None:
    """In the repositories, as GitHub shows them; a service has all its documents once its site is built."""
    pages = [*blueprint_pages(), *service_pages(reader.service), *(reader.folder / "aidlc-docs").rglob("*.md")]
    for page in pages:
        for link in re.findall(r"\]\(([^)#\s]+)[^)]*\)", FENCE.sub("", page.read_text())):
            # The blueprint's site has a service's pages beside its own.
            is_on_the_site = link.startswith("service/")
            folders = (
                [reader.folder / "docs", reader.folder / "blueprint" / "docs"] if is_on_the_site else [page.parent]
            )
            exists = any((folder / link.removeprefix("service/")).exists() for folder in folders)
            assert re.match(r"https?:|mailto:", link) or exists or link in _MADE_BY_THE_SITE, (page, link)


def test_without_ai_dlc_a_service_has_nothing_of_it(tmp_path: Path, render: Render) -> None:
    service = render(tmp_path / "service", ai_dlc=False)
    names = {path.name for path in service.path.rglob("*")}
    assert not names & {"AGENTS.md", "aidlc-docs", "aidlc-state.md", "audit.md"}
    assert not names & {"CLAUDE.md", ".claude"}
    assert "AGENTS" not in (service.path / "README.md").read_text()


def test_an_endpoint_is_added_by_following_its_page(reader: Reader) -> None:
    reader.follow(reader.folder / "blueprint" / "docs" / "add-an-endpoint.md", but=CHECKS)


def test_a_table_a_flag_an_environment_and_a_resource_are_added_by_following_their_page(
    reader: Reader, workshop: Service
) -> None:
    reader.service.borrow_types(workshop)
    reader.follow(reader.folder / "blueprint" / "docs" / "add-more.md", but=set())
    # The queue works: an order that is asked for is a message.
    order = call(reader.folder, "POST", "/api/orders", {"customer_name": "Ada", "order_item_count": 1})
    call(reader.folder, "GET", f"/api/orders/{order['id']}")
    assert messages(reader.service) == [order["id"]]
    # Without the one line for its AWS service it is refused, with what to do.
    with reader.service.edited(("service/aws_services.py", ', "sqs")', ")")):
        result = reader.service.run(".venv/bin/pytest", "blueprint/tests/budgets", "-k", "get_order", check=False)
    assert result.returncode != 0
    assert (
        "UnknownServiceError: Unknown service: 'sqs'. Valid service names are: appconfigdata, dynamodb" in result.stdout
    )


def messages(service: Service) -> list[str]:
    """What is in the local cloud's queue of hurries."""
    program = (
        "import boto3\n"
        "from blueprint.testing.environment import reach\n"
        "reach()\n"
        "sqs = boto3.client('sqs')\n"
        "[url] = [url for url in sqs.list_queues()['QueueUrls'] if 'DeadLetters' not in url]\n"
        "print(*[message['Body'] for message in sqs.receive_message(QueueUrl=url)['Messages']])\n"
    )
    return service.run(".venv/bin/python", "-c", program, ENVIRONMENT="local").stdout.split()


def test_every_other_command_of_a_page_works(reader: Reader) -> None:
    for page in service_pages(reader.service):
        if page.name not in FOLLOWED_ELSEWHERE:
            reader.run_commands(page)


def test_what_is_not_run_is_known(reader: Reader) -> None:
    pages = {str(page.relative_to(BLUEPRINT)): page for page in blueprint_pages()}
    pages |= {f"service/{page.relative_to(reader.folder)}": page for page in service_pages(reader.service)}
    marked = {
        name: [command for fence in fences(page) if not fence.is_run for command in fence.commands]
        for name, page in pages.items()
    }
    assert {name: commands for name, commands in marked.items() if commands} == NOT_RUN
    # and of the blueprint's pages, what "Get started" has and what other modules run is all the rest
    followed = {command for fence in fences(BLUEPRINT / "docs" / "get-started.md") for command in fence.commands}
    for page in blueprint_pages():
        for fence in fences(page):
            assert not fence.is_run or set(fence.commands) <= followed | set(RUN_ELSEWHERE), page.name


@pytest.mark.parametrize("command", RUN_ELSEWHERE)
def test_what_another_module_runs_stands_there(command: str) -> None:
    module, text = RUN_ELSEWHERE[command]
    assert text in (BLUEPRINT / "tests" / module).read_text()
