#!/usr/bin/env python3
"""vowsum writes what sha256sum writes, of files and of trees."""

import os
import re
import shutil
import subprocess
import threading

from vowsum_cases import (TOOLS, VOWSUM, Skip, case, main, run, same, same_as_tool, tool_over_tree, vowsum, write,
                          write_odd_files, write_tree)


@case
def each_algorithm_gives_the_bytes_of_its_tool():
    names = write_odd_files()
    for algorithm, tool in TOOLS.items():
        for options in [], ["--tag"], ["-z"], ["-b"], ["-t"], ["--tag", "-z"], ["-b", "-z"]:
            same(vowsum("-a", algorithm, *options, "--", *names),
                 run(tool, *options, "--", *names))


@case
def every_number_of_threads_gives_the_same_bytes():
    write_tree()
    for number in range(2000):
        write(f"tree/many/{number % 7}/{number}", b"%d" % number)
    wanted = tool_over_tree("tree")
    for jobs in "0", "1", "2", "8":
        same(vowsum("-j", jobs, "tree"), wanted)
    same(vowsum("tree"), wanted)


@case
def more_files_than_are_under_way_at_once_come_in_order():
    for number in range(0, 300):
        write(f"tree/{number:04}", b"x" * (1 << 14 if number % 3 else 1 << 21))
    for jobs in "0", "2", "8":
        same(vowsum("-j", jobs, "tree"), tool_over_tree("tree"))


@case
def a_tree_comes_in_the_order_in_which_sort_puts_its_paths():
    write_tree()
    lines = vowsum("tree", "-z")[0].split(b"\0")[:-1]
    names = [line[66:] for line in lines]
    same(names, sorted(names))


@case
def a_folder_is_named_as_it_was_on_the_command_line():
    write("tree/file")
    for name in "tree", "tree/", "./tree", "tree/.", os.path.abspath("tree"):
        wanted = name + ("" if name.endswith("/") else "/") + "file"
        same(vowsum(name)[0][66:].decode().rstrip("\n"), wanted)


@case
def arguments_keep_their_order_and_may_repeat():
    write("b")
    write("a")
    same_as_tool("b", "a", "b")


@case
def a_link_that_is_named_is_followed():
    write("folder/file")
    os.symlink("folder/file", "link")
    os.symlink("folder", "link to folder")
    same_as_tool("link")
    out, errors, status = vowsum("link to folder")
    same((out[66:], errors, status), (b"link to folder/file\n", b"", 0))


@case
def standard_input_is_read_where_nothing_or_a_dash_is_named():
    write("file")
    same_as_tool(input=b"some input")
    same_as_tool("-", input=b"some input")
    same_as_tool("file", "-", "file", input=b"some input" * 100000)
    same_as_tool("-", "-", input=b"some input")
    same_as_tool("--tag", "-b", input=b"")


@case
def standard_input_may_be_a_file_or_a_folder():
    write("file", b"x" * 100000)
    with open("file", "rb") as file:
        same(vowsum(stdin=file)[0][:64], vowsum("file")[0][:64])
    folder = os.open(".", os.O_RDONLY)
    same_as_tool(stdin=folder)
    os.close(folder)


@case
def a_named_pipe_is_read_once_its_writer_comes():
    os.mkfifo("pipe")
    for jobs in "0", "2":
        writer = threading.Thread(target=write, args=("pipe", b"through a pipe" * 50000))
        writer.start()
        out, errors, status = vowsum("-j", jobs, "pipe")
        writer.join()
        write("file", b"through a pipe" * 50000)
        same((out[:64], errors, status), (vowsum("file")[0][:64], b"", 0))


@case
def what_cannot_be_read_is_reported_and_the_rest_goes_on():
    write("first")
    write("last")
    for jobs in "0", "2":
        found = vowsum("-j", jobs, "first", "missing", "/proc/self/mem", "first/below", "", "last")
        same(found, same_as_tool("first", "missing", "/proc/self/mem", "first/below", "", "last"))
        same(found[2], 1)


@case
def files_of_every_size_around_a_piece_are_read_whole():
    for size in 0, 1, 65535, 65536, 65537, 131071, 131072, 131073, 1 << 20, (1 << 20) + 1:
        write(f"sizes/{size:08}", b"0123456789" * (size // 10) + b"x" * (size % 10))
    for jobs in "0", "2":
        same(vowsum("-j", jobs, "sizes"), tool_over_tree("sizes"))


@case
def files_whose_size_the_system_does_not_know_are_read_whole():
    same_as_tool("/proc/version", "/proc/filesystems", "/sys/kernel/mm/transparent_hugepage/enabled")


@case
def standard_input_is_read_from_where_it_stands():
    write("file", b"x" * 100000)
    for jobs in "0", "2":
        with open("file", "rb") as source:
            source.seek(70000)
            found = vowsum("-j", jobs, stdin=source)
        write("rest", b"x" * 30000)
        same(found[0][:64], vowsum("rest")[0][:64])


@case
def what_could_not_be_read_is_counted():
    write("there")
    for names, counted in (["missing"], b"1 file"), (["missing", "there", "gone"], b"2 files"):
        errors = run(VOWSUM, *names)[1]
        same(errors.splitlines()[-1], b"PROGRAM: WARNING: " + counted + b" could not be read")


@case
def messages_come_between_the_lines_where_both_go_to_one_place():
    write("first")
    write("last")
    arguments = ["first", "missing", "last"]
    wanted = subprocess.run(["sha256sum", *arguments], stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, check=False).stdout
    found = subprocess.run([VOWSUM, *arguments], stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, check=False).stdout
    same(found, wanted.replace(b"sha256sum:", b"vowsum:") + b"vowsum: WARNING: 1 file could not be read\n")


@case
def odd_names_in_messages_are_quoted():
    names = ["a b", "it's", 'say "x"', "a:b", "new\nline", "tab\there", "\x01", "é", "~", "a~", "{",
             "a{", "#", "back\\slash", "$x", "it's {", b"\xff", "-", "=", "a,b%c+d@e_f]g"]
    for locale in "C", "C.UTF-8":
        environment = {**os.environ, "LC_ALL": locale}
        same_as_tool("--", *["missing/" + n if isinstance(n, str) else b"missing/" + n for n in names],
                     env=environment)
        same_as_tool("--", *[n for n in names if n != "-"], env=environment)


@case
def a_folder_that_cannot_be_read_is_reported_at_its_place():
    home = os.getcwd()
    write("tree/a")
    write("tree/z")
    os.chdir("tree")
    for _ in range(20):  # a path longer than the system takes
        os.mkdir("d" * 250)
        os.chdir("d" * 250)
    os.chdir(home)
    out, errors, status = vowsum("tree")
    same([line[66:] for line in out.splitlines()], [b"tree/a", b"tree/z"])
    assert errors.endswith(b"ddd: File name too long\n") and errors.count(b"\n") == 1, errors
    same(status, 1)


def run_as_nobody(*arguments):
    """Runs a copy of vowsum and of its library, because the build may lie where nobody else may look."""
    loaded = run("ldd", VOWSUM)[0].decode()
    os.mkdir("copy")
    for original in VOWSUM, *re.findall(r"libvow\.so\S* => (\S+)", loaded):
        shutil.copy(original, "copy")
    os.mkdir("counts")  # where a build that counts lines can write them (scripts/coverage)
    os.chmod("counts", 0o777)
    os.chmod(".", 0o755)
    options = {"user": 65534, "group": 65534, "extra_groups": [],
               "env": {**os.environ, "LD_LIBRARY_PATH": os.path.abspath("copy"),
                       "GCOV_PREFIX": os.path.abspath("counts")}}
    try:
        status = run("copy/vowsum", "--version", **options)[2]
    except OSError:
        status = -1
    if status != 0:
        raise Skip("another user cannot run a copy of vowsum")
    return run("copy/vowsum", *arguments, **options)


@case
def a_folder_without_permission_is_reported():
    os.mkdir("shut", 0)
    counted = b"PROGRAM: shut: Permission denied\nPROGRAM: WARNING: 1 file could not be read\n"
    wanted = (b"", counted, 1)
    if os.geteuid() == 0:  # root may read all: the child is somebody else
        same(run_as_nobody("shut"), wanted)
    else:
        same(run(VOWSUM, "shut"), wanted)


@case
def a_deep_tree_is_walked():
    write("tree/" + "d/" * 900 + "file")
    same(vowsum("tree"), tool_over_tree("tree"))


@case
def folders_are_entered_whether_that_is_asked_for_or_not():
    write_tree()
    wanted = vowsum("tree")
    for option in "-r", "--recursive":
        same(vowsum(option, "tree"), wanted)


@case
def an_empty_tree_gives_nothing():
    os.makedirs("tree/of/folders")
    same(vowsum("tree"), (b"", b"", 0))


@case
def mistaken_options_are_refused_in_the_words_of_sha256sum():
    write("x")
    for options in (["--tag", "-t"], ["--tag", "-c"], ["-b", "-c"], ["-t", "-c"], ["-z", "-c"],
                    ["--ignore-missing"], ["--status"], ["-w"], ["--warn"], ["--quiet"], ["--strict"],
                    ["--unknown"], ["-Q"], ["--stat"], ["-c", "-b", "--tag", "-t"]):
        found = same_as_tool(*options, "x")
        same(found[2], 1)


@case
def numbers_and_algorithms_that_are_none_are_refused():
    write("x")
    for options in (["-j", "-1"], ["-j", "x"], ["-j", ""], ["-j", "1x"], ["-j", "99999999999999999999"],
                    ["-j", "1025"], ["-a", "md17"], ["-a", ""], ["-j"], ["-a"]):
        out, errors, status = vowsum("x", *options)
        same((out, status), (b"", 1))
        assert errors.startswith(b"PROGRAM: ") and errors.endswith(b"for more information.\n"), errors


@case
def help_and_version_are_told():
    out, errors, status = vowsum("--help")
    assert out.startswith(b"Usage: vowsum ") and (errors, status) == (b"", 0)
    out, errors, status = vowsum("--version")
    assert out.startswith(b"vowsum ") and (errors, status) == (b"", 0)


@case
def output_that_cannot_be_written_is_an_error():
    write("file")
    with open("/dev/full", "wb") as full:
        done = subprocess.run([VOWSUM, "file"], stdout=full, stderr=subprocess.PIPE, check=False)
    same((done.stderr, done.returncode), (b"vowsum: write error\n", 1))


if __name__ == "__main__":
    main()
