"""`make pictures`: makes the pictures in docs/assets from a real run, and looks at both sites in a browser.

A service is rendered, deployed onto its local cloud and called, in a terminal whose output becomes an SVG that plays
it; waits are shortened to `LONGEST_WAIT` seconds. Then a headless Chromium takes screenshots, and opens every page of
the blueprint's and of the service's site, on a desktop's and on a phone's width, light and dark. The exit code is not
0 when a page is wider than the screen, asks another host for something, reports an error, or doesn't draw a diagram.

It needs Chromium on the PATH. The pages are those of the last `make docs`.
"""

import argparse
import os
import pty
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from html import escape
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from time import monotonic, sleep
from typing import Any, Literal

from playwright.sync_api import Browser, Page, sync_playwright
from user_shell import BLUEPRINT, user_path

ASSETS = BLUEPRINT / "docs" / "assets"
PICTURES = BLUEPRINT / "build" / "pictures"
SITES = {"blueprint": BLUEPRINT / "build" / "site", "service": BLUEPRINT / "build" / "service" / "build" / "site"}
SMALLEST_DIAGRAM = 15
"""Pixels that a diagram is high at least, also a wide one on a phone."""
SCREENS = {"desktop": (1280, 900), "phone": (390, 844)}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
COLUMNS = 88
_COLORS = {"light": ("#f6f8fa", "#24292f", "#0550ae", "#cf222e"), "dark": ("#161b22", "#e6edf3", "#79c0ff", "#ff7b72")}
"""Of the background, the text, the commands and the errors."""
LONGEST_WAIT = 2.0
LOGS_SECONDS = 40
"""How long the log is followed: until two orders are placed, between which code is deployed."""
POSTER = 4
"""Seconds for which a recording shows its end before it begins."""


@dataclass(frozen=True)
class Line:
    """A line of the terminal, and the seconds after which it is complete."""

    seconds: float
    text: str
    kind: str = ""
    """A command, or an error."""


class Recording:
    """What a terminal shows of commands."""

    def __init__(self) -> None:
        self._seconds = 0.5
        self.lines: list[Line] = []

    def run(self, command: str, folder: Path, *, shown: str = "") -> str:
        """Runs the command in the folder, where it must succeed; returns its output. `shown` is what stands for it."""
        for number, line in enumerate((shown or command).splitlines()):
            self._add(line if number else f"$ {line}", wait=0.5, kind="command")
        began, output, rest = monotonic(), "", ""
        for chunk in _output(command, folder):
            output += chunk
            *complete, rest = (rest + chunk).split("\n")
            for line in complete:
                self._add(line, wait=monotonic() - began)
                began = monotonic()
        if rest.strip():
            self._add(rest, wait=0.1)
        return output.replace("\r", "")

    def shorten(self, beginning: str) -> None:
        """Leaves of many lines that begin so the first two and the last one, with three dots for those in between."""
        places = [number for number, line in enumerate(self.lines) if line.text.startswith(beginning)]
        if left_out := len(places) - 3:
            last = self.lines[places[-1]]
            self.lines[places[2] : places[-1]] = [Line(last.seconds, f"{beginning}... {left_out} more")]

    def _add(self, text: str, *, wait: float, kind: str = "") -> None:
        kind = kind or ("error" if "\x1b[31m" in text else "")
        self._seconds += min(wait, LONGEST_WAIT)
        plain = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", text).rstrip().rpartition("\r")[2]
        # A key of the local cloud, which looks like one of AWS.
        plain = re.sub(r"--user \S+", "--user ...", re.sub(r"#AKIA\w+:\w+", "#...", plain))
        if not plain and not (self.lines and self.lines[-1].text):
            return
        wrapped = textwrap.wrap(plain, COLUMNS, replace_whitespace=False, drop_whitespace=False) or [""]
        self.lines += [Line(self._seconds, part, kind) for part in wrapped]

    def svg(self, scheme: str) -> str:
        """The recording as an SVG: all of it, as a poster, then once as it came; no motion for those who want less."""
        background, color, command, error = _COLORS[scheme]
        advance, leading = 8.4, 19
        rows = [
            f'<text x="16" y="{28 + number * leading}" class="{line.kind}" '
            f'style="animation-duration:{line.seconds:.1f}s" textLength="{len(line.text) * advance:.1f}" '
            f'lengthAdjust="spacingAndGlyphs">{escape(line.text)}</text>'
            for number, line in enumerate(self.lines)
            if line.text
        ]
        width, height = COLUMNS * advance + 32, len(self.lines) * leading + 32
        head = f"""\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height}" role="img">
<style>
text {{ font: 14px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; white-space: pre; fill: {color};
  animation: hide {POSTER:.0f}s {POSTER:.0f}s }}
.command {{ fill: {command}; font-weight: bold }}
.error {{ fill: {error} }}
@keyframes hide {{ from, to {{ opacity: 0 }} }}
@media (prefers-reduced-motion: reduce) {{ text {{ animation: none }} }}
</style>
<rect width="100%" height="100%" rx="8" fill="{background}"/>"""
        return "\n".join([head, *rows, "</svg>", ""])


def _environment() -> dict[str, str]:
    """That of the user's shell: without this repository's environment, with its uv."""
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS", "VIRTUAL"))},
        "PATH": os.pathsep.join([str(BLUEPRINT / ".tools" / "bin"), user_path()]),
        "COLUMNS": str(COLUMNS),
        "TERM": "xterm",
    }


def _output(command: str, folder: Path) -> Iterator[str]:
    """What the command writes to its terminal, as it comes; ends this process when it fails."""
    terminal, end = pty.openpty()
    command_line = ["sh", "-c", command]
    process = subprocess.Popen(command_line, cwd=folder, env=_environment(), stdin=end, stdout=end, stderr=end)
    os.close(end)
    output = ""
    while chunk := _read(terminal):
        output += chunk
        yield chunk
    os.close(terminal)
    if process.wait():
        sys.exit(f"error: {command} has failed:\n{output}")


def _read(terminal: int) -> str:
    """The next output; nothing once the terminal's other end is closed."""
    try:
        return os.read(terminal, 4096).decode(errors="replace")
    except OSError:
        return ""


@contextmanager
def record(folder: Path) -> Iterator[tuple[Recording, Path]]:
    """A service from nothing to its first order, and where it is deployed until the end of the block."""
    (folder / "serverless-service-blueprint").symlink_to(BLUEPRINT)
    service = folder / "my-orders"
    recording = Recording()
    copy = "copier copy --defaults serverless-service-blueprint my-orders"
    # Without its remark that a tree that is no release has no tags.
    recording.run(f"PYTHONWARNINGS=ignore {BLUEPRINT}/.venv/bin/{copy} 2>&1 | grep -v ' tags '", folder, shown=copy)
    recording.shorten("    create  ")
    try:
        recording.run("true", folder, shown="cd my-orders")
        output = recording.run("make local", service)
        curl = output[output.index("  curl") :].strip()
        recording.run(f"{curl} --silent", service, shown=curl.partition("\\")[0] + "...   # pasted")
        yield recording, service
    finally:
        subprocess.run(["make", "--silent", "local-stop"], cwd=service, check=False)


def record_logs(service: Path) -> Recording:
    """`make logs` while an order is placed, and then another one that fails by a slip in the code."""
    logic, recording = service / "service" / "logic" / "orders.py", Recording()

    def make(*arguments: str) -> None:
        subprocess.run(["make", *arguments], cwd=service, env=_environment(), capture_output=True, check=False)

    def place_orders() -> None:
        sleep(5)
        make("data", "SEED=1")
        logic.write_text(logic.read_text().replace("request.customer_name", "request.customer_nam"))
        make("local")
        make("data", "SEED=1")

    orders = Thread(target=place_orders)
    orders.start()
    output = recording.run(f"timeout --signal=INT {LOGS_SECONDS} make logs SINCE=1s; true", service, shown="make logs")
    orders.join()
    if "AttributeError" not in output:
        sys.exit(f"error: The log has no error:\n{output}")
    return recording


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address at which the folder is served on this machine."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: Any) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def faults(page: Page, address: str, name: str) -> list[str]:
    """What is wrong with the page of that name."""
    found: list[str] = []
    page.on("console", lambda message: found.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: found.append(str(error)))
    page.on(
        "request", lambda request: None if request.url.startswith((address, "data:")) else found.append(request.url)
    )
    page.goto(f"{address}/{name}", wait_until="networkidle")
    for number in range(page.locator(".mermaid").count()):
        diagram = page.locator(".mermaid").nth(number)
        diagram.scroll_into_view_if_needed()
        box = diagram.bounding_box()
        # A drawn one is a box of its own; one that isn't is still the text of its source.
        if diagram.evaluate("element => element.tagName") != "DIV" or box is None or box["height"] < SMALLEST_DIAGRAM:
            found.append(f"diagram {number + 1} is not drawn")
    broken = "[...document.images].filter(image => image.complete && !image.naturalWidth).map(image => image.src)"
    found += [f"{source} is not a picture" for source in page.evaluate(broken)]
    width = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    if width > 0:
        found.append(f"wider than the screen by {width} px")
    return found


def look(browser: Browser) -> int:
    """Opens every page of both sites on every screen; returns how many have faults, after printing them.

    What it sees is in build/pictures, for people to look at.
    """
    bad = count = 0
    for site, folder in SITES.items():
        with served(folder) as address:
            for name in sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.html")):
                for screen, (width, height) in SCREENS.items():
                    for scheme in SCHEMES:
                        page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
                        count += 1
                        if found := faults(page, address, name):
                            bad += 1
                            print(f"{site}/{name}, {screen}, {scheme}: {'; '.join(found)}")
                        file = f"{site}-{name.replace('/', '-').removesuffix('.html')}-{screen}-{scheme}.png"
                        page.screenshot(path=PICTURES / file, full_page=True)
                        page.close()
    print(f"Looked at {count} pages, {bad} with faults.")
    return bad


def take_screenshots(browser: Browser, service: Path) -> None:
    """Swagger UI of the deployed service after a call, which must succeed; a phone's is in build/pictures."""
    address = re.search(
        r"Swagger +(\S+)", subprocess.check_output(["make", "local"], cwd=service, env=_environment(), text=True)
    )
    if address is None:
        sys.exit("error: `make local` prints no address.")
    for screen, (width, height) in SCREENS.items():
        for scheme in SCHEMES:
            page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
            page.goto(address[1], wait_until="networkidle")
            operation = page.locator(".opblock-post").first
            operation.locator(".opblock-summary-control").click()
            operation.get_by_role("button", name="Try it out").click()
            operation.get_by_role("button", name="Execute").click()
            status = operation.locator(".live-responses-table tr.response .response-col_status").inner_text()
            too_wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            if not status.startswith("201") or too_wide > 0:
                sys.exit(f"error: Swagger UI got {status}, and is {too_wide} px too wide.")
            if screen == "desktop":
                page.set_viewport_size({"width": 1100, "height": 1250})
            operation.scroll_into_view_if_needed()
            operation.evaluate("element => element.scrollIntoView()")
            page.screenshot(
                path=ASSETS / f"swagger-{scheme}.png"
                if screen == "desktop"
                else PICTURES / f"swagger-phone-{scheme}.png"
            )
            page.close()


def make_pictures(browser: Browser) -> None:
    with tempfile.TemporaryDirectory() as folder, record(Path(folder)) as (first_order, service):
        take_screenshots(browser, service)
        for name, recording in {"first-order": first_order, "logs": record_logs(service)}.items():
            for scheme in SCHEMES:
                (ASSETS / f"{name}-{scheme}.svg").write_text(recording.svg(scheme))


def main() -> None:
    parser = argparse.ArgumentParser(description="Makes the pictures in docs/assets, and looks at both sites.")
    parser.add_argument("--look", action="store_true", help="only look at the sites")
    look_only = parser.parse_args().look
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("error: Chromium is not on the PATH; install it (apt install chromium).")
    shutil.rmtree(PICTURES, ignore_errors=True)
    PICTURES.mkdir(parents=True)
    ASSETS.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        # Its sandbox needs rights that root in a container lacks; it opens nothing but our own pages.
        browser = playwright.chromium.launch(executable_path=chromium, chromium_sandbox=False)
        if not look_only:
            make_pictures(browser)
            # The site was built with the pictures of before.
            shutil.copytree(ASSETS, SITES["blueprint"] / "assets", dirs_exist_ok=True)
        bad = look(browser)
        browser.close()
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
