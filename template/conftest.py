"""What all tests of this repository share."""

pytest_plugins = ["blueprint.testing.by_folder"]
