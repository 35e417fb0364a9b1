"""Feature flags from AppConfig, and orders that are served without it."""

import json
import os
from typing import Any

import pytest
from pydantic import ValidationError

from blueprint.runtime import configuration
from blueprint.runtime.configuration import FALLBACK_METRIC, DynamicConfiguration
from blueprint.testing.appconfig import AppConfig
from service.models.configuration import ServiceConfiguration
from tests.orders.functions import Orders

EXPRESS = {"features": {"express_shipping": {"default": True}}}
GIFT_FROM_TEN = {
    "features": {
        "gift": {
            "default": False,
            "rules": {
                "a large order": {
                    "when_match": True,
                    "conditions": [{"action": "KEY_GREATER_THAN_OR_EQUAL_VALUE", "key": "item_count", "value": 10}],
                }
            },
        }
    }
}


@pytest.fixture
def current(monkeypatch: pytest.MonkeyPatch) -> DynamicConfiguration[ServiceConfiguration]:
    """The function's configuration, as it is when the function starts."""
    fresh = DynamicConfiguration(ServiceConfiguration)
    monkeypatch.setattr("service.handlers.create_order.configuration", fresh)
    return fresh


@pytest.fixture(autouse=True)
def _fresh(current: DynamicConfiguration[ServiceConfiguration]) -> None:
    """Every test here has a function of its own."""


def fallbacks(capsys: pytest.CaptureFixture[str]) -> int:
    """How often the metric was published so far in the test."""
    return sum(FALLBACK_METRIC in line and "_aws" in line for line in capsys.readouterr().out.splitlines())


def test_flags_show_in_the_order(orders: Orders, appconfig: AppConfig) -> None:
    appconfig.deploy(EXPRESS)
    assert orders.create().json()["shipping"] == "express"
    appconfig.deploy(GIFT_FROM_TEN)
    few, many = orders.create(item_count=9).json(), orders.create(item_count=10).json()
    assert (few["shipping"], few["gift"], many["gift"]) == ("standard", False, True)


def test_a_working_configuration_is_not_counted_as_a_fallback(
    orders: Orders, capsys: pytest.CaptureFixture[str]
) -> None:
    orders.create()
    assert fallbacks(capsys) == 0


UNUSABLE = {
    "empty": b"",
    "not JSON": b"{",
    "no UTF-8": b"\xff",
    "a list": b"[]",
    "a flag without a default": {"features": {"gift": {}}},
    "a flag of another type": {"features": {"gift": {"default": "maybe"}}},
    "a rule without conditions": {"features": {"gift": {"default": False, "rules": {"r": {"when_match": True}}}}},
    "a rule with an unknown action": {
        "features": {
            "gift": {
                "default": False,
                "rules": {
                    "r": {"when_match": True, "conditions": [{"action": "GUESS", "key": "item_count", "value": 1}]}
                },
            }
        }
    },
}


@pytest.mark.parametrize("content", UNUSABLE.values(), ids=UNUSABLE)
def test_an_unusable_configuration_leaves_the_last_one(
    orders: Orders, appconfig: AppConfig, capsys: pytest.CaptureFixture[str], content: Any
) -> None:
    appconfig.deploy(EXPRESS)
    orders.create()
    appconfig.deploy(content)
    if content == b"":
        # AppConfig says with nothing that nothing has changed, except at the start of a session.
        assert orders.create().json()["shipping"] == "express"
        return
    assert orders.create().json()["shipping"] == "express"
    assert fallbacks(capsys) == 1


@pytest.mark.parametrize("content", UNUSABLE.values(), ids=UNUSABLE)
def test_an_unusable_configuration_at_the_start_leaves_the_defaults(
    orders: Orders, appconfig: AppConfig, capsys: pytest.CaptureFixture[str], content: Any
) -> None:
    appconfig.deploy(content)
    assert orders.create().json()["shipping"] == "standard"
    assert fallbacks(capsys) == 1


def test_an_unreachable_appconfig_leaves_the_defaults_then_the_last_configuration(
    orders: Orders, appconfig: AppConfig, capsys: pytest.CaptureFixture[str]
) -> None:
    appconfig.deploy(EXPRESS)
    appconfig.broken = True
    assert orders.create().json()["shipping"] == "standard"
    appconfig.broken = False
    assert orders.create().json()["shipping"] == "express"
    appconfig.broken = True
    assert orders.create().json()["shipping"] == "express"
    assert fallbacks(capsys) == 2


def test_a_failing_appconfig_is_left_alone_for_a_while(
    orders: Orders, appconfig: AppConfig, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(configuration, "RETRY_AFTER_SECONDS", 60)
    appconfig.broken = True
    orders.create()
    asked = appconfig.requests
    orders.create()
    assert appconfig.requests == asked
    assert fallbacks(capsys) == 2


def test_the_configuration_is_kept_for_its_maximum_age_in_seconds(
    appconfig: AppConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr(configuration, "monotonic", lambda: now)
    monkeypatch.setitem(os.environ, "APPCONFIG_MAX_AGE_SECONDS", "60")
    current = DynamicConfiguration(ServiceConfiguration)
    assert not current.get().is_enabled("express_shipping")
    appconfig.deploy(EXPRESS)
    now += 59
    assert not current.get().is_enabled("express_shipping")
    now += 1
    assert current.get().is_enabled("express_shipping")


def test_one_order_asks_for_the_configuration_once(orders: Orders, appconfig: AppConfig) -> None:
    orders.create()
    asked = appconfig.requests
    orders.create()
    assert appconfig.requests == asked + 1


def test_the_packaged_defaults_are_off() -> None:
    assert ServiceConfiguration() == ServiceConfiguration.model_validate_json(
        json.dumps({"features": {"express_shipping": {"default": False}, "gift": {"default": False}}})
    )
    # A name that is misspelt is refused at synthesis; here it may be that of a newer version's flag.
    with pytest.raises(ValidationError):
        ServiceConfiguration.model_validate({"feature": {}}, extra="forbid")
