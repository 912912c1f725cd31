"""A repository of a project, and worktrees of it for agents that work side by side."""

import subprocess
from pathlib import Path

AGENTS = ("agent-a", "agent-b", "agent-c")


def worktrees_of(main: Path) -> list[Path]:
    """Make a folder a repository, and return three worktrees of all that is in it, beside it."""
    _git("init", "-q", "-b", "main", cwd=main)
    _git("add", "-A", cwd=main)
    _git("commit", "-q", "-m", "all", cwd=main)
    roots = [main.parent / agent for agent in AGENTS]
    for root in roots:
        _git("worktree", "add", "-q", str(root), "-b", root.name, "main", cwd=main)
    return roots


def _git(*words: str, cwd: Path) -> None:
    named = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *named, *words], cwd=cwd, check=True, capture_output=True)
