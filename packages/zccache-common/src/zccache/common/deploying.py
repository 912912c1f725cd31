"""Knows how files that a command of the user's puts beside a linked one become a part of the link.

The command is run on a copy of the linked file in a folder of its own, so that what it makes
is told from what other processes write at the same moment; then all of it moves beside the
output. It must never learn what the command does.
"""

import os
import shlex
from collections.abc import Iterator
from typing import Final

from zccache.common.command.plan import Output, OutputKind
from zccache.common.command.reports import LinkReport
from zccache.common.paths import find_program
from zccache.common.policy import DEPLOY
from zccache.common.request import Job, Run, Ticket
from zccache.common.values import replace

_SHELL: Final = "/bin/sh"
# $1 the output, $2 the folder, $3 the list of what was made, $4 the command; then the link.
_SCRIPT: Final = """\
out=$1 stage=$2 list=$3 command=$4
shift 4
"$@" || exit
name=${out##*/}
mkdir "$stage" && cp -p "$out" "$stage/$name" || exit
eval "$command \\"\\$stage/\\$name\\""
status=$?
if [ "$status" -eq 0 ]; then
    cmp -s "$stage/$name" "$out" && rm -f "$stage/$name"
    for made in "$stage"/* "$stage"/.[!.]*; do
        [ -e "$made" ] || continue
        mv -f "$made" "$stage/../" && printf '%s\\n' "${made##*/}" >>"$list" || status=$?
    done
fi
rm -rf "$stage"
exit "$status"
"""


def deploy_command(job: Job) -> str:
    """Return the command that is to follow this link, or nothing."""
    is_link = isinstance(job.unit.report, LinkReport)
    return job.request.policy.link_deploy if is_link else ""


def deploy_parts(job: Job) -> Iterator[bytes]:
    """Yield what of the command stands in the key; its program counts as a declared input does."""
    command = deploy_command(job)
    if command:
        yield DEPLOY + os.fsencode(command)


def deploy_program(job: Job) -> tuple[str, ...]:
    """Return the file of the program that the command runs, where there is one to be found."""
    try:
        words = shlex.split(deploy_command(job))
    except ValueError:
        return ()
    invocation = job.request.invocation
    found = find_program(words[0], invocation.env, invocation.cwd) if words else None
    return () if found is None else (found,)


def with_deploying(run: Run) -> Run:
    """Return a run that goes on with the command, if there is one for its job."""
    job, ticket = run.ticket.job, run.ticket
    command = deploy_command(job)
    if not command:
        return run
    output = job.locate(job.unit.outputs[0].path)
    stage = f"{os.path.dirname(output)}/.zccache-deploy-{os.path.basename(ticket.report_path)}"
    words = (
        "sh",
        "-c",
        _SCRIPT,
        "sh",
        output,
        stage,
        listing_of(ticket),
        command,
        run.program,
        *run.argv[1:],
    )
    return replace(run, program=_SHELL, argv=words)


def listing_of(ticket: Ticket) -> str:
    """Return where the names of what the command made are listed."""
    return f"{ticket.report_path}.deployed"


def deployed(ticket: Ticket) -> tuple[Output, ...]:
    """Return the files that the command put beside the output."""
    job = ticket.job
    if not deploy_command(job):
        return ()
    try:
        with open(listing_of(ticket), encoding="utf-8", errors="surrogateescape") as file:
            names = file.read().splitlines()
    except OSError:
        return ()
    main = job.unit.outputs[0].path
    folder = os.path.dirname(main)
    paths = (os.path.join(folder, name) for name in names if name != os.path.basename(main))
    return tuple(Output(path, OutputKind.OTHER) for path in paths)


def is_deployed(job: Job, role: str) -> bool:
    """Whether a file of a stored link may be one that the command put beside the output."""
    beside = os.path.dirname(role) == os.path.dirname(job.unit.outputs[0].path)
    return beside and bool(deploy_command(job))
