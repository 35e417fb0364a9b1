"""Two versions of the code and one configuration, which has a flag that only the newer one knows."""

import json
from pathlib import Path

import pytest
from blueprint import settings as service_settings
from blueprint.constructs import configuration
from blueprint.runtime.configuration import Configuration, Feature, Features
from blueprint.settings import SettingsError
from pydantic import Field


class OldFeatures(Features):
    gift: Feature = Feature(default=False)


class Old(Configuration):
    features: OldFeatures = Field(default_factory=OldFeatures)


class NewFeatures(OldFeatures):
    express: Feature = Feature(default=False)


class New(Configuration):
    features: NewFeatures = Field(default_factory=NewFeatures)


TEXT = json.dumps({"features": {"gift": {"default": True}, "express": {"default": True}}, "limit": 3})
ENVIRONMENT = next(iter(service_settings.load().environments.values()))


def test_the_old_version_reads_what_it_knows_of_the_new_ones_configuration() -> None:
    assert Old.model_validate_json(TEXT).is_enabled("gift")
    new = New.model_validate_json(TEXT)
    assert new.is_enabled("gift")
    assert new.is_enabled("express")
    # and the new one works with the configuration from before, until its own is deployed
    before = New.model_validate_json('{"features": {"gift": {"default": true}}}')
    assert before.is_enabled("gift")
    assert not before.is_enabled("express")


def test_a_name_that_the_code_does_not_know_is_refused_at_synthesis(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(configuration, "FOLDER", tmp_path)
    file = tmp_path / f"{ENVIRONMENT.name}.json"
    file.write_text(TEXT.replace(', "limit": 3', ""))
    assert configuration.content(ENVIRONMENT, New) == file.read_text()
    with pytest.raises(SettingsError, match="express"):
        configuration.content(ENVIRONMENT, Old)
    file.write_text(TEXT)
    with pytest.raises(SettingsError, match="limit"):
        configuration.content(ENVIRONMENT, New)
