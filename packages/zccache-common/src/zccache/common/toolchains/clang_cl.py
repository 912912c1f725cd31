"""Knows what clang's driver really is when it is called as cl: there it tells its version and no more."""

import os
from collections.abc import Iterator, Mapping
from typing import Final

from zccache.common.command.plan import Dialect
from zccache.common.errors import ToolchainUnknown
from zccache.common.toolchains.files import libraries_of
from zccache.common.toolchains.model import Findings, Run

_CONFIGURED: Final = "Configuration file: "


def ask_clang_cl(program: str, cwd: str, env: Mapping[str, str], run: Run) -> Findings:
    """Return what the driver says it is, and the files that it is made of; raise ToolchainUnknown."""
    said = run([program, "-v"], cwd, env).stderr.decode(errors="replace").splitlines()
    banner = [
        line for line in said if "clang version" in line or line.startswith(("Target:", "InstalledDir:"))
    ]
    if not any("clang version" in line for line in banner):
        raise ToolchainUnknown(f"{program}: `-v` does not name clang")
    files = dict.fromkeys((program, os.path.realpath(program)))
    for brain in list(files):
        files.update(dict.fromkeys(libraries_of(brain, cwd, env, run)))
    configs = (line.removeprefix(_CONFIGURED) for line in said if line.startswith(_CONFIGURED))
    files.update(dict.fromkeys(filter(os.path.isabs, configs)))
    real = os.path.realpath(program)
    absent = (path for path in _configurations(real, cwd, env, run) if not os.path.lexists(path))
    return Findings(Dialect.CLANG_CL, "\n".join(banner), tuple(files), tuple(absent))


def _configurations(real: str, cwd: str, env: Mapping[str, str], run: Run) -> Iterator[str]:
    """Yield the configuration files that are read where they are there (clang 16 and later)."""
    said = run([real, "--driver-mode=gcc", "-print-target-triple"], cwd, env).stdout
    triple = os.fsdecode(said.strip())
    for name in ("clang-cl.cfg", *((f"{triple}-clang-cl.cfg", f"{triple}.cfg") if triple else ())):
        yield os.path.join(os.path.dirname(real), name)
