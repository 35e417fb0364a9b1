"""Whoever writes a wrong service.toml, or asks for the wrong environment, reads what is right."""

from pathlib import Path

import pytest
from blueprint import settings as service_settings
from blueprint.accounts import safety
from blueprint.settings import LOCAL, Settings, SettingsError

SERVICE = '[service]\nname = "billing"\n'
ENVIRONMENTS = "[environments.dev]\n[environments.live]\nproduction = true\n"


def load(folder: Path, text: str) -> Settings:
    path = folder / "service.toml"
    path.write_text(text)
    return service_settings.load(path)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("name = ", "is not valid TOML"),
        (SERVICE, "it names no environment; add one, such as [environments.dev]"),
        (SERVICE + "[environments.local]", "the environment local is built in; choose another name"),
        ("[service]\n" + ENVIRONMENTS, "service.name: is missing"),
        (
            '[service]\nname = "Billing"\n' + ENVIRONMENTS,
            "service.name: is 'Billing', but must be 2 to 28 of lower-case",
        ),
        (
            SERVICE + 'python = "2.7"\n' + ENVIRONMENTS,
            "service.python: Input should be '3.11', '3.12', '3.13' or '3.14'",
        ),
        (SERVICE + 'pyton = "3.14"\n' + ENVIRONMENTS, "service.pyton: is unknown; choose one of name, description"),
        (SERVICE + "[environments.Dev]", "environments.Dev.name: is 'Dev', but must be at most 12 of lower-case"),
        (SERVICE + "[environments.development-europe]", "but must be at most 12 of"),
        (
            SERVICE + '[environments.dev]\naccount = "1"',
            "environments.dev.account: is '1', but must be an account's id",
        ),
        (SERVICE + "[environments]\ndev = 1", "environments.dev: Input should be"),
        (
            SERVICE + '[environments.live]\nproduction = "true"',
            "environments.live.production: Input should be a valid bool",
        ),
        ('adopted_tables = ["dev"]\n' + SERVICE + ENVIRONMENTS, "adopted_tables must be tables, such as"),
        (SERVICE + 'alarm_email = "ada\u00a0l@example.com"\n' + ENVIRONMENTS, "but must be an e-mail address"),
        (
            SERVICE + "[environments.dev]\nlog_retention_days = 2",
            "environments.dev.log_retention_days: Input should be 1, 3",
        ),
        (
            SERVICE + '[environments.dev]\nallowed_origins = ["https://shop.example/"]',
            "is 'https://shop.example/', but must be an origin, such as https://shop.example.com",
        ),
        (SERVICE + '[environments.dev]\nallowed_origins = ["*"]', "is '*', but must be an origin"),
        (
            SERVICE + '[environments.dev]\nallowed_accounts = ["1"]',
            "allowed_accounts.0: is '1', but must be an account's id, 12 digits",
        ),
        (
            SERVICE + 'authorization = "cognito"\n[environments.dev]\nallowed_accounts = ["123456789012"]',
            "environments.dev.allowed_accounts: only authorization iam knows callers' accounts",
        ),
        (SERVICE + "[alarms]\napi_latency_ms = 0\n" + ENVIRONMENTS, "alarms.api_latency_ms: Input should be greater"),
    ],
)
def test_a_mistake_in_service_toml_is_explained(text: str, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as error:
        load(tmp_path, text)
    assert sentence in str(error.value)
    assert "\n" not in str(error.value)


def test_a_missing_file_is_explained(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"service\.toml is missing"):
        service_settings.load(tmp_path / "service.toml")


def test_environments_keep_their_order_behind_local(tmp_path: Path) -> None:
    settings = load(tmp_path, SERVICE + "[environments.zebra]\n[environments.ape]\n")
    assert list(settings.environments) == [LOCAL, "zebra", "ape"]


def test_a_wrong_environment_lists_the_right_ones(tmp_path: Path) -> None:
    settings = load(tmp_path, SERVICE + ENVIRONMENTS)
    with pytest.raises(SettingsError, match=r"There is no environment 'prod'; choose one of: local, dev, live\."):
        settings.environment("prod")


def test_an_environment_inherits_what_it_does_not_say(tmp_path: Path) -> None:
    text = '[service]\nname = "billing"\nregion = "eu-west-1"\nalarm_email = "on@call.example"\n'
    text += '[environments.dev]\n[environments.live]\nregion = "eu-north-1"\nalarm_email = ""\n'
    settings = load(tmp_path, text)
    dev, live = settings.environment("dev"), settings.environment("live")
    assert (dev.region, dev.alarm_email) == ("eu-west-1", "on@call.example")
    assert (live.region, live.alarm_email) == ("eu-north-1", "")


def test_a_copy_keeps_no_data(tmp_path: Path) -> None:
    settings = load(tmp_path, SERVICE + "[environments.dev]\nretain_data = true\n")
    dev = settings.environment("dev")
    copy = settings.copy_of(dev, "pr-42")
    assert dev.retain_data
    assert not copy.retain_data
    assert settings.stack_name(copy, "pr-42") == "billing-dev-pr-42"


@pytest.mark.parametrize(
    ("environment", "suffix", "sentence"),
    [
        ("live", "pr-42", "There is only one live: leave out STACK_SUFFIX."),
        (LOCAL, "pr-42", "There is only one local: leave out STACK_SUFFIX."),
        ("dev", "PR_42", "STACK_SUFFIX is 'PR_42'; use at most 8 lower-case letters"),
        ("dev", "pr-123456", "STACK_SUFFIX is 'pr-123456'; use at most 8"),
    ],
)
def test_a_copy_that_cannot_be_is_refused(environment: str, suffix: str, sentence: str, tmp_path: Path) -> None:
    settings = load(tmp_path, SERVICE + ENVIRONMENTS)
    with pytest.raises(SettingsError, match=sentence):
        settings.copy_of(settings.environment(environment), suffix)


def test_production_is_deployed_with_a_pinned_account_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(safety, "runs_on", lambda _: True)
    settings = load(tmp_path, SERVICE + ENVIRONMENTS)
    with pytest.raises(
        SettingsError, match=r"live, which is production, has no account: write its id into service\.toml"
    ):
        safety.check_deployment(settings, settings.environment("live"))
    safety.check_deployment(settings, settings.environment("dev"))
    pinned = load(tmp_path, SERVICE + ENVIRONMENTS + 'account = "123456789012"\n')
    safety.check_deployment(pinned, pinned.environment("live"))


def test_another_python_than_the_runtimes_deploys_to_local_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(safety, "runs_on", lambda _: False)
    settings = load(tmp_path, SERVICE + ENVIRONMENTS)
    with pytest.raises(SettingsError, match=r"The functions run on Python 3\.14, but this is Python"):
        safety.check_deployment(settings, settings.environment("dev"))
    safety.check_deployment(settings, settings.environment(LOCAL))


def test_what_keeps_its_data_is_not_destroyed(tmp_path: Path) -> None:
    settings = load(tmp_path, SERVICE + ENVIRONMENTS)
    with pytest.raises(SettingsError, match="live keeps its data, so no command destroys it"):
        safety.check_destruction(settings.environment("live"))
    safety.check_destruction(settings.environment("dev"))


def test_tests_that_write_run_anywhere_but_in_production(tmp_path: Path) -> None:
    """Whatever comes after it: the order of the environments doesn't say which one is production."""
    settings = load(tmp_path, SERVICE + ENVIRONMENTS + "[environments.recovery]\n")
    with pytest.raises(SettingsError, match="live is production, where tests only read: make smoke"):
        safety.check_writing(settings.environment("live"))
    for name in ("dev", "recovery", LOCAL):
        safety.check_writing(settings.environment(name))


@pytest.mark.parametrize(("environment", "target"), [("production", "smoke"), ("dev", "e2e"), ("local", "e2e")])
def test_a_pipeline_verifies_what_may_be_verified(
    environment: str, target: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ENVIRONMENT", environment)
    monkeypatch.setattr("sys.argv", ["safety", "verify"])
    safety.main()
    assert capsys.readouterr().out == f"{target}\n"
