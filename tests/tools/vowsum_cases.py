"""What the tests of vowsum share: cases that report in TAP, odd files, and the tool to compare with.

A case is a function marked with @case; its name is a sentence. It runs in an empty folder of its own.
"""

import os
import re
import subprocess
import sys
import tempfile
import traceback

VOWSUM = os.path.abspath(sys.argv[1])

# What vowsum calls an algorithm, and the tool whose output it must equal.
TOOLS = {"sha256": "sha256sum", "sha1": "sha1sum", "sha512": "sha512sum", "blake2b": "b2sum"}

_cases = []


class Skip(Exception):
    """The case cannot run here."""


def case(function):
    """Registers a case."""
    _cases.append(function)
    return function


def has_sanitizer(letters):
    """Whether vowsum is built with AddressSanitizer ("a"), ThreadSanitizer ("t"), or either ("at")."""
    with open(VOWSUM, "rb") as program:
        return re.search(rb"__[%s]san_" % letters.encode(), program.read()) is not None


def skip_where_sanitized():
    """For a case that measures memory: a sanitizer has much of its own, which grows with what it remembers."""
    if has_sanitizer("at"):
        raise Skip("a sanitizer's own memory grows")


def _run_case(function):
    home = os.getcwd()
    with tempfile.TemporaryDirectory(prefix="vowsum-") as folder:
        os.chdir(folder)
        try:
            function()
        finally:
            os.chdir(home)


def main():
    """Runs all cases, prints TAP and the counts."""
    passed = failed = 0
    for number, function in enumerate(_cases, 1):
        name = function.__name__
        try:
            _run_case(function)
        except Skip as reason:
            print(f"ok {number} - {name} # SKIP {reason}")
        except Exception:  # pylint: disable=broad-except
            failed += 1
            print(f"not ok {number} - {name}")
            print("# " + traceback.format_exc().strip().replace("\n", "\n# "))
        else:
            passed += 1
            print(f"ok {number} - {name}")
        sys.stdout.flush()
    print(f"1..{len(_cases)}")
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


def run(program, *arguments, **options):
    """Runs a program to its end; (stdout, stderr, status), with its own name made "PROGRAM"."""
    options.setdefault("stdin", subprocess.DEVNULL)
    if "input" in options:
        del options["stdin"]
    done = subprocess.run([program, *arguments], capture_output=True, timeout=120, check=False,
                          **options)
    own = rb"^" + re.escape(os.fsencode(program)) + rb": |^" + \
        re.escape(os.path.basename(os.fsencode(program))) + rb": "
    errors = re.sub(own, b"PROGRAM: ", done.stderr, flags=re.MULTILINE)
    errors = re.sub(rb"'[^'\n]* --help'", b"'PROGRAM --help'", errors)
    return done.stdout, errors, done.returncode


def vowsum(*arguments, **options):
    """Runs vowsum; without the line in which it counts what could not be read, which the others have not."""
    out, errors, status = run(VOWSUM, *arguments, **options)
    return out, re.sub(rb"PROGRAM: WARNING: \d+ files? could not be read\n\Z", b"", errors), status


def same(found, wanted):
    """Fails, showing both, unless they are the same."""
    if found != wanted:
        raise AssertionError(f"\nfound:  {found!r:.4000}\nwanted: {wanted!r:.4000}")


def same_as_tool(*arguments, tool="sha256sum", **options):
    """Runs vowsum and a tool of coreutils with the same arguments; all that they say must be the same."""
    found = vowsum(*arguments, **options)
    same(found, run(tool, *arguments, **options))
    return found


def coreutils():
    """The version of the installed tools: (9, 1)."""
    said, _, _ = run("sha256sum", "--version")
    found = re.search(rb"\(GNU coreutils\) (\d+)\.(\d+)", said)
    if not found:
        raise Skip("sha256sum is not that of GNU coreutils")
    return tuple(map(int, found.groups()))


def write(name, content=b"content"):
    """Makes a file, and the folders above it."""
    folder = os.path.dirname(name)
    if folder:
        os.makedirs(folder, exist_ok=True)
    with open(name, "wb") as file:
        file.write(content)


# Names that something might stumble over.
ODD_NAMES = [
    b"plain", b"two words", b" leading blank", b"trailing blank ", b"*star", b"-dash", b"--tag",
    b"new\nline", b"\nfirst", b"back\\slash", b"back\\nslash", b"return\rhere", b"tab\there",
    b"quote'quote", b'double"quote', b"$(touch harm)", b"umlaut-\xc3\xa4", b"not-utf-8-\xff\xfe",
    b"#comment", b"(in) = parentheses", b")", b"~", b"x" * 255, b"all\\\n\r\\r\\n",
]


def write_odd_files():
    """Makes a file for each odd name, with sizes on both sides of what is read at once; gives the names."""
    for number, name in enumerate(ODD_NAMES):
        write(b"./" + name, bytes([number]) * (number * 9973))
    write("empty", b"")
    write("piece", b"p" * 65536)
    write("piece and one", b"q" * 65537)
    write("megabytes", bytes(range(256)) * 12000)
    return [b"./" + name if name.startswith(b"-") else name for name in sorted(os.listdir(b"."))]


def write_tree():
    """Makes a tree `tree` of odd names and folders."""
    write_odd_files_in("tree")
    for name in ("a/b", "a.txt", "a-b", "a/b.d/c", "a/x", "z/deep/er/and/deeper/still", "A/Z"):
        write("tree/folders/" + name, name.encode())
    os.makedirs("tree/empty folder/in folder")
    os.symlink("a.txt", "tree/folders/link to a file")
    os.symlink("a", "tree/folders/link to a folder")
    os.symlink("nowhere", "tree/folders/broken link")
    os.mkfifo("tree/folders/pipe")


def write_odd_files_in(folder):
    """As write_odd_files(), in a folder that is made."""
    os.makedirs(folder)
    home = os.getcwd()
    os.chdir(folder)
    write_odd_files()
    os.chdir(home)


def tool_over_tree(folder, *options, tool="sha256sum"):
    """What the tool says of all regular files below a folder, in the order of their paths."""
    names = []
    for path, _, files in os.walk(os.fsencode(folder)):
        names += [os.path.join(path, name) for name in files]
    names = sorted(name for name in names if os.path.isfile(name) and not os.path.islink(name))
    return run(tool, *options, "--", *names)
