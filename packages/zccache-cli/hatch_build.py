"""Knows how the native front gets into the wheel, and what stands in for it where it cannot be compiled.

ZCCACHE_NATIVE=auto|require|never and ZCCACHE_TARGET=NAME steer it: see README.md.
"""

import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Any, Final, NamedTuple

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

COMMANDS: Final = {"zccache-cli": "zccache.cli.main:main"}
PYTHON_FRONT: Final = {"zccache": "zccache.cli.wrapper:main"}
FLAGS: Final = ("-std=c11", "-D_GNU_SOURCE", "-O2", "-s")
MODES: Final = ("auto", "require", "never")


class Target(NamedTuple):
    """A platform that zig compiles for, and the wheel tag that is true for the result."""

    triple: str
    link_flags: tuple[str, ...]
    tag: str


# A static binary runs on any of these.
LINUX_TAGS: Final = "manylinux_2_17_{0}.manylinux2014_{0}.musllinux_1_1_{0}"
# macOS by version: zig's default is the newest system, which would belie the tag.
TARGETS: Final = {
    "linux-x86_64": Target("x86_64-linux-musl", ("-static",), LINUX_TAGS.format("x86_64")),
    "linux-aarch64": Target("aarch64-linux-musl", ("-static",), LINUX_TAGS.format("aarch64")),
    "macos-x86_64": Target("x86_64-macos.11.0", (), "macosx_11_0_x86_64"),
    "macos-arm64": Target("aarch64-macos.11.0", (), "macosx_11_0_arm64"),
}


class NotCompiled(Exception):
    """No recipe gave a native front; the text says what each of them answered."""


class NativeFrontHook(BuildHookInterface[Any]):
    """Puts the native front into the wheel's scripts, or names the Python front as the script `zccache`."""

    def dependencies(self) -> list[str]:
        """Return what the build needs beyond hatchling: zig, when it compiles for another platform."""
        return ["ziglang>=0.15,<0.18"] if os.environ.get("ZCCACHE_TARGET") else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Compile, and tell hatchling which scripts and which tag the wheel has."""
        mode = choice("ZCCACHE_NATIVE", MODES) or "auto"
        target = choice("ZCCACHE_TARGET", tuple(TARGETS))
        # Hatchling has no call for this; it writes entry_points.txt from this very dict afterwards.
        scripts = self.metadata.core.scripts
        scripts.update(COMMANDS)
        self._folder = Path(tempfile.mkdtemp(prefix="zccache-native-"))
        binary = self._folder / "zccache"
        try:
            if mode == "never":
                raise NotCompiled("ZCCACHE_NATIVE=never")
            compile_front(Path(self.root, "native", "zccache.c"), binary, recipes(target))
        except NotCompiled as reason:
            if mode == "require" or target:
                raise RuntimeError(f"no native front: {reason}") from reason
            if mode == "auto":
                self.app.display_warning(f"the Python front instead of the native one: {reason}")
            scripts.update(PYTHON_FRONT)
            return
        build_data["shared_scripts"][str(binary)] = binary.name
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{TARGETS[target].tag if target else tag_of_this_machine()}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:  # noqa: ARG002
        """Remove the compiled file, which is in the wheel now."""
        shutil.rmtree(self._folder, ignore_errors=True)


def choice(name: str, allowed: tuple[str, ...]) -> str:
    """Return a variable's value, empty when unset; stop the build at a value that is not allowed."""
    value = os.environ.get(name, "")
    if value and value not in allowed:
        raise RuntimeError(f"{name}={value}: allowed are {', '.join(allowed)}")
    return value


def recipes(target: str) -> list[list[str]]:
    """Return the compiler commands to try, the one whose program starts fastest first."""
    if target:
        zig = [sys.executable, "-m", "ziglang", "cc", "-target", TARGETS[target].triple]
        return [[*zig, *TARGETS[target].link_flags]]
    if sys.platform == "win32":
        return []
    if chosen := shlex.split(os.environ.get("CC", "")):
        return [chosen]
    static = [["musl-gcc", "-static"], ["cc", "-static"]] if sys.platform == "linux" else []
    return [*static, ["cc"]]


def compile_front(source: Path, binary: Path, commands: list[list[str]]) -> None:
    """Compile with the first command that can, or raise NotCompiled with what each of them said."""
    answers = []
    for command in commands:
        if shutil.which(command[0]) is None:
            answers.append(f"{command[0]} is not there")
            continue
        words = [*command, *FLAGS, "-o", str(binary), str(source)]
        run = subprocess.run(words, capture_output=True, text=True, errors="replace", check=False)
        if run.returncode == 0:
            binary.chmod(0o755)
            return
        answers.append(f"{shlex.join(words)}: {run.stderr.strip()}")
    raise NotCompiled("; ".join(answers) or f"not for {sys.platform} yet")


def tag_of_this_machine() -> str:
    """Return the platform tag of a front compiled here; it promises nothing about older systems."""
    return sysconfig.get_platform().replace("-", "_").replace(".", "_")
