"""What compilers are asked through, and where their answers are kept, in tests."""

from collections.abc import Mapping

from zccache.common.command.runner import Completed, run_quietly


class KeptMemo:
    """A memo in memory."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, bytes], bytes] = {}

    def memo_get(self, kind: str, key: bytes) -> bytes | None:
        return self.kept.get((kind, key))

    def memo_put(self, kind: str, key: bytes, value: bytes) -> None:
        self.kept[kind, key] = value


class CountingRun:
    """Runs programs and keeps what was asked."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []

    def __call__(self, argv: list[str], cwd: str, env: Mapping[str, str]) -> Completed:
        self.asked.append(argv)
        return run_quietly(argv, cwd, env)
