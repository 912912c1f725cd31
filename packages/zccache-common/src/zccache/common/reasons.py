"""Knows every reason for which a command is passed on or a result is not kept.

The words are the counters in `status` and stand in the journal.
"""

from enum import Enum


class Reason(Enum):
    """A reason: its word, and one line for people (docs/limits.md is made from these)."""

    def __init__(self, word: str, meaning: str) -> None:
        """Keep the word (stable, in the journal) and the meaning (may be reworded)."""
        self.word = word
        self.meaning = meaning

    UNKNOWN_PROGRAM = ("unknown_program", "the program is not a compiler that we know")
    UNKNOWN_COMPILER = ("unknown_compiler", "the compiler would not say what it is")
    UNKNOWN_LINKER = ("unknown_linker", "the linker is a script, or cannot tell what it reads")
    NO_SOURCE = ("no_source", "no source file is named")
    NOT_A_COMPILE = (
        "not_a_compile",
        "nothing is compiled, linked or archived: a query, or a form of command that is not cached",
    )
    COMPILE_AND_LINK = (
        "compile_and_link",
        "one command compiles and links, and a word names files after the program: use -c to have it cached",
    )
    PREPROCESS_ONLY = ("preprocess_only", "-E: the preprocessor alone is about as fast as the cache")
    DEPENDENCIES_ONLY = ("dependencies_only", "-M or -MM prints dependencies and compiles nothing")
    STDIN_SOURCE = ("stdin_source", "the source comes from standard input")
    SEVERAL_SOURCES = ("several_sources", "several sources in one command")
    OUTPUT_TO_STDOUT = ("output_to_stdout", "-o - writes to standard output")
    OUTPUT_NOT_A_FILE = (
        "output_not_a_file",
        "an output is a device, pipe, link or folder; of a link, an empty file",
    )
    UNSUPPORTED_LANGUAGE = ("unsupported_language", "the language of the source is not cached")
    UNMODELLED_OUTPUT = ("unmodelled_output", "a flag writes a file that we do not restore")
    UNSEEN_INPUT = ("unseen_input", "a flag reads a file that no report names")
    UNKNOWN_OPTION = ("unknown_option", "an option that we do not know and that may read or write a file")
    CHANGING_OUTPUT = ("changing_output", "a flag prints times, sizes or temporary names")
    RANDOM_OUTPUT = ("random_output", "the words ask for a result that is never the same twice")
    SEVERAL_TARGETS = ("several_targets", "one command compiles for several targets (-arch, CUDA, HIP)")
    RECORDED_WORDS = ("recorded_words", "the object keeps the whole command, so a report would change it")
    BAD_RESPONSE_FILE = ("bad_response_file", "an @file is missing, too deep, too large or names itself")
    BAD_COMMAND_LINE = ("bad_command_line", "the compiler would refuse this command line")
    ENVIRONMENT_OUTPUT = ("environment_output", "a variable makes the compiler write another file")
    AMBIGUOUS_ENVIRONMENT = (
        "ambiguous_environment",
        "a variable is given twice with different values, of which programs take one or the other",
    )
    NAME_OF_PROCESS = (
        "name_of_process",
        "a name below /proc/self or /dev/fd, which is another file for every process",
    )
    SOURCE_NOT_A_FILE = ("source_not_a_file", "the source is missing or not a regular file")
    COMPUTED_INCLUDE = ("computed_include", "an #include is computed and cannot be resolved")
    OPAQUE_HAS_INCLUDE = ("opaque_has_include", "a __has_include is computed and cannot be resolved")
    COMPILATION_DATABASE = (
        "compilation_database",
        "the compilation database is unclear, or does not name this very source",
    )
    UNEXPLAINED_INPUT = ("unexplained_input", "a file was read to which nothing leads in the texts")
    ONCE_OR_TWICE = (
        "once_or_twice",
        "two files hold the same, one with #pragma once or #import: times and links tell if both are read",
    )
    TIME_MACRO = ("time_macro", "the text uses __TIME__, __DATE__ or __TIMESTAMP__")
    ASSEMBLER_INCLUDE = (
        "assembler_include",
        "inline assembler reads a file (.incbin, .include); gcc can be asked next time",
    )
    MODULES = ("modules", "the source imports or exports C++ modules")
    PRECOMPILED_HEADER = ("precompiled_header", "a precompiled header may be in use")
    SWITCHED_OFF = ("switched_off", "a setting says that crates of this kind are not cached")
    JOBSERVER_LOST = ("jobserver_lost", "the compiler said that it could not reach the jobserver of make")
    READ_ONLY = ("read_only", "ZCCACHE_READONLY is set: what is not in the cache is not kept")
    ESCAPES_IN_SOURCE = ("escapes_in_source", "a coloured warning may quote escape sequences of the source")
    DISABLED_IN_SOURCE = ("disabled_in_source", "the source says zccache:disable")
    INPUT_CHANGED = ("input_changed", "an input changed while the compiler ran")
    INPUT_MISSING = ("input_missing", "an input that the compiler named is gone")
    CLOCK_SET_BACK = ("clock_set_back", "the clock was set back while the compiler ran")
    APPEARED_DURING_COMPILE = ("appeared_during_compile", "a file appeared where the compiler looks")
    NO_REPORT = ("no_report", "the compiler left no report of what it read")
    COMPILE_FAILED = ("compile_failed", "the compiler failed; failures are not kept")
    COMPILER_KILLED = ("compiler_killed", "the compiler was killed by a signal")
    OUTPUT_MISSING = ("output_missing", "the compiler wrote no output, or an empty one")
    STREAMS_TOO_LARGE = ("streams_too_large", "the compiler printed more than is kept")
    STREAMS_MIXED = ("streams_mixed", "both streams of one terminal were written; their order is not known")
    STORE_UNAVAILABLE = ("store_unavailable", "the cache cannot be written (full, read-only, gone)")
    CACHE_BLOCKED = ("cache_blocked", "the disk of the cache does not answer; the compiler runs without it")
    FRONT_GONE = ("front_gone", "the front went on before all that the compiler wrote was read")
    OTHER_NAMESPACE = ("other_namespace", "the client sees other file systems than the daemon")
