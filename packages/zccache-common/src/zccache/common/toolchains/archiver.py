"""Knows what an archiver really is: its program, its plugins, and the archiver behind gcc's own."""

import os
import re
from collections.abc import Mapping
from typing import Final

from zccache.common.command.plan import Dialect
from zccache.common.errors import ToolchainUnknown
from zccache.common.toolchains.driver import on_path
from zccache.common.toolchains.files import libraries_of
from zccache.common.toolchains.model import Findings, Run

_BEHIND_GCC: Final = re.compile(r"(?P<driver>(?:.*-)?gcc)-(?P<tool>ar|ranlib)(?P<version>(?:-\d[\d.]*)?.*)")
_PLUGIN_NAMES: Final = ("liblto_plugin.so", "LLVMgold.so", "libdep.so")


def ask_archiver(program: str, cwd: str, env: Mapping[str, str], run: Run) -> Findings:
    """Return the files that an archiver is made of; raise ToolchainUnknown."""
    behind = _behind(program, cwd, env, run)
    files = dict.fromkeys((program, *behind, *map(os.path.realpath, (program, *behind))))
    for path in list(files):
        files.update(dict.fromkeys(libraries_of(path, cwd, env, run)))
    absent: dict[str, None] = {}
    for folder in _plugin_folders(list(files)):
        names = os.listdir(folder) if os.path.isdir(folder) else []
        plugins = [path for path in (f"{folder}/{name}" for name in sorted(names)) if os.path.isfile(path)]
        files.update(dict.fromkeys(plugins))
        absent.update(dict.fromkeys(f"{folder}/{name}" for name in _PLUGIN_NAMES if name not in names))
    return Findings(Dialect.OTHER, "", tuple(files), tuple(absent))


def _behind(program: str, cwd: str, env: Mapping[str, str], run: Run) -> list[str]:
    """Return what gcc-ar and gcc-ranlib run: the archiver and the plugin of the gcc beside them."""
    match = _BEHIND_GCC.fullmatch(os.path.basename(os.path.realpath(program)))
    if match is None:
        return []
    driver = os.path.join(os.path.dirname(program), match["driver"] + match["version"])
    tool = run([driver, f"-print-prog-name={match['tool']}"], cwd, env).stdout
    plugin = run([driver, "-print-file-name=liblto_plugin.so"], cwd, env).stdout
    found = [on_path(os.fsdecode(said.strip()), cwd, env) for said in (tool, plugin)]
    paths = [path for path in found if path is not None]
    if len(paths) < len(found):
        raise ToolchainUnknown(f"{program}: the archiver behind it is not found")
    return paths


def _plugin_folders(programs: list[str]) -> list[str]:
    """Return the folders from which GNU's archivers load plugins by themselves."""
    places = []
    for program in programs:
        if re.search(r"\.so(\.|$)", program) is None:
            places.append(f"{os.path.dirname(program)}/../lib/bfd-plugins")
        elif "libbfd" in os.path.basename(program):
            places.append(f"{os.path.dirname(program)}/bfd-plugins")
    return list(dict.fromkeys(map(os.path.normpath, places)))
