"""What is compiled and how it is asked: the words, the environment, the umask, the terminal."""

from dataclasses import dataclass, replace
from pathlib import Path

PROGRAMS = ("cc", "gcc", "clang")
INCLUDES = (
    ("inc1", "inc2"),
    ("inc2", "inc1"),
    ("late", "inc1", "inc2"),
    ("linkdir", "inc2"),
    ("inc1", "../shared", "linkdir", "inc2"),
)
DEPFILES = ((), ("-MD",), ("-MMD", "-MF", "../out/x.d"), ("-MD", "-MP", "-MT", "goal", "-MF", "m.d"))
OUTPUTS = ("x.o", "../out/y.o", "")
UMASKS = (0o022, 0o027, 0o077, 0o002)
SEARCH_VARIABLES = ("CPATH", "C_INCLUDE_PATH", "CPLUS_INCLUDE_PATH")
SWITCHES = ("has_debug", "has_warnings", "is_assembly", "has_response_file", "by_link", "remaps")
LOCALES = ("C", "C.UTF-8")
SYSTEM_PATH = "/usr/bin:/bin"


@dataclass(frozen=True)
class Ask:
    """One command, as a build tool would run it."""

    argv: tuple[str, ...]
    cwd: Path
    env: dict[str, str]
    umask: int
    on_terminal: bool


@dataclass
class Order:
    """The command that is compiled after each step; steps change parts of it."""

    cwd: str = "one"
    source: str = "m.c"
    program: str = "cc"
    includes: tuple[str, ...] = INCLUDES[0]
    define: int | None = None
    has_debug: bool = False
    has_warnings: bool = False
    is_assembly: bool = False
    has_response_file: bool = False
    depfile: tuple[str, ...] = ()
    output: str = OUTPUTS[0]
    umask: int = UMASKS[0]
    on_terminal: bool = False
    by_link: bool = False
    mode: str = "auto"
    remaps: bool = False

    def __post_init__(self) -> None:
        self.variables: dict[str, str] = {"LC_ALL": "C"}

    def bare(self, base: Path, how: str) -> Ask:
        """Return the command that leaves what one did that went so: with the maps that the cache gives it."""
        ask = self.ask(base)
        if not self.remaps or " passed " in f" {how} ":
            return ask
        program, *words = ask.argv
        return replace(ask, argv=(program, f"-ffile-prefix-map={ask.cwd}=.", *words))

    def ask(self, base: Path) -> Ask:
        """Return the command for the project in this folder."""
        words = [self.program, "-S" if self.is_assembly else "-c", self.source]
        words += [f"-I{folder}" for folder in self.includes]
        words += [f"-DGIVEN={self.define}"] if self.define is not None else []
        words += ["-g"] if self.has_debug else []
        words += ["-Wall"] if self.has_warnings else []
        words += ["@words.rsp"] if self.has_response_file else []
        words += self.depfile
        words += ["-o", self.output] if self.output else []
        logical = base / (f"way_{self.cwd}" if self.by_link else self.cwd)
        env = {
            "PATH": f"{base}/bin:{SYSTEM_PATH}",
            "HOME": str(base),
            "TERM": "xterm",
            "PWD": str(logical),
            "ZCCACHE_EXTRA_INPUTS": f"{base}/side/setting",
            "ZCCACHE_MODE": self.mode,
            "ZCCACHE_PATH_REMAP": "auto" if self.remaps else "off",
            **self.variables,
        }
        return Ask(tuple(words), base / self.cwd, env, self.umask, self.on_terminal)
