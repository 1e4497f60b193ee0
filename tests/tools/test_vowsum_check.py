#!/usr/bin/env python3
"""vowsum -c says what sha256sum -c says."""

import os
import random
import resource

from vowsum_cases import (TOOLS, Skip, case, coreutils, main, run, same, same_as_tool,
                          skip_where_sanitized, vowsum, write, write_odd_files, write_tree)

VOICES = [[], ["--quiet"], ["--status"], ["--strict"], ["-w"], ["--warn", "--strict"],
          ["--ignore-missing"], ["--ignore-missing", "--quiet"], ["--ignore-missing", "--status"],
          ["-w", "--quiet"], ["--quiet", "-w"], ["--status", "-w"], ["--strict", "--status"]]


def write_manifest(*parts, name="manifest"):
    write(name, b"".join(part.encode() if isinstance(part, str) else part for part in parts))


def write_files():
    """A few files, and their lines."""
    for name in "one", "two", "three":
        write(name, name.encode() * 1000)
    return [line + b"\n" for line in run("sha256sum", "one", "two", "three")[0].splitlines()]


def same_in_every_voice(*arguments, **options):
    for voice in VOICES:
        for jobs in [], ["-j", "0"]:
            same(vowsum("-c", *jobs, *voice, *arguments, **options),
                 run("sha256sum", "-c", *voice, *arguments, **options))


@case
def each_side_verifies_what_the_other_wrote():
    names = write_odd_files()
    if coreutils() >= (9, 4):  # these escape more names in their verdicts
        names = [name for name in names if b"\\" not in name and b"\r" not in name]
    for algorithm, tool in TOOLS.items():
        for form in [], ["--tag"], ["-b"]:
            ours = vowsum("-a", algorithm, *form, "--", *names)[0]
            theirs = run(tool, *form, "--", *names)[0]
            found = run(tool, "-c", input=ours)
            same(vowsum("-a", algorithm, "-c", input=theirs), found)
            same((found[0].count(b": OK\n"), found[1:]), (len(names), (b"", 0)))


@case
def a_tree_verifies_whatever_the_number_of_threads():
    write_tree()
    for number in range(1000):
        write(f"tree/many/{number}", b"%d" % number)
    write("manifest", vowsum("tree")[0])
    wanted = vowsum("-j", "0", "-c", "manifest")
    same(wanted[1:], (b"", 0))
    for jobs in "1", "2", "8":
        same(vowsum("-j", jobs, "-c", "manifest"), wanted)


@case
def files_that_changed_fail():
    write_manifest(*write_files())
    write("two", b"changed")
    same_in_every_voice("manifest")
    write("one", b"changed")
    same_in_every_voice("manifest")


@case
def files_that_are_missing_fail_unless_they_may():
    write_manifest(*write_files())
    os.remove("two")
    same_in_every_voice("manifest")
    os.remove("one")
    os.remove("three")
    same_in_every_voice("manifest")


@case
def what_cannot_be_read_fails():
    one, two, three = write_files()
    os.mkdir("folder")
    digest = one[:64].decode()
    write_manifest(one, f"{digest}  folder\n", f"{digest}  /proc/self/mem\n", f"{digest}  one/x\n",
                   f"{digest}  no such: name\n", two, three)
    same_in_every_voice("manifest")


@case
def malformed_lines_are_counted_and_told_of():
    one, two, three = write_files()
    write_manifest("nonsense\n", one, "\n", "# a comment\n", " # none\n", two[:-5], "\n", three)
    same_in_every_voice("manifest")
    write_manifest(one, "nonsense\n", two, three)
    same_in_every_voice("manifest")


@case
def manifests_without_a_single_good_line_fail():
    write_files()
    for content in "", "\n\n", "nonsense\n", "# comment\n", "SHA1 (x) = 00\n":
        write_manifest(content)
        same_in_every_voice("manifest")


@case
def manifests_that_cannot_be_read_fail():
    write_manifest(*write_files())
    os.mkdir("folder")
    same_in_every_voice("missing", "folder", "manifest")
    same_in_every_voice("missing: odd name", "manifest")


@case
def several_manifests_are_checked_in_turn():
    one, two, three = write_files()
    write_manifest(one, "nonsense\n", name="first: odd")
    write_manifest(two, three, name="second")
    write("three", b"changed")
    same_in_every_voice("first: odd", "missing", "second", "second")


@case
def manifests_come_through_standard_input():
    one, two, three = write_files()
    lines = one + b"nonsense\n" + two + three
    same_in_every_voice(input=lines)
    same_in_every_voice("-", input=lines)
    same_in_every_voice("-", "-", input=lines)
    same_in_every_voice(input=b"")
    same_in_every_voice(input=one[:64] + b"  -\n" + one)


@case
def a_manifest_may_list_standard_input():
    one, two, _ = write_files()
    write_manifest(one[:64], "  -\n", two, one[:64], "  -\n")
    same_in_every_voice("manifest", input=b"one" * 1000)


@case
def all_forms_of_lines_are_read():
    write_files()
    digest = {name: run("sha256sum", name)[0][:64].decode() for name in ("one", "two", "three")}
    one = digest["one"]
    for lines in (
        [f"{one}  one\n", f"{one} *one\n", f"{one.upper()}  one\n", f"  \t{one}  one\n", f"{one}\t one\n"],
        [f"{one} one\n", f"{one}  one\n", f"{one} *one\n"],
        [f"{one}  one\n", f"{one} one\n"],
        [f"SHA256 (one) = {one}\n", f"SHA256(one)= {one}\n", f"SHA256  (one) = {one}\n",
         f"SHA256 (one)={one}\n", f"SHA256 (one)\t = \t{one.upper()}\n", f"SHA256 (one) = {one} \n",
         f"SHA256 one = {one}\n", f"SHA256 (one) {one}\n", f"SHA1 (one) = {one}\n", f"sha256 (one) = {one}\n",
         f"SHA256 (one) = {one[:-1]}\n", f"SHA256 (one = {one}\n", "SHA256\n", "SHA256 (\n", "SHA256 ()"],
        [f"{one}  one\r\n", f"{one}  one\r\r\n", "\r\n", f"{one}  one"],
        [f"\\{one}  one\n", f"\\{one}  o\\ne\n", f"\\{one}  one\\\n", f"\\{one}  o\\xe\n",
         f"\\{one}  o\\\\e\n", f"\\SHA256 (one) = {one}\n", f"\\SHA256 (o\\ne) = {one}\n",
         f"\\SHA256 (one\\) = {one}\n", f"\\\\{one}  one\n"],
        [f"{one}\n", f"{one} \n", f"{one}  \n", f"{one}   \n", f"{one}x one\n", f"{one}one\n",
         f"{one[:-1]}  one\n", f"{one}0  one\n", f"{one[:-1]}g  one\n", "\\\n", " \n", "\\ \n"],
        [f"{one} x\n", f"{one}  one\n"],
        [f"{one}   one\n", f"{one}  one \n", f"{one}  ./one\n", f"{one}  (one)\n"],
    ):
        write_manifest(*lines)
        for options in ["-w"], ["-w", "--strict"]:
            same_as_tool("-c", *options, "manifest")


@case
def verdicts_on_odd_names_have_one_line_each():
    one = write_files()[0][:64]
    write("new\nline", b"one" * 1000)
    write_manifest(b"\\", one, b"  new\\nline\n\\", one, b"  missing\\nline\n", one, b"  missing name\n")
    same_in_every_voice("manifest")


@case
def mutilated_lines_are_judged_alike():
    if not (9, 0) <= coreutils() < (9, 4):
        raise Skip("other versions may judge single lines otherwise")
    write_files()
    names = ["one", "two", "three", "none", "x y", "a)b"]
    one = run("sha256sum", "one")[0][:64].decode()
    chance = random.Random(7)
    pieces = [one, one[:63], " ", "  ", " *", "\t", "\\", "SHA256", " (", ")", " = ", "=", "\r", "#", "-",
              "\\n", *names]
    for _ in range(40):
        lines = []
        for _ in range(30):
            line = [one, chance.choice(["  ", " ", " *"]), chance.choice(names)]
            if chance.random() < 0.4:
                line = ["SHA256 (", chance.choice(names), ") = ", one]
            for _ in range(chance.randrange(3)):
                line.insert(chance.randrange(len(line) + 1), chance.choice(pieces))
                if chance.random() < 0.5:
                    line.pop(chance.randrange(len(line)))
            lines.append("".join(line) + chance.choice(["\n", "\n", "\r\n"]))
        write_manifest(*lines)
        same_as_tool("-c", "-w", "manifest")


@case
def names_of_megabytes_are_told_of_in_a_time_that_grows_with_their_length():
    for name in "x" * 3000000, "{" * 3000000, "it's\tx" * 500000:
        write_manifest("0" * 64 + "  " + name + "\n")
        same_in_every_voice("manifest")


@case
def a_line_longer_than_memory_ends_the_check():
    skip_where_sanitized()
    write_manifest(write_files()[0])
    os.truncate("manifest", 4 << 30)
    limits = (256 << 20, 256 << 20)
    out, errors, status = vowsum("-j", "0", "-c", "manifest",
                                 preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, limits))
    same((errors, status), (b"PROGRAM: memory exhausted\n", 1))
    assert out in (b"", b"one: OK\n"), out


@case
def lines_with_zero_bytes_are_malformed():
    one = write_files()[0]
    write_manifest(one[:-1] + b"\0" + one)
    out, errors, status = vowsum("-c", "manifest")
    same((out, status), (b"", 1))
    assert b"no properly formatted" in errors, errors


if __name__ == "__main__":
    main()
