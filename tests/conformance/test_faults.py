#!/usr/bin/env python3
"""test_faults.py PROGRAM - holds that the Promises/A+ suite finds what is wrong with a broken promise.

PROGRAM is the suite over the tiny library. For each of its faults the suite has to come to its end, to fail, and to have
a case of the rule that the fault breaks among those that failed; the sound library has to pass.
"""

import re
import subprocess
import sys


def run(program, *arguments):
    return subprocess.run([program, *arguments], capture_output=True, text=True, check=False)


def fault_of_suite(program, name, rule):
    """What is wrong with the suite's answer to a fault, or None."""
    done = run(program, "--break", name)
    failed = set(re.findall(r"^not ok \d+ - ([\d.]+)", done.stdout, re.MULTILINE))
    if not re.search(r"rules, \d+ cases, \d+ passed$", done.stdout.strip()):
        return f"it does not come to its end: {done.stderr}"
    if done.returncode == 0:
        return "it passes"
    if rule not in failed:
        return f"not by {rule}, but by {sorted(failed)}"
    return None


def main(program):
    faults = [line.split() for line in run(program, "--faults").stdout.splitlines()]
    wrong = [(f"a promise that {name.replace('-', ' ')} is found by {rule}", fault_of_suite(program, name, rule))
             for name, rule in faults]
    sound = run(program)
    wrong.append(("a sound one passes", None if sound.returncode == 0 else sound.stdout))
    print(f"1..{len(wrong)}")
    for number, (title, what) in enumerate(wrong, start=1):
        print(f"{'ok' if what is None else 'not ok'} {number} - {title}")
        if what is not None:
            print(f"# {what}")
    return 1 if len(faults) == 0 or any(what is not None for _, what in wrong) else 0


sys.exit(main(sys.argv[1]))
