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


def _create_session() -> Session:
    """botocore's session; with START_WITH_OWN_EVENTS it handles only the events of the services that it has data of.

    botocore has handlers for some sixty services, and looks at the arguments of each one when it registers it.
    """
    if not start.is_on("START_WITH_OWN_EVENTS"):
        return Session()
    aliases: dict[str, str] = {}
    events = EventAliaser(HierarchicalEmitter(), aliases)
    session = Session(event_hooks=events, include_builtin_handlers=False)
    session.register_component("event_emitter", events)
    ours = {EVENT_ALIASES.get(service, service) for service in session.get_available_services()}
    aliases.update((alias, name) for alias, name in EVENT_ALIASES.items() if name in ours)
    register = {(): events.register, (REGISTER_FIRST,): events.register_first, (REGISTER_LAST,): events.register_last}
    for event, handler, *order in BUILTIN_HANDLERS:
        kind, service = (*event.split("."), "*")[:2]
        if kind != "docs" and (service == "*" or EVENT_ALIASES.get(service, service) in ours):
            register[tuple(order)](event, handler)
    return session


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
