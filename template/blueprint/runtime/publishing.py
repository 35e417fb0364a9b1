"""What the service tells the world: events on its EventBridge bus, each with a name, a version and a schema."""

from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from blueprint.runtime import aws
from blueprint.runtime.environment_variables import EnvironmentVariables
from blueprint.runtime.observability import logger


class Event(BaseModel):
    """The base of the events' models. `class OrderPlaced(Event)` is the event of that name, version 1.

    A change that would break those who react is another version, published beside the old one for as long as somebody
    reads that: `class OrderPlaced2(Event, name="OrderPlaced", version=2)`. `id` is the same each time that the event is
    published again.
    """

    model_config = ConfigDict(
        frozen=True,
        hide_input_in_errors=True,
        # A field with a default is sent, too, so those who react may rely on it.
        json_schema_serialization_defaults_required=True,
    )

    name: ClassVar[str]
    version: ClassVar[int]
    id: str

    def __init_subclass__(cls, name: str | None = None, version: int = 1) -> None:
        cls.name, cls.version = name or cls.__name__, version

    @classmethod
    def detail_type(cls) -> str:
        """What EventBridge's rules match: the name, with the version from the second one on."""
        return cls.name if cls.version == 1 else f"{cls.name}.v{cls.version}"


class _BusSettings(EnvironmentVariables):
    event_bus_name: str


class NotPublishedError(Exception):
    """EventBridge has refused the event; the message is its code."""


class Bus:
    """The service's event bus; create it at import, in a function that is declared with `publishes=True`."""

    def __init__(self) -> None:
        self._name = _BusSettings.from_environment().event_bus_name
        self._client = aws.client("events", attempts=3)

    def publish(self, event: Event) -> None:
        """Puts the event on the bus. Raises NotPublishedError, or what botocore raises: then it may be there or not."""
        entry = {
            "EventBusName": self._name,
            "Source": logger.service,
            "DetailType": event.detail_type(),
            "Detail": event.model_dump_json(),
        }
        response = self._client.put_events(Entries=[entry])
        if response["FailedEntryCount"]:
            raise NotPublishedError(response["Entries"][0].get("ErrorCode"))
