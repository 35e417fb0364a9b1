"""The build without Docker: the layer is right after a synthesis alone, whatever has changed before."""

import json
import platform
import shutil
import struct
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from services import RUNTIME, Render, Service, user_environment

pytestmark = pytest.mark.matrix

MACHINES = {"x86_64": 62, "arm64": 183}  # e_machine in the ELF header: EM_X86_64, EM_AARCH64
HOST = {"aarch64": "arm64"}.get(platform.machine(), platform.machine())

BUILD_LAYER = """
from blueprint import settings
from blueprint.packaging.build import Build
from service.aws_services import SERVICES
print(Build(settings.load().service, aws_services=SERVICES, for_this_machine=False).layer())
"""


@pytest.fixture
def service(tmp_path: Path, workshop: Service, render: Render) -> Service:
    return render(tmp_path / "orders").borrow_tools(workshop)


def synthesise(service: Service, environment: str) -> Path:
    """The folder of the layer in the environment's assembly."""
    service.run(
        ".venv/bin/python",
        "-m",
        "infra.app",
        ENVIRONMENT=environment,
        CDK_OUTDIR="build/out",
        CDK_VALIDATION="false",
    )
    return asset(service, "AWS::Lambda::LayerVersion", "Content")


def asset(service: Service, resource_type: str, code: str) -> Path:
    """What is uploaded for the assembly's resources of the type, as a folder; for the local cloud it is a zip."""
    assembly = service.path / "build" / "out"
    template = json.loads(next(assembly.glob("*.template.json")).read_text())
    resources = [r["Properties"] for r in template["Resources"].values() if r["Type"] == resource_type]
    [key] = {properties[code]["S3Key"] for properties in resources}
    folder = assembly / f"asset.{key.removesuffix('.zip')}"
    if not folder.exists():
        shutil.unpack_archive(f"{folder}.zip", folder)
    return folder


def machines(layer: Path) -> set[int]:
    """For which processors the compiled files in the layer are."""
    return {struct.unpack_from("<H", path.read_bytes(), 18)[0] for path in layer.rglob("*.so")}


def layers_built(service: Service) -> set[str]:
    return {path.name for path in (service.path / "build" / "layer").iterdir()}


@pytest.mark.parametrize("architecture", MACHINES)
@pytest.mark.parametrize("python_version", ["3.14", "3.13", "3.12", "3.11"])
def test_the_layer_is_for_the_answers_processor_and_python(
    tmp_path: Path, workshop: Service, architecture: str, python_version: str, render: Render
) -> None:
    service = render(tmp_path / "orders", architecture=architecture, python_version=python_version)
    layer = Path(service.borrow_tools(workshop).run(".venv/bin/python", "-c", BUILD_LAYER).stdout.strip())
    assert machines(layer) == {MACHINES[architecture]}
    tags = {path.name.split(".")[1] for path in (layer / "python").glob("pydantic_core/*.so")}
    assert {tag.split("-")[1] for tag in tags} == {python_version.replace(".", "")}
    assert_fits_its_budget(layer)


def assert_fits_its_budget(layer: Path) -> None:
    """27 MB unzipped and 10 MB zipped, with bytecode: every function's start reads from it."""
    if not list(layer.rglob("*.pyc")):
        # Only the runtime's own Python writes what a deployment needs; for the weight any other one's will do.
        subprocess.run([sys.executable, "-m", "compileall", "-q", str(layer)], check=False, capture_output=True)
    assert list(layer.rglob("*.pyc"))
    files = [path for path in layer.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) <= 27_000_000
    zipped = shutil.make_archive(str(layer.with_name("layer-size")), "zip", layer)
    assert Path(zipped).stat().st_size <= 10_000_000


def test_the_layer_of_the_local_cloud_is_for_this_machine(service: Service) -> None:
    layer = synthesise(service, "local")
    assert machines(layer) == {MACHINES[HOST]}


def test_the_layer_holds_what_the_functions_need_and_nothing_of_the_tools(service: Service) -> None:
    names = {path.name for path in (synthesise(service, "dev") / "python").iterdir()}
    assert {"aws_lambda_powertools", "boto3", "pydantic"} <= names
    assert not names & {"pytest", "aws_cdk", "moto", "uv", "ruff", "bin"}


def test_nothing_is_built_again_when_nothing_has_changed(service: Service) -> None:
    synthesise(service, "dev")
    [before] = layers_built(service)
    marker = service.path / "build" / "layer" / before / "python" / "built-once"
    marker.touch()
    synthesise(service, "dev")
    assert layers_built(service) == {before}
    assert marker.exists()


def test_two_processes_that_need_the_same_build_it_once(service: Service) -> None:
    killed = service.path / "build" / "layer" / ".unfinished-killed"
    killed.mkdir(parents=True)
    command = [".venv/bin/python", "-c", BUILD_LAYER]
    processes = [
        subprocess.Popen(command, cwd=service.path, env=user_environment(), stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    builds = set()
    while any(process.poll() is None for process in processes):
        builds |= {path.name for path in (service.path / "build").glob("layer/.unfinished-*")}
    assert len(builds - {killed.name}) == 1
    assert not killed.exists()
    assert {process.communicate()[0] for process in processes} == {
        f"{service.path / 'build' / 'layer' / only}\n" for only in layers_built(service)
    }


def test_a_new_dependency_is_in_the_layer_after_a_synthesis_alone(service: Service) -> None:
    synthesise(service, "dev")
    with service.edited(("pyproject.toml", '    "pydantic>=2.14,<3",\n', '    "pydantic>=2.14,<3",\n    "idna",\n')):
        assert (synthesise(service, "dev") / "python" / "idna").is_dir()
    assert not (synthesise(service, "dev") / "python" / "idna").exists()


def test_the_bill_of_materials_lists_what_is_in_the_layer_whatever_processor_it_is_for(
    tmp_path: Path, workshop: Service, render: Render
) -> None:
    # Given a layer for another processor than this machine's
    other = next(machine for machine in MACHINES if machine != HOST)
    service = render(tmp_path / "orders", architecture=other).borrow_tools(workshop)
    # When its bill is written
    service.make("sbom")
    # Then it is CycloneDX, with the serial number without which GitHub attests none,
    bill = json.loads((service.path / "build" / "sbom.cdx.json").read_text())
    assert (bill["bomFormat"], bill["serialNumber"][:9]) == ("CycloneDX", "urn:uuid:")
    assert bill["metadata"]["component"]["name"] == "orders"
    # and has each package that was installed into the layer, in its version, and nothing else
    [layer] = (service.path / "build" / "layer").iterdir()
    installed = {path.name.removesuffix(".dist-info") for path in layer.glob("python/*.dist-info")}
    listed = {f"{package['name']}-{package['version']}".replace("-", "_") for package in bill["components"]}
    assert listed == {name.replace("-", "_") for name in installed}


def test_the_code_that_is_uploaded_is_the_code_that_is_there(service: Service) -> None:
    synthesise(service, "dev")
    with service.edited(("service/models/metrics.py", '"OrdersCreated"', '"OrdersPlaced"')):
        synthesise(service, "dev")
        code = asset(service, "AWS::Lambda::Function", "Code") / "service"
        assert "OrdersPlaced" in (code / "models" / "metrics.py").read_text()
        assert {path.name for path in code.parent.iterdir()} == {"blueprint", "service"}
        assert not list(code.rglob(".*"))


def test_a_package_without_a_wheel_is_refused_and_nothing_half_built_is_left(service: Service) -> None:
    # Given a dependency that is published as source only
    with service.edited(
        ("pyproject.toml", '    "pydantic>=2.14,<3",\n', '    "pydantic>=2.14,<3",\n    "docopt==0.6.2",\n')
    ):
        # When it is synthesised
        result = service.run(".venv/bin/python", "-m", "infra.app", check=False, ENVIRONMENT="dev")
    # Then the error names it
    assert result.returncode != 0
    assert "error: The dependencies' layer can't be built:" in result.stdout
    assert "docopt" in result.stdout
    assert "Traceback" not in result.stdout
    assert not list((service.path / "build" / "layer").iterdir())


def test_the_layer_holds_botocores_data_of_the_listed_services_alone(service: Service) -> None:
    data = synthesise(service, "dev") / "python" / "botocore" / "data"
    assert {path.name for path in data.iterdir() if path.is_dir()} == {"appconfigdata", "dynamodb"}
    listed = ("service/aws_services.py", '"dynamodb")', '"dynamodb", "sqs")')
    with service.edited(listed):
        data = synthesise(service, "dev") / "python" / "botocore" / "data"
        assert {path.name for path in data.iterdir() if path.is_dir()} == {"appconfigdata", "dynamodb", "sqs"}


def test_a_service_that_botocore_does_not_know_is_refused(service: Service) -> None:
    with service.edited(("service/aws_services.py", '"dynamodb")', '"dynamo")')):
        result = service.run(".venv/bin/python", "-m", "infra.app", check=False, ENVIRONMENT="dev")
    assert result.returncode != 0
    assert "error: service/aws_services.py lists dynamo, which botocore doesn't know." in result.stdout


def test_bytecode_is_valid_whatever_the_dates_are(service: Service) -> None:
    """The layer's is unchecked-hash, the code's checked-hash: https://peps.python.org/pep-0552/."""
    assert tomllib.loads((service.path / "service.toml").read_text())["service"]["python"] == RUNTIME
    layer = synthesise(service, "dev")
    code = asset(service, "AWS::Lambda::Function", "Code")
    for folder, flags in ((layer / "python", 0b01), (code, 0b11)):
        files = list(folder.rglob("*.pyc"))
        assert files
        assert {struct.unpack_from("<I", path.read_bytes(), 4)[0] for path in files} == {flags}


def test_builds_are_the_same_to_the_bit(service: Service, tmp_path: Path, workshop: Service, render: Render) -> None:
    other = render(tmp_path / "elsewhere" / "orders").borrow_tools(workshop)
    layers = [synthesise(each, "dev") for each in (service, other)]
    codes = [asset(each, "AWS::Lambda::Function", "Code") for each in (service, other)]
    for one, two in (layers, codes):
        assert one.name == two.name, "CDK names an asset after the hash of its content"
