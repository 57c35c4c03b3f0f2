"""Runs a command, its output thrown away, and prints wall s, CPU s, peak MB and exit code.

A program of its own, and a small one: Linux counts the peak memory of a new process from that of
the process that started it, so a large one would lend its size to all that it measures.
"""

import os
import subprocess
import sys
import time

MEGABYTE = 1e6  # bytes
NOT_STARTED = 127  # as a shell says it


def main() -> None:
    """Run the command line's words as a command; what it says on stderr passes through."""
    started = time.perf_counter()
    quiet = subprocess.DEVNULL
    try:
        process = subprocess.Popen(sys.argv[1:], stdin=quiet, stdout=quiet)
    except OSError as error:
        print(error.strerror, file=sys.stderr)
        print(0, 0, 0, NOT_STARTED)
        return
    _, status, used = os.wait4(process.pid, 0)
    wall_s = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    cpu_s = used.ru_utime + used.ru_stime
    peak_mb = used.ru_maxrss * 1024 / MEGABYTE
    print(f"{wall_s:.4f} {cpu_s:.4f} {peak_mb:.1f} {process.returncode}")


if __name__ == "__main__":
    main()
