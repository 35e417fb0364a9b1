"""docs/dashboard-*.svg: the dashboards as their JSON lays them out, without data; CloudWatch alone draws that."""

import json
import re
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

_UNIT = 34
"""Pixels of one cell of a dashboard's grid, which is 24 cells wide."""
_LINE = 15
_TITLE = ' class="t"'


def documents(resources: Mapping[str, Any]) -> dict[str, str]:
    """The picture of each dashboard in the template, by its file's name."""
    dashboards = [
        resource["Properties"] for resource in resources.values() if resource["Type"] == "AWS::CloudWatch::Dashboard"
    ]
    return {
        f"dashboard-{dashboard['DashboardName'].rpartition('-')[2]}.svg": picture(_widgets(dashboard["DashboardBody"]))
        for dashboard in dashboards
    }


def picture(widgets: list[dict[str, Any]]) -> str:
    """The widgets, as CloudWatch's dashboards describe them, as an SVG for light and dark backgrounds.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
    """
    height = max(widget["y"] + widget["height"] for widget in widgets) * _UNIT
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {24 * _UNIT} {height}" role="img">',
        "<style>text{font:12px sans-serif;fill:#768390}.t{font-weight:bold}rect{fill:none;stroke:#8c959f}</style>",
        *(line for widget in widgets for line in _widget(widget)),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _widgets(body: Any) -> list[dict[str, Any]]:
    parts = body["Fn::Join"][1] if isinstance(body, dict) else [body]
    text = "".join(part if isinstance(part, str) else "" for part in parts)
    widgets: list[dict[str, Any]] = json.loads(text)["widgets"]
    return widgets


def _widget(widget: Mapping[str, Any]) -> Iterator[str]:
    x, y, width, height = (widget[name] * _UNIT for name in ("x", "y", "width", "height"))
    properties = widget["properties"]
    if widget["type"] == "text":
        heading = re.sub(r"[#*]|\]\([^)]*\)|\[", "", properties["markdown"]).strip()
        yield f'<text x="{x + 6}" y="{y + 22}"{_TITLE}>{escape(heading)}</text>'
        return
    yield f'<rect x="{x + 3}" y="{y + 3}" width="{width - 6}" height="{height - 6}" rx="4"/>'
    # An inner SVG, which cuts off what is too long.
    yield f'<svg x="{x + 12}" y="{y + 6}" width="{width - 18}" height="{height - 12}">'
    for number, label in enumerate([properties["title"], *_labels(properties)]):
        yield f'<text y="{_LINE * (number + 1)}"{"" if number else _TITLE}>{escape(label)}</text>'
    yield "</svg>"


def _labels(properties: Mapping[str, Any]) -> list[str]:
    """What a widget shows, each once: the names of its alarms, or the labels of its metrics."""
    if "alarms" in properties:
        count = len(properties["alarms"])
        return [f"The state of {count} alarms"]
    found = []
    for metric in properties.get("metrics", []):
        options = metric[-1] if isinstance(metric[-1], dict) else {}
        names = [part for part in metric if isinstance(part, str)]
        if options.get("visible", True):
            label = options.get("label", "").strip() or (names[1] if len(names) > 1 else "")
            found.append(re.sub(r"\s*\(avg: \$\{AVG\}\)", "", label))
    return list(dict.fromkeys(filter(None, found)))
