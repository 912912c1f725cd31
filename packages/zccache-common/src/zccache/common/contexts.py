"""Knows what of a job stands in its context key, for this checkout alone or for all its siblings."""

import os
from collections.abc import Mapping

from zccache.common.checkouts import Checkout
from zccache.common.deploying import deploy_parts
from zccache.common.digests import Digest
from zccache.common.evidence.folders import folder_parts
from zccache.common.keys import Parts
from zccache.common.policy import ONE_STREAM, SHARED, key_parts
from zccache.common.request import Job
from zccache.common.toolchains.cpu import cpu_identity
from zccache.common.toolchains.environment import script_env


def parts_of(job: Job, read_digests: Mapping[str, Digest], checkout: Checkout | None = None) -> Parts:
    """Return what is known before the job has run; with a checkout, that for all siblings."""
    invocation, plan = job.request.invocation, job.plan

    def name_of(path: str) -> str:
        lasting = job.lasting_name(path)
        return checkout.seal(lasting) if checkout is not None else lasting

    words = plan.words
    if checkout is not None:
        words = tuple(checkout.seal_word(word, plan.path_prefixes) for word in words)
    return Parts(
        toolchain=job.toolchain.identity,
        # The folder of the word is in the identity; messages begin with its last part.
        words=(os.path.basename(invocation.program), *words),
        env=_env(job, checkout),
        cwd=name_of(invocation.cwd),
        read_files={name_of(path): digest for path, digest in read_digests.items()},
        extra=(
            *((ONE_STREAM,) if job.has_one_stream else ()),
            *((SHARED,) if checkout is not None else ()),
            *key_parts(job.request.policy, job.extras, name_of),
            *deploy_parts(job),
            *folder_parts(job),
            *((cpu_identity(),) if plan.cpu_matters else ()),
        ),
    )


def _env(job: Job, checkout: Checkout | None) -> dict[str, str]:
    invocation, plan = job.request.invocation, job.plan
    if job.toolchain.is_script:
        env = script_env(invocation.env)
    else:
        env = {name: invocation.env[name] for name in plan.env_names if name in invocation.env}
    if checkout is not None:
        env |= {name: checkout.seal_list(env[name]) for name in plan.path_lists if name in env}
    # Compilers write $PWD into debug information where it is a name of the current folder.
    logical = invocation.env.get("PWD", "")
    # What it means below /proc is another thing for every process: the compiler may find it true, and we not.
    if logical != invocation.cwd and (logical.startswith("/proc/") or _same_folder(logical, invocation.cwd)):
        env["PWD"] = logical if checkout is None else checkout.seal(logical)
    return env


def _same_folder(one: str, other: str) -> bool:
    try:
        return os.path.samefile(one, other)
    except OSError:
        return False
