"""GET /swagger: the API's documentation, made from the handlers; a function of its own, so that none of the
others pays for it."""

import importlib
import pkgutil
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.openapi.models import Server

from service import handlers
from service.core.api import create_lambda_handler
from service.core.observability import logger

app = APIGatewayRestResolver()

# Relative to the page, so that it is right wherever the API is reached.
_SERVERS = [Server(url=".")]


def document(title: str) -> dict[str, Any]:
    """The OpenAPI document of all handlers."""
    merged: dict[str, Any] = {"paths": {}, "components": {"schemas": {}}}
    for module_info in pkgutil.iter_modules(handlers.__path__, f"{handlers.__name__}."):
        handler: APIGatewayRestResolver = importlib.import_module(module_info.name).app
        schema = handler.get_openapi_schema(title=title, version="1", servers=_SERVERS)
        part = schema.model_dump(mode="json", by_alias=True, exclude_none=True)
        for path, operations in part.pop("paths", {}).items():
            merged["paths"].setdefault(path, {}).update(operations)
        merged["components"]["schemas"].update(part.pop("components", {}).get("schemas", {}))
        merged = {**part, **merged}
    return merged


@app.get("/swagger")
def swagger() -> Response[Any]:
    """Swagger UI, or the OpenAPI document with ?format=json."""
    title = logger.service
    if app.current_event.get_query_string_value("format") == "json":
        return Response(status_code=200, content_type="application/json", body=document(title))
    return Response(status_code=200, content_type="text/html", body="todo")


lambda_handler = create_lambda_handler(app)
