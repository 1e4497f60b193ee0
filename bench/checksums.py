#!/usr/bin/env python3
"""P20 by vowsum, and by what a shell has: SHA-256 of all files of a tree that is in the system's cache.

Counted: from the start of the program to its end: ms. Each reads the same folders, some 200 MB of /usr.

    checksums.py vow|openssl|coreutils BUILD [--json] [--rounds N] [--scale FACTOR] [--placement NAME] [P20]

The idioms: `xargs -P` with as many processes as vowsum has workers, and enough files for each start that the starts do
not count; one process for all.
"""
import argparse
import json
import os
import shutil
import subprocess
import time

BYTES = 200_000_000  # of the tree, at scale 1
FILES_FOR_A_START = 400
FIND = 'find "$@" -type f -print0 | '


def in_parallel(command):
    return f'{FIND} xargs -0 -P 2 -n {FILES_FOR_A_START} {command}'


def subjects_of(who, build):
    """What each subject is called, and its command: a shell's, to which the folders are given."""
    vowsum = os.path.join(build, 'tools', 'vowsum')
    return {
        'vow': {f'vowsum -j {workers}': f'exec {vowsum} --no-progress -j {workers} "$@"'
                for workers in (0, 1, 2)},
        'openssl': {'xargs -P 2 openssl sha256': in_parallel('openssl sha256')},
        'coreutils': {'sha256sum': f'{FIND} xargs -0 sha256sum',
                      'xargs -P 2 sha256sum': in_parallel('sha256sum')},
    }[who]


def version_of(who, build):
    command = {'vow': [os.path.join(build, 'tools', 'vowsum'), '--version'],
               'openssl': ['openssl', 'version'], 'coreutils': ['sha256sum', '--version']}[who]
    words = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split('\n')[0]
    return ' '.join(words.split()[:2]) if who == 'openssl' else words.split()[-1]


def size_of(folder):
    return sum(os.lstat(os.path.join(place, name)).st_size
               for place, _, names in os.walk(folder) for name in names)


def tree(wanted):
    """Folders of /usr that are about so many bytes together."""
    found, total = [], 0
    for place in ('/usr/include', '/usr/share', '/usr/lib'):
        inside = sorted(entry.path for entry in os.scandir(place)
                        if entry.is_dir(follow_symlinks=False))
        for folder in inside:
            size = size_of(folder)
            if size and total + size <= wanted * 1.2:
                found.append(folder)
                total += size
            if total >= wanted:
                return found
    return found


def run(command, folders):
    """Milliseconds. Files that may not be read, and so a status of 1, are the same for all."""
    started = time.monotonic_ns()
    subprocess.run(['sh', '-c', command, 'sh', *folders], stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL, check=False)
    return (time.monotonic_ns() - started) / 1e6


def main():
    parser = argparse.ArgumentParser()
    add = parser.add_argument
    add('who', choices=('vow', 'openssl', 'coreutils'))
    add('build')
    add('jobs', nargs='*')
    add('--json', action='store_true')
    add('--rounds', type=int, default=5)
    add('--scale', type=float, default=1)
    add('--placement', default='free')
    options = parser.parse_intermixed_args()
    tool = {'openssl': 'openssl', 'coreutils': 'sha256sum'}.get(options.who, 'sh')
    if shutil.which(tool) is None:
        raise SystemExit(f'{tool} is missing')
    folders = tree(BYTES * options.scale)
    for subject, command in subjects_of(options.who, options.build).items():
        run(command, folders)  # brings the tree into the cache
        samples = [run(command, folders) for _ in range(options.rounds)]
        row = {'job': 'P20', 'subject': subject, 'metric': '', 'unit': 'ms',
               'version': version_of(options.who, options.build),
               'placement': options.placement, 'samples': samples}
        print(json.dumps(row) if options.json else f'P20 {subject}: {samples} ms')


main()
