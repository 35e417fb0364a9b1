"""The service's dynamic configuration: infra/configuration/ holds each environment's values."""

from pydantic import Field

from blueprint.runtime.configuration import Configuration, Feature, Features


class ServiceFeatures(Features):
    """The feature flags and their packaged defaults."""

    express_shipping: Feature = Feature(default=False)
    """Orders are shipped by express."""
    gift: Feature = Feature(default=False)
    """Orders come with a gift; rules may look at `item_count`."""


class ServiceConfiguration(Configuration):
    """What AppConfig holds for this service; a field without a value there keeps its default."""

    features: ServiceFeatures = Field(default_factory=ServiceFeatures)
