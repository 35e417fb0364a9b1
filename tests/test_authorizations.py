"""The service is deployed and tested over HTTP for each kind of authorization.

For `iam` the steps of the default service's pull request do so, in test_workflows.py.
"""

from pathlib import Path

import pytest
from services import Render, Service


@pytest.mark.parametrize("authorization", ["cognito", "none"])
def test_the_deployed_service_passes_its_tests(
    authorization: str, tmp_path: Path, workshop: Service, render: Render
) -> None:
    service = render(tmp_path / "service", authorization=authorization).borrow_tools(workshop)
    try:
        assert " passed" in service.make("e2e").stdout
    finally:
        service.make("local-stop", check=False)
