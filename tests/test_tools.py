"""How a service and this repository find uv and Python on machines of all kinds."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from unittest.mock import ANY

import pytest
from services import RUNTIME, user_environment
from user_shell import BLUEPRINT, user_path

TOOLS = BLUEPRINT / "template" / "blueprint" / "tools"
ESSENTIALS = ("awk", "cat", "dirname", "grep", "head", "printf", "rm", "sh", "sort", "sed", "env")


class Machine:
    """A PATH with nothing on it but a shell's essentials and what a test puts there."""

    def __init__(self, folder: Path):
        self.bin = folder / "bin"
        self.work = folder / "work"
        self.bin.mkdir()
        self.work.mkdir()
        for name in ESSENTIALS:
            path = shutil.which(name)
            assert path
            (self.bin / name).symlink_to(path)

    def has(self, name: str, script: str) -> Path:
        path = self.bin / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        return path

    def has_python(self, name: str, version: str) -> None:
        """A Python that says to be of that version, and is this one."""
        self.has(name, f'case "$2" in *"\'{version}\'"*) echo {self.bin / name} ;; *) exit 1 ;; esac')

    def run(self, tool: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(TOOLS / tool), *arguments],
            cwd=self.work,
            env={"PATH": str(self.bin), "HOME": str(self.work), "UV_OFFLINE": "1"},
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


NO_UV = "exit 2"


def test_a_uv_on_the_path_is_taken(machine: Machine) -> None:
    uv = machine.has("uv", "echo uv 0.11.0")
    assert machine.run("uv").stdout.strip() == str(uv)


@pytest.mark.parametrize("uv", ["echo uv 0.10.12", "echo 'pyenv: uv: command not found' >&2; exit 127"])
def test_a_uv_that_is_too_old_or_does_not_run_is_passed_over(machine: Machine, uv: str) -> None:
    machine.has("uv", uv)
    own = machine.work / ".tools" / "bin"
    own.mkdir(parents=True)
    (own / "uv").write_text("#!/bin/sh\necho uv 0.13.9\n")
    (own / "uv").chmod(0o755)
    assert machine.run("uv").stdout.strip() == str(own / "uv")


def test_without_uv_and_python_it_says_what_to_install(machine: Machine) -> None:
    result = machine.run("uv")
    assert result.returncode != 0
    assert "error: neither uv nor python3 is on the PATH; install one of them, Python 3.11 or newer." in result.stderr


def test_without_venv_it_says_what_to_install_and_leaves_nothing(machine: Machine) -> None:
    machine.has("python3", "mkdir -p .tools; exit 1")
    result = machine.run("uv")
    assert result.returncode != 0
    assert "apt install python3-venv" in result.stderr
    assert not (machine.work / ".tools").exists()


@pytest.mark.parametrize("has_pip", [True, False], ids=["python3 has pip", "python3 has no pip"])
def test_uv_is_installed_and_a_pip_with_it_only_where_there_is_none(machine: Machine, *, has_pip: bool) -> None:
    python = shutil.which("python3", path=user_path())
    lacking = 'case "$*" in "-m pip "*) exit 1 ;; esac'
    machine.has("python3", f'{"" if has_pip else lacking}\nexec {python} "$@"')
    result = subprocess.run(
        [str(TOOLS / "uv"), "a folder"],
        cwd=machine.work,
        env=user_environment(PATH=str(machine.bin)),
        capture_output=True,
        text=True,
        check=True,
    )
    uv = machine.work / "a folder" / "bin" / "uv"
    assert result.stdout.strip() == str(uv)
    assert subprocess.run([str(uv), "--version"], capture_output=True, text=True, check=True).stdout.startswith("uv ")
    assert [*machine.work.glob("a folder/lib/python*/site-packages/pip")] == ([] if has_pip else [ANY])


def test_the_wanted_python_is_taken_wherever_it_is(machine: Machine) -> None:
    uv = str(machine.has("uv", NO_UV))
    machine.has_python("python3", "3.12")
    machine.has_python("python3.14", "3.14")
    result = machine.run("python", uv, "3.14")
    assert (result.stdout.strip(), result.stderr) == (str(machine.bin / "python3.14"), "")
    assert machine.run("python", uv, "3.12").stdout.strip() == str(machine.bin / "python3")


def test_a_shim_that_fails_is_passed_over_and_the_newest_supported_python_taken_with_a_warning(
    machine: Machine,
) -> None:
    uv = str(machine.has("uv", NO_UV))
    machine.has("python3.14", "echo 'pyenv: python3.14: command not found' >&2; exit 127")
    machine.has("python3.13", "exit 127")
    machine.has_python("python3.12", "3.12")
    machine.has_python("python3", "3.11")
    result = machine.run("python", uv, "3.14")
    assert result.stdout.strip() == str(machine.bin / "python3.12")
    assert result.stderr.strip().splitlines() == [
        "warning: no Python 3.14 here; developing and testing with 3.12. A deployment to AWS needs 3.14."
    ]


def test_a_python_that_uv_manages_is_taken(machine: Machine) -> None:
    machine.has_python("managed", "3.14")
    machine.has_python("python3", "3.11")
    uv = str(machine.has("uv", f'[ "$1 $2" = "python find" ] && echo {machine.bin / "managed"}'))
    assert machine.run("python", uv, "3.14").stdout.strip() == str(machine.bin / "managed")


def test_a_python_that_uv_can_download_is_taken(machine: Machine) -> None:
    machine.has_python("python3", "3.11")
    # a uv whose `python install` provides what `python find` then finds
    uv = machine.has(
        "uv", f'case "$2" in install) printf x > got ;; find) [ -e got ] && echo {machine.bin / "new"} ;; esac'
    )
    machine.has_python("new", "3.14")
    environment = {"PATH": str(machine.bin), "HOME": str(machine.work)}
    command = [str(TOOLS / "python"), str(uv), "3.14"]
    result = subprocess.run(command, cwd=machine.work, env=environment, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == str(machine.bin / "new")


def test_without_a_supported_python_it_says_so(machine: Machine) -> None:
    uv = str(machine.has("uv", NO_UV))
    machine.has_python("python3", "3.9")
    result = machine.run("python", uv, "3.14")
    assert result.returncode != 0
    assert result.stderr.strip() == "error: no Python from 3.11 to 3.15 on this machine; install one."


def test_it_finds_a_real_python(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    machine.has("uv", NO_UV)
    (machine.bin / f"python{RUNTIME}").symlink_to(os.path.realpath(sys.executable))
    assert Path(machine.run("python", str(machine.bin / "uv"), RUNTIME).stdout.strip()).exists()


def step(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(TOOLS / "step"), *command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )


def test_a_step_says_what_it_does_and_what_came_of_it() -> None:
    result = step("sh", "-c", "echo found; echo and said >&2; exit 3")
    assert result.returncode == 3
    assert result.stdout.splitlines() == ["sh -c echo found; echo and said >&2; exit 3", "found", "and said"]


def test_a_step_of_more_than_two_seconds_says_how_long_it_took() -> None:
    assert re.fullmatch(r"sleep 3\.1  \d+ s\n", step("sleep", "3.1").stdout)
    assert step("sleep", "0.1").stdout == "sleep 0.1\n"


def test_a_step_shows_the_seconds_on_a_terminal_while_it_works() -> None:
    shown, terminal = os.openpty()
    process = subprocess.Popen(
        [str(TOOLS / "step"), "sleep", "5"], stdin=subprocess.DEVNULL, stdout=terminal, stderr=terminal
    )
    os.close(terminal)
    printed = b""
    while not re.search(rb"\rsleep 5  \d+ s", printed) and b"\n" not in printed:
        printed += os.read(shown, 100)
    assert process.poll() is None
    assert b"\n" not in printed
    assert process.wait() == 0
    os.close(shown)
