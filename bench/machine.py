"""What a reader must know of the machine to judge a number: processor, memory, kernel, disk, load."""

import os
import platform
import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Machine:
    """The machine of one run; loads are the averages over one minute."""

    processor: str
    cores: int
    memory_gib: float
    system: str
    file_system: str
    python: str
    compiler: str


def describe_machine(scratch: Path, compiler: str) -> Machine:
    """Describe this machine, the file system below scratch, and the compiler."""
    return Machine(
        processor=_field(Path("/proc/cpuinfo"), "model name") or platform.machine(),
        cores=os.cpu_count() or 1,
        memory_gib=round(int((_field(Path("/proc/meminfo"), "MemTotal") or "0 kB").split()[0]) / 2**20, 1),
        system=f"{platform.system()} {platform.release()}",
        file_system=_file_system(scratch),
        python=platform.python_version(),
        compiler=_first_line(compiler, "--version"),
    )


def load() -> float:
    """Return the load average of the last minute."""
    return round(os.getloadavg()[0], 2)


def _field(path: Path, name: str) -> str:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(name)), "")


def _file_system(path: Path) -> str:
    done = subprocess.run(
        ["stat", "--file-system", "--format=%T", path], capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or "unknown"


def _first_line(*argv: str) -> str:
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    return done.stdout.partition("\n")[0].strip() or "unknown"
