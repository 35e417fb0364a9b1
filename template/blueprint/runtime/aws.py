"""The clients for AWS services: all from one session, with time limits that fit a request."""

from functools import cache
from typing import TYPE_CHECKING, Any, cast

import boto3
from botocore.config import Config
from botocore.handlers import BUILTIN_HANDLERS, REGISTER_FIRST, REGISTER_LAST, add_retry_headers
from botocore.hooks import EventAliaser, HierarchicalEmitter
from botocore.session import Session
from botocore.utils import EVENT_ALIASES

from blueprint.runtime import start, tracing

if TYPE_CHECKING:
    from types_boto3_appconfigdata import AppConfigDataClient
    from types_boto3_dynamodb import DynamoDBClient


_ALL = "*"
_aliases: dict[str, str] = {}


def _create_session() -> Session:
    """botocore's session; with START_WITH_OWN_EVENTS it handles no events of services that have no client.

    botocore has handlers for some sixty services, and looks at the arguments of each one when it registers it.
    """
    if not start.is_on("START_WITH_OWN_EVENTS"):
        return Session()
    events = EventAliaser(HierarchicalEmitter(), _aliases)
    session = Session(event_hooks=events, include_builtin_handlers=False)
    session.register_component("event_emitter", events)
    _handle_events(session, _ALL)
    return session


def _handle_events(session: Session, service: str) -> None:
    """Registers botocore's handlers of the events of the service, by its id there, or of those of all services."""
    events = session.get_component("event_emitter")
    register = {(): events.register, (REGISTER_FIRST,): events.register_first, (REGISTER_LAST,): events.register_last}
    _aliases.update((alias, name) for alias, name in EVENT_ALIASES.items() if name == service)
    for event, handler, *order in BUILTIN_HANDLERS:
        kind, name = (*event.split("."), _ALL)[:2]
        if kind != "docs" and EVENT_ALIASES.get(name, name) == service:
            register[tuple(order)](event, handler)


_core = _create_session()
_session = boto3.session.Session(botocore_session=_core)


@cache
def dynamodb() -> "DynamoDBClient":
    """The DynamoDB client: up to three attempts.

    So a call that can't succeed gives up within some 6 s, and the request is answered before its function's time
    is up.
    """
    return cast("DynamoDBClient", client("dynamodb", attempts=3))


@cache
def appconfigdata() -> "AppConfigDataClient":
    """The AppConfig client: one attempt, since there is a configuration to fall back on."""
    return cast("AppConfigDataClient", client("appconfigdata", attempts=1))


def client(service: str, *, attempts: int) -> Any:
    """A client for a service of `service/aws_services.py`; each attempt has 1 s to connect and 1 s to answer.

    In Lambda botocore raises UnknownServiceError for another one, whose data the layer doesn't hold. Create clients
    at import, or cached.
    """
    if start.is_on("START_WITH_OWN_EVENTS"):
        _handle_events_of(service)
    created = _session.client(
        service,  # type: ignore[call-overload]
        config=Config(
            connect_timeout=1,
            read_timeout=1,
            retries={"mode": "standard", "total_max_attempts": attempts},
            tcp_keepalive=True,
            parameter_validation=not start.is_on("CALL_WITHOUT_VALIDATION"),
            # Put together once, where botocore would do it twice per call.
            user_agent=_core.user_agent() if start.is_on("CALL_WITH_FIXED_USER_AGENT") else None,
        ),
    )
    if start.is_on("CALL_WITHOUT_RETRY_HEADERS"):
        created.meta.events.unregister("request-created", add_retry_headers)
    tracing.trace_calls(created)
    return created


@cache
def _handle_events_of(service: str) -> None:
    _handle_events(_core, _core.get_service_model(service).service_id.hyphenize())
