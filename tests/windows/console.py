#!/usr/bin/env python3
"""Runs a program of Windows in a console of its own, a pseudo-terminal of this system: `console.py COMMAND…`.

Lines of standard input act on the console: `keys TEXT` types a line, `ctrl-c` presses these keys, and `close` closes it, by which
this system ends Wine's process, unless IGNORE_HANG_UP is set. Output is passed on. The exit code is the command's, or 128 and the
number of a signal.
"""

import os
import pty
import select
import signal
import sys

process, console = pty.fork()
if process == 0:
    os.environ.setdefault("TERM", "xterm")
    # It may be ignored by the process that has started this one, as by nohup(1).
    signal.signal(signal.SIGHUP, signal.SIG_IGN if os.environ.get("IGNORE_HANG_UP") else signal.SIG_DFL)
    os.execvp(sys.argv[1], sys.argv[1:])

sources = [0, console]
pending = b""
while True:
    ready, _, _ = select.select(sources, [], [], 0.2)
    if console in ready:
        try:
            output = os.read(console, 65536)
        except OSError:
            output = b""
        if output:
            os.write(1, output)
        else:
            sources.remove(console)
    if 0 in ready:
        block = os.read(0, 65536)
        if not block:
            sources.remove(0)
        pending += block
        *lines, pending = pending.split(b"\n")
        for line in lines:
            if line.startswith(b"keys "):
                os.write(console, line[5:] + b"\r")
            elif line == b"ctrl-c":
                os.write(console, b"\x03")
            elif line == b"close":
                os.close(console)
                sources.remove(console)
    ended, status = os.waitpid(process, os.WNOHANG)
    if ended:
        code = os.waitstatus_to_exitcode(status)
        sys.exit(128 - code if code < 0 else code)
