"""The wheel of zccache-cli: with the native front where it compiles, else with the Python front."""

import configparser
import os
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from repository import PACKAGES
from tools import require_tool


def build(into: Path, **env: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pip", "wheel", "--no-build-isolation", "--no-deps", "--quiet"]
    command += ["--disable-pip-version-check", "--wheel-dir", str(into), str(PACKAGES / "zccache-cli")]
    return subprocess.run(command, env={**os.environ, **env}, capture_output=True, text=True, check=False)


def wheel_in(folder: Path) -> Path:
    (wheel,) = folder.glob("*.whl")
    return wheel


def console_scripts(wheel: zipfile.ZipFile) -> dict[str, str]:
    (name,) = (name for name in wheel.namelist() if name.endswith("/entry_points.txt"))
    parser = configparser.ConfigParser()
    parser.read_string(wheel.read(name).decode())
    return dict(parser["console_scripts"])


def test_the_native_wheel_carries_the_program_and_no_python_script_of_its_name(tmp_path: Path) -> None:
    require_tool("cc", "gcc")

    run = build(tmp_path, ZCCACHE_NATIVE="require")

    assert run.returncode == 0, run.stderr
    assert not wheel_in(tmp_path).name.endswith("-any.whl")
    with zipfile.ZipFile(wheel_in(tmp_path)) as wheel:
        (binary,) = (info for info in wheel.infolist() if info.filename.endswith(".data/scripts/zccache"))
        assert wheel.read(binary).startswith(b"\x7fELF" if sys.platform == "linux" else b"")
        assert stat.S_IMODE(binary.external_attr >> 16) == 0o755
        assert console_scripts(wheel) == {"zccache-cli": "zccache.cli.main:main"}
        assert "zccache/cli/py.typed" in wheel.namelist()
        assert "zccache/__init__.py" not in wheel.namelist()


@pytest.mark.parametrize("env", [{"ZCCACHE_NATIVE": "never"}, {"CC": "false"}, {"CC": "no-such-compiler"}])
def test_the_wheel_without_a_program_names_the_python_front(tmp_path: Path, env: dict[str, str]) -> None:
    run = build(tmp_path, **env)

    assert run.returncode == 0, run.stderr
    assert wheel_in(tmp_path).name.endswith("-py3-none-any.whl")
    with zipfile.ZipFile(wheel_in(tmp_path)) as wheel:
        assert not [name for name in wheel.namelist() if ".data/" in name]
        assert console_scripts(wheel) == {
            "zccache": "zccache.cli.wrapper:main",
            "zccache-cli": "zccache.cli.main:main",
        }


@pytest.mark.parametrize(
    ("env", "said"),
    [
        (
            {"ZCCACHE_NATIVE": "require", "CC": "no-such-compiler"},
            "no native front: no-such-compiler is not there",
        ),
        ({"ZCCACHE_NATIVE": "maybe"}, "ZCCACHE_NATIVE=maybe: allowed are auto, require, never"),
        ({"ZCCACHE_TARGET": "amiga"}, "ZCCACHE_TARGET=amiga: allowed are linux-x86_64"),
    ],
)
def test_a_wheel_that_cannot_be_as_asked_says_why(tmp_path: Path, env: dict[str, str], said: str) -> None:
    run = build(tmp_path, **env)

    assert run.returncode != 0
    assert said in run.stderr
    assert not list(tmp_path.glob("*.whl"))
