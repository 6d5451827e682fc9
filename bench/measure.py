"""One run of a program, measured from outside: wall seconds, peak resident memory, CPU share, first optimizer step."""

import json
import os
import pathlib
import subprocess
import time


def run(command, first_step_file=None, env=None):
    """Runs to the end. Returns (stdout, measures); raises RuntimeError with the end of stderr when it fails.

    cpu_share is CPU seconds over wall seconds and cores: a run on a busy machine shows a low one. first_step_file is a
    log whose first line means that a step is done; it is looked at every 5 ms."""
    began = time.perf_counter()
    first_step = None
    with subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          stdin=subprocess.DEVNULL, env=env) as process:
        os.set_blocking(process.stdout.fileno(), False)
        os.set_blocking(process.stderr.fileno(), False)
        out, errors = b"", b""
        while True:
            out += process.stdout.read() or b""
            errors += process.stderr.read() or b""
            if first_step is None and first_step_file and has_line(first_step_file):
                first_step = time.perf_counter() - began
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            if pid:
                break
            time.sleep(0.005 if first_step_file and first_step is None else 0.05)
        seconds = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        out += process.stdout.read() or b""
        errors += process.stderr.read() or b""
    if process.returncode != 0:
        tail = errors.decode(errors="replace")[-2000:]
        raise RuntimeError(f"{' '.join(map(str, command))}\nended with {process.returncode}:\n{tail}")
    measures = {"total_seconds": seconds, "peak_rss": usage.ru_maxrss * 1024,
                "cpu_share": (usage.ru_utime + usage.ru_stime) / seconds / len(os.sched_getaffinity(0))}
    if first_step is not None:
        measures["launch_to_first_step"] = first_step
    return out.decode(), measures


def has_line(path):
    try:
        return b"\n" in pathlib.Path(path).read_bytes()
    except FileNotFoundError:
        return False


def last_json(text):
    """The one object of a --json program (the last line that is an object, or the whole text)."""
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return json.loads(next(line for line in reversed(text.splitlines()) if line.startswith("{")))
