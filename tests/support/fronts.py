"""The fronts under test: the native one, its Python twin, and the walk without a daemon."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[bytes]]
NAMES = ("native", "twin", "cold")
_ELF_OR_MACH_O = (b"\x7fELF", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe")


@dataclass(frozen=True)
class Front:
    """A front: the file to run as zccache, and what its environment needs."""

    name: str
    program: Path
    env: dict[str, str]


def native_front() -> Path:
    """Return the native front that is installed beside this Python; skip the test where there is none."""
    path = Path(sys.executable).parent / "zccache"
    if not path.exists() or path.read_bytes()[:4] not in _ELF_OR_MACH_O:
        pytest.skip("needs the native front: apt-get install gcc, then make setup")
    return path


def python_front(folder: Path) -> Path:
    """Write the Python front as an installer would, and return its path."""
    path = folder / "zccache"
    path.write_text(
        f"#!{sys.executable}\nimport sys\nfrom zccache.cli.wrapper import main\nsys.exit(main())\n"
    )
    path.chmod(0o755)
    return path


def make_front(name: str, folder: Path) -> Front:
    """Put a front as `zccache` into a folder that a test has on its PATH."""
    if name == "twin":
        return Front(name, python_front(folder), {})
    path = folder / "zccache"
    path.symlink_to(native_front())
    return Front(name, path, {"ZCCACHE_NO_SPAWN": "1"} if name == "cold" else {})
