"""Knows what a plain program really is: its file, behind links, and the libraries that it is loaded with."""

import os
from collections.abc import Mapping

from zccache.common.command.plan import Dialect
from zccache.common.toolchains.files import libraries_of
from zccache.common.toolchains.model import Findings, Run


def ask_program(program: str, cwd: str, env: Mapping[str, str], run: Run) -> Findings:
    """Return the files that a program is made of."""
    files = dict.fromkeys((program, os.path.realpath(program)))
    files.update(dict.fromkeys(libraries_of(program, cwd, env, run)))
    return Findings(Dialect.OTHER, "", tuple(files), ())
