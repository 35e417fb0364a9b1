"""GitHub's CI runs every test, each once."""

import yaml
from user_shell import BLUEPRINT


def test_each_module_with_a_test_of_the_matrix_is_a_cell() -> None:
    workflow = yaml.safe_load((BLUEPRINT / ".github" / "workflows" / "ci.yml").read_text())
    cells = workflow["jobs"]["matrix"]["strategy"]["matrix"]["tests"]
    modules = (BLUEPRINT / "tests").glob("test_*.py")
    marked = [path.stem.removeprefix("test_") for path in modules if "pytest.mark." + "matrix" in path.read_text()]
    assert sorted(cells) == sorted(marked)
