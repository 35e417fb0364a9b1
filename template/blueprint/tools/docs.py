"""`make docs`: builds the documentation site of README.md, docs/, blueprint/docs/ and zensical.toml into build/site.

Everything that a page loads is in the site: Mermaid's script from npm, Swagger UI's from Powertools' wheel. The exit
code is not 0 when zensical finds a link or an anchor that leads nowhere.
"""

import json
import re
import shutil
import sys
import tomllib
from pathlib import Path
from string import Template

from aws_lambda_powertools.event_handler.openapi import swagger_ui

from blueprint.tools import site_pages

ROOT = Path(__file__).parents[2]
BUILD = ROOT / "build"
DOCS = BUILD / "docs"
_MERMAID = ROOT / "node_modules" / "@mermaid-js" / "tiny" / "dist" / "mermaid.tiny.js"
_SWAGGER = Path(swagger_ui.__file__).parent
_SWAGGER_PAGE = Template("""\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>The API of $name</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="assets/swagger-ui.min.css">
<style>
html { color-scheme: light dark }
body { margin: 0; font-family: sans-serif }
body > a { display: inline-block; padding: 1rem; color: inherit }
html.dark-mode body { background: #1b1d21; color: #e4e6e6 }
</style>
</head>
<body>
<a href="index.html">&larr; $name</a>
<div id="swagger"></div>
<script src="assets/swagger-ui-bundle.min.js"></script>
<script>
document.documentElement.classList.toggle("dark-mode", matchMedia("(prefers-color-scheme: dark)").matches);
SwaggerUIBundle({ spec: $document, dom_id: "#swagger", supportedSubmitMethods: [] });
</script>
</body>
</html>
""")


def stage() -> None:
    """Puts together what zensical reads: build/zensical.toml and build/docs."""
    service = tomllib.loads((ROOT / "service.toml").read_text())["service"]
    shutil.rmtree(DOCS, ignore_errors=True)
    shutil.copytree(ROOT / "blueprint" / "docs", DOCS)
    shutil.copytree(ROOT / "docs", DOCS, dirs_exist_ok=True)
    assets = DOCS / "assets"
    assets.mkdir(exist_ok=True)
    style = Path(site_pages.__file__).with_name("site.css")
    for asset in (_MERMAID, style, _SWAGGER / "swagger-ui-bundle.min.js", _SWAGGER / "swagger-ui.min.css"):
        shutil.copy(asset, assets)
    (DOCS / "index.md").write_text(_as_a_page((ROOT / "README.md").read_text()))
    for page in DOCS.rglob("*.md"):
        # The pages of both folders are in one here.
        page.write_text(re.sub(r"\]\((\.\./)*(blueprint/)?docs/", "](", site_pages.prepared(page.read_text())))
    document = (ROOT / "docs" / "openapi.json").read_text().replace("</", "<\\/")
    (DOCS / "swagger.html").write_text(_SWAGGER_PAGE.substitute(name=service["name"], document=document))
    # JSON's strings are TOML's.
    name = f"site_name = {json.dumps(service['name'], ensure_ascii=False)}"
    configuration = (ROOT / "zensical.toml").read_text().replace("[project]\n", f"[project]\n{name}\n", 1)
    (BUILD / "zensical.toml").write_text(configuration)


def _as_a_page(readme: str) -> str:
    """The README as a page of the site: what it says of generated pages, which may not exist yet, are links."""
    return re.sub(r"`docs/(\w+)\.md`", r"[\1](\1.md)", readme)


def main() -> None:
    stage()
    shutil.rmtree(BUILD / "site", ignore_errors=True)
    if site_pages.build("zensical", BUILD):
        sys.exit("error: the site has the faults above.")
    print("build/site/index.html is the site. To read it with its search: python3 -m http.server -d build/site")


if __name__ == "__main__":
    main()
