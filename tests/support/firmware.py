"""Small firmware as vendors' generators lay it out: for an ARM microcontroller, and for an AVR."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_UART_H: Final = """\
#pragma once
#include <stddef.h>
void uart_init(long baud);
void uart_write(const char *text, size_t length);
void uart_unused(void);
"""
_UART_C: Final = """\
#include "uart.h"
#include "board.h"
void uart_init(long baud) { BAUD = (uint8_t)(16000000 / baud); }
void uart_write(const char *text, size_t length) { while (length--) DATA = (uint8_t)*text++; }
void uart_unused(void) { BAUD = 1; }
"""
_MAIN_C: Final = """\
#include <stdio.h>
#include <string.h>
#include "board.h"
#include "drivers/uart.h"
static char text[32];
int main(void) {
    uart_init(115200);
    for (int turn = 0; ; turn++) {
        snprintf(text, sizeof text, "%d", turn);
        uart_write(text, strlen(text));
    }
}
"""
_ARM_START: Final = """\
#include "vectors.h"
.syntax unified
.thumb
.section .vectors, "a"
.word stack_end
.word Reset_Handler
.rept VECTORS
.word Reset_Handler
.endr
.text
.thumb_func
.global Reset_Handler
Reset_Handler: bl main
"""
_ARM_SCRIPT: Final = """\
INCLUDE memory.ld
ENTRY(Reset_Handler)
stack_end = ORIGIN(RAM) + LENGTH(RAM);
SECTIONS {
  .vectors : { KEEP(*(.vectors)) } > FLASH
  .text : { *(.text*) *(.rodata*) } > FLASH
  .ARM.exidx : { *(.ARM.exidx*) } > FLASH
  .data : { *(.data*) } > RAM AT > FLASH
  .bss : { *(.bss*) *(COMMON) _end = .; end = .; } > RAM
}
"""
_MEMORY: Final = """\
MEMORY {
  FLASH (rx) : ORIGIN = 0x08000000, LENGTH = 512K
  RAM (rwx) : ORIGIN = 0x20000000, LENGTH = 128K
}
"""
_MAKEFILE: Final = """\
CC := $(LAUNCHER) $(PREFIX)gcc
AR := $(LAUNCHER) $(PREFIX)ar
CFLAGS := $(MACHINE) -Os -g3 -Wall -Wextra -Wmissing-include-dirs -std=gnu11 -ffunction-sections
CFLAGS += -fdata-sections -fstack-usage -Isrc -Isrc/vendor -MMD -MP
LISTING = -Wa,-a,-ad,-alms=$(@:.o=.lst)
OBJECTS := out/main.o $(START)
all: out/firmware.bin out/firmware.hex
out/%.o: src/%.c Makefile
\t@mkdir -p $(@D)
\t$(CC) -c $(CFLAGS) $(LISTING) -MF"$(@:%.o=%.d)" $< -o $@
out/%.o: src/%.S Makefile
\t@mkdir -p $(@D)
\t$(CC) -x assembler-with-cpp -c $(MACHINE) -Isrc -MMD -MP $< -o $@
out/libdrivers.a: out/drivers/uart.o
\t$(AR) $(LETTERS) $@ $^
out/firmware.elf: $(OBJECTS) out/libdrivers.a $(SCRIPTS)
\t$(CC) $(MACHINE) $(LINKING) -Wl,--gc-sections -Wl,-Map=out/firmware.map,--cref $(OBJECTS) \\
\t  -Lout -Wl,--start-group -ldrivers -lc -lm -Wl,--end-group -o $@
\t$(PREFIX)size $@
out/firmware.bin: out/firmware.elf
\t$(PREFIX)objcopy -O binary -S $< $@
out/firmware.hex: out/firmware.elf
\t$(PREFIX)objcopy -O ihex -R .eeprom $< $@
-include $(OBJECTS:.o=.d)
"""
_CMAKE: Final = """\
cmake_minimum_required(VERSION 3.21)
project(firmware C ASM)
add_library(drivers STATIC src/drivers/uart.c)
target_include_directories(drivers PUBLIC src)
add_executable(firmware.elf src/main.c src/start.S)
target_link_libraries(firmware.elf drivers m)
target_link_options(firmware.elf PRIVATE -T${CMAKE_SOURCE_DIR}/src/link.ld -L${CMAKE_SOURCE_DIR}/src
  -nostartfiles -Wl,--gc-sections -Wl,-Map=firmware.map)
add_custom_command(TARGET firmware.elf POST_BUILD
  COMMAND ${CMAKE_OBJCOPY} -O binary firmware.elf firmware.bin)
"""
_TOOLCHAIN: Final = """\
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR arm)
set(CMAKE_C_COMPILER arm-none-eabi-gcc)
set(CMAKE_ASM_COMPILER arm-none-eabi-gcc)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
set(MACHINE "-mcpu=cortex-m4 -mthumb -mfloat-abi=hard -mfpu=fpv4-sp-d16 --specs=nano.specs")
set(CMAKE_C_FLAGS_INIT "${MACHINE} -ffunction-sections -fdata-sections")
set(CMAKE_ASM_FLAGS_INIT "${MACHINE}")
set(CMAKE_EXE_LINKER_FLAGS_INIT "--specs=nosys.specs")
"""


def _board(baud: str, data: str) -> str:
    registers = ((name, place) for name, place in (("BAUD", baud), ("DATA", data)))
    defines = (f"#define {name} (*(volatile uint8_t *){place})\n" for name, place in registers)
    return "#pragma once\n#include <stdint.h>\n" + "".join(defines)


@dataclass(frozen=True)
class Firmware:
    """One firmware: its tools' prefix and Debian package, its sources, and the variables of its makefile."""

    prefix: str
    package: str
    sources: Mapping[str, str]
    variables: Mapping[str, str]

    def write(self, folder: Path) -> None:
        """Write the sources, with a makefile and a CMake project."""
        common = {"Makefile": _MAKEFILE, "src/main.c": _MAIN_C, "src/drivers/uart.c": _UART_C}
        for name, text in {**common, "src/drivers/uart.h": _UART_H, **self.sources}.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)


ARM: Final = Firmware(
    "arm-none-eabi-",
    "gcc-arm-none-eabi libnewlib-arm-none-eabi",
    {
        "CMakeLists.txt": _CMAKE,
        "arm.cmake": _TOOLCHAIN,
        "src/board.h": _board("0x40013808", "0x40013804"),
        "src/vectors.h": "#define VECTORS 14\n",
        "src/start.S": _ARM_START,
        "src/link.ld": _ARM_SCRIPT,
        "src/memory.ld": _MEMORY,
    },
    {
        "MACHINE": "-mcpu=cortex-m4 -mthumb -mfloat-abi=hard -mfpu=fpv4-sp-d16 --specs=nano.specs",
        "LINKING": "--specs=nosys.specs -Tsrc/link.ld -Lsrc -nostartfiles -Wl,--print-memory-usage",
        "START": "out/start.o",
        "LETTERS": "rcs",
        "SCRIPTS": "src/link.ld src/memory.ld",
    },
)
AVR: Final = Firmware(
    "avr-",
    "gcc-avr avr-libc",
    {"src/board.h": _board("0xC4", "0xC6")},
    {
        "MACHINE": "-mmcu=atmega328p -DF_CPU=16000000UL",
        "LINKING": "-Wl,--relax -u vfprintf -lprintf_min",
        # Debian's avr-ar keeps times unless it is told otherwise.
        "LETTERS": "rcsD",
    },
)
