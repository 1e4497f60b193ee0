#!/usr/bin/env python3
"""test_faults.py PROGRAMS MANIFESTS CORPUS - the fuzzer's own test: it finds what is wrong.

The drivers are run with one rule of a model bent after the other (VOW_FUZZ_BEND, fuzz.h): each time the two sides differ, so
a fault has to be found, and the input that shows it kept; run again, that input shows it again, and with the model as it
is it shows nothing. With workers one rule is bent, which does not depend on their pace: an input shows it each time.
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

INPUTS = "20000"


def run(arguments, bend):
    environment = {**os.environ, "VOW_FUZZ_BEND": str(bend)} if bend else os.environ
    return subprocess.run(arguments, env=environment, capture_output=True, text=True, check=False)


def finds(program, folder, bend, kept):
    """Whether `program`, a list, finds that rule `bend` is bent; a sentence where it does not."""
    kept.unlink(missing_ok=True)
    first = run([*program, "-n", INPUTS, "-s", "1", "-o", kept, folder], bend)
    if first.returncode == 0 or "not so" not in first.stderr or not kept.exists():
        return "it is not found"
    again = kept.with_name("again")
    if run([*program, "-o", again, kept], bend).returncode == 0:
        return "the input that was kept does not show it"
    if run([*program, "-o", again, kept], 0).returncode != 0:
        return "the input that was kept fails without it as well"
    return None


def main():
    driver, manifests, corpus = (pathlib.Path(path) for path in sys.argv[1:4])
    programs, workers = (["env", f"VOW_FUZZ_WORKERS={number}", driver] for number in (0, 1))
    header = pathlib.Path(__file__).with_name("fuzz.h").read_text()
    names = re.findall(r"^    (BEND_\w+),", header, re.MULTILINE)
    wanted = [(programs, corpus / "programs", number + 1, name) for number, name in enumerate(names)]
    for number, name in enumerate(("escapes", "marks", "standard input")):
        wanted.append(([manifests], corpus / "manifests", number + 1, name))
    wanted.append((workers, corpus / "workers", names.index("BEND_TASK") + 1, "BEND_TASK, with workers"))
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for program, inputs, bend, name in wanted:
            wrong = finds(program, inputs, bend, pathlib.Path(folder) / "kept")
            failed += wrong is not None
            print(f"{'not ' if wrong else ''}ok - {name}{': ' + wrong if wrong else ''}")
    print(f"{len(wanted) - failed} passed, {failed} failed")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
