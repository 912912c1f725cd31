"""Knows whether a variable that a crate asks for only says in which folder the files lie that it includes.

`include!(concat!(env!("OUT_DIR"), "/made.rs"))` leaves nothing of the folder in what is made,
while `env!("OUT_DIR")` alone leaves all of it. Only where each word of every text is of the
former kind, and no other crate that is used could bring one of the latter, is it taken so.
"""

import os
import re
from typing import Final

from zccache.common.checkouts import Checkout
from zccache.common.evidence.macros import heeded_names
from zccache.common.evidence.proof import Evidence
from zccache.common.request import Job
from zccache.common.rooms import Rooms

_OPEN: Final = rb"!\s*[(\[{]\s*"
_CLOSE: Final = rb"\s*[)\]}]"
_INCLUDED: Final = re.compile(
    rb"\binclude(?:_str|_bytes)?" + _OPEN + rb"concat" + _OPEN
    + rb"env" + _OPEN + rb'"(\w+)"' + _CLOSE + rb'(?:\s*,\s*"[^"]*")+\s*,?' + _CLOSE + rb"\s*,?" + _CLOSE
)  # fmt: skip
_MADE_UP: Final = re.compile(rb"\b(?:option_)?env" + _OPEN + rb'(?!")')


def asks_only_for_folders(job: Job, evidence: Evidence, checkout: Checkout, rooms: Rooms) -> bool:
    """Whether those heeded variables that name the root do no more than lead to files."""
    env, heeded = job.request.invocation.env, evidence.heeded
    macro_names = heeded_names(heeded.macros, env, rooms) if heeded is not None else ()
    if heeded is None or macro_names is None or any(checkout.mentions(env[name]) for name in macro_names):
        return False
    asked = [os.fsencode(name) for name in heeded.variables if checkout.mentions(env.get(name, ""))]
    for item in evidence.inputs if asked else ():
        with open(item.path, "rb") as file:
            text = file.read()
        if item.path.endswith(".rs") and _MADE_UP.search(text):
            return False
        rest = _INCLUDED.sub(b"", text)
        if any(name in rest for name in asked):
            return False
    return True
