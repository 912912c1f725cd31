"""Knows where a compiler looks for headers under given words: it asks the compiler, once per combination."""

import json
import os
from collections.abc import Mapping
from typing import Final

from zccache.common.command.plan import Dialect
from zccache.common.command.runner import run_quietly
from zccache.common.errors import ToolchainUnknown
from zccache.common.includes.cl_search import path_of_cl, probe_words_of_cl
from zccache.common.includes.installed import later_folders
from zccache.common.includes.search import SearchPath, parse_search_path, probe_words
from zccache.common.keys import parts_key
from zccache.common.toolchains.environment import script_env
from zccache.common.toolchains.model import Memo, Run, Toolchain
from zccache.common.values import replace

SEARCH_ENV: Final = (
    "CPATH",
    "C_INCLUDE_PATH",
    "CPLUS_INCLUDE_PATH",
    "OBJC_INCLUDE_PATH",
    "OBJCPLUS_INCLUDE_PATH",
    "COMPILER_PATH",
    "GCC_EXEC_PREFIX",
    "SDKROOT",
    "CCC_OVERRIDE_OPTIONS",
    "CL",
    "_CL_",
    "INCLUDE",
    "EXTERNAL_INCLUDE",
    "VCToolsInstallDir",
    "VCINSTALLDIR",
    "WindowsSdkDir",
    "WindowsSDKVersion",
    "UCRTVersion",
    "UniversalCRTSdkDir",
)
_MEMO_ENTRIES: Final = 2_000


class HeaderSearch:
    """Search paths of compilers, remembered while the folders that they name come and go as they were."""

    def __init__(self, memo: Memo, run: Run = run_quietly) -> None:
        """Use memo to remember across processes, run to ask."""
        self._memo = memo
        self._run = run
        self._known: dict[bytes, SearchPath] = {}

    def path_for(
        self,
        toolchain: Toolchain,
        search_words: tuple[str, ...],
        language: str,
        cwd: str,
        env: Mapping[str, str],
        question: tuple[str, ...] = (),
    ) -> SearchPath | None:
        """Return where the compiler looks, or None when it does not say.

        question: what a program that is no compiler is asked, before the language, the
        search words and an empty source.
        A remembered answer is used only while every folder in it is still there and every
        missing one still missing: the compiler drops missing folders from its list.
        """
        if toolchain.dialect is Dialect.MSVC:
            return path_of_cl(search_words, cwd, env.get("INCLUDE", ""))
        asked_env = script_env(env) if toolchain.is_script else {k: env[k] for k in SEARCH_ENV if k in env}
        words = [f"{name}={asked_env[name]}" for name in sorted(asked_env)]
        key = parts_key("search", toolchain.identity, language, cwd, str(len(words)), *words, *search_words)
        known = self._known.get(key) or _decode(self._memo.memo_get("search", key))
        if known is not None and _still_stands(known):
            self._known[key] = known
            return known
        probe = probe_words_of_cl if toolchain.dialect is Dialect.CLANG_CL else probe_words
        if question:
            argv = [toolchain.program, *question, "-x", language, *search_words, "/dev/null"]
        else:
            argv = [toolchain.program, *probe(search_words, language)]
        said = self._run(argv, cwd, {**env, "LC_ALL": "C", "ZCCACHE_GUARD": "run"})
        if said.status != 0:
            return None
        try:
            found = parse_search_path(said.stderr, cwd)
        except ToolchainUnknown:
            return None
        if toolchain.dialect is Dialect.CLANG:
            later = later_folders(os.fsdecode(said.stderr), search_words, cwd)
            found = replace(found, missing=tuple(dict.fromkeys((*found.missing, *later))))
        if len(self._known) >= _MEMO_ENTRIES:
            self._known.clear()
        self._known[key] = found
        self._memo.memo_put("search", key, _encode(found))
        return found


def _still_stands(path: SearchPath) -> bool:
    listed = (*path.quote, *path.bracket)
    return all(map(os.path.isdir, listed)) and not any(map(os.path.isdir, path.missing))


def _encode(path: SearchPath) -> bytes:
    lists = [path.quote, path.bracket, path.missing, path.dropped, sorted(path.frameworks)]
    return json.dumps(lists).encode("ascii")


def _decode(stored: bytes | None) -> SearchPath | None:
    if stored is None:
        return None
    try:
        quote, bracket, missing, dropped, frameworks = (
            tuple(map(str, names)) for names in json.loads(stored)
        )
    except (ValueError, TypeError):
        return None
    return SearchPath(quote, bracket, missing, dropped, frozenset(frameworks))
