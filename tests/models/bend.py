#!/usr/bin/env python3
"""bend.py MODEL SOURCE-ROOT - prints a model as one C++ file, with the library's own code in it.

A model is a C++ file with lines that begin with //@:

    //@ file PATH                  the text of a source or header stands here
    //@ take PATH: NAME …          only these functions, structures or macros of it
    //@ change OLD => NEW          in all that is taken: what C++ or the checker wants otherwise
    //@ weaken NAME: OLD => NEW    after that, in the model too, but only while `weakened` is the number of this
                                   line: a fault that the checker has to find
    //@ weaken … \                 goes on in the next //@ line

White space in OLD matches any; "..." matches what has no semicolon. Where OLD ends with a semicolon it is statements, else an expression; a statement that
declares something can only be weakened as an expression. With [[ ]] in OLD, NEW stands for what is between them alone. What is to be changed must be there: a weakening exactly once.
Comments and #include lines are left out; _Atomic becomes word<>.
"""
import re
import sys


class Fault(Exception):
    pass


def without_comments(text):
    text = re.sub(r'/\*.*?\*/', ' ', text, flags=re.S)
    text = re.sub(r'^[ \t]*#[ \t]*include.*$', '', text, flags=re.M)
    return re.sub(r'\n\s*\n+', '\n', text)


def pattern(old):
    """Matches `old`, whatever white space lies between its words, and whatever stands for "..."."""
    if '...' in old:
        return '[^;]*?'.join(pattern(part) for part in old.split('...'))
    words = re.findall(r'\w+|[^\w\s]', old)
    parts = [re.escape(words[0])]
    for before, word in zip(words, words[1:]):
        between = r'\s+' if re.match(r'\w', before[-1]) and re.match(r'\w', word) else r'\s*'
        parts.append(between + re.escape(word))
    start = r'(?<!\w)' if re.match(r'\w', words[0]) else ''
    end = r'(?!\w)' if re.match(r'\w', words[-1]) else ''
    return start + ''.join(parts) + end


def parts(old):
    """What stands before, inside and behind [[ ]]; without them, all is inside."""
    found = re.fullmatch(r'(.*)\[\[(.*)\]\](.*)', old)
    return [part.strip() for part in found.groups()] if found else ['', old, '']


def one_definition(text, name, path):
    """The function, structure, enumeration or macro `name`; several, if there are some under #if."""
    macro = re.findall(r'^#define ' + name + r'\b(?:.*\\\n)*.*$', text, flags=re.M)
    if macro:
        return macro[0]
    struct = re.search(r'^(?:struct|enum) ' + name + r' \{\n.*?^\};$', text, flags=re.M | re.S)
    if struct:
        return struct.group(0)
    function = re.search(r'^(?:[a-zA-Z_][^\n;{}#]*\n?[^\n;{}#]*[\s*]|)' + name +
                         r'\([^;{}]*\)\s*\n\{\n.*?^\}$', text, flags=re.M | re.S)
    if function:
        return function.group(0)
    raise Fault(f'{path}: there is no {name}')


def to_cplusplus(text):
    text = re.sub(r'\b_Atomic\(', '::word<', text)
    # the closing bracket of _Atomic(...)
    text = re.sub(r'word<([^()]*)\)', r'word<\1>', text)
    text = re.sub(r'\b_Atomic (\w+)', r'::word<\1>', text)
    text = re.sub(r'\b_Alignas\([^()]*\)', '', text)
    text = re.sub(r'\b_Static_assert\b', 'static_assert', text)
    return text


class Model:
    def __init__(self, path, root):
        self.path = path
        self.root = root
        self.changes = []     # [old, new, how often it was done]
        self.weakenings = []  # [name, old, new, how often it was done]

    def directives(self, text):
        """Lines, with those that go on in the next one joined."""
        lines = iter(text.split('\n'))
        for line in lines:
            while line.startswith('//@') and line.endswith('\\'):
                line = line[:-1].rstrip() + ' ' + next(lines).removeprefix('//@').strip()
            yield line

    def learn(self, text):
        for line in self.directives(text):
            if line.startswith('//@ change '):
                old, new = re.split(r'\s*=>(?:\s+|$)', line.removeprefix('//@ change '), maxsplit=1)
                self.changes.append([old.strip(), new.strip(), 0])
            elif line.startswith('//@ weaken '):
                name, edit = line.removeprefix('//@ weaken ').split(': ', 1)
                old, new = re.split(r'\s*=>(?:\s+|$)', edit, maxsplit=1)
                self.weakenings.append([name.strip(), old.strip(), new.strip(), 0])

    def source(self, path):
        with open(f'{self.root}/{path}', encoding='utf-8') as file:
            return without_comments(file.read())

    def bent(self, text):
        for edit in self.changes:
            text, count = re.subn(pattern(edit[0]), lambda _, new=edit[1]: new, text)
            edit[2] += count
        return to_cplusplus(text)

    def weakened(self, text):
        for number, edit in enumerate(self.weakenings, 1):
            _, old, new, _ = edit
            before, target, after = parts(old)
            searched = ''.join(f'({pattern(part)}\\s*)' if part else '()' for part in (before, target, after))

            def weak(found, new=new, number=number, statements=target.endswith(';')):
                first, strong, last = found.groups()
                if statements:
                    return f'{first} {{ if (weakened == {number}) {{ {new} }} else {{ {strong} }} }} {last}'
                return f'{first}(weakened == {number} ? ({new}) : ({strong})){last}'

            text, edit[3] = re.subn(searched, weak, text)
        return text

    def expand(self, line):
        if line.startswith('//@ file '):
            return self.bent(self.source(line.removeprefix('//@ file ').strip()))
        if line.startswith('//@ take '):
            path, names = line.removeprefix('//@ take ').split(':')
            text = self.source(path.strip())
            return self.bent('\n'.join(one_definition(text, name, path) for name in names.split()))
        if line.startswith('//@') and line.split()[1] not in ('change', 'weaken'):
            raise Fault(f'{self.path}: {line}: what is that?')
        return line if not line.startswith('//@') else ''

    def check(self):
        for old, _, count in self.changes:
            if count == 0:
                raise Fault(f'{self.path}: there is nothing to change any more: {old}')
        for name, old, _, count in self.weakenings:
            if count != 1:
                raise Fault(f'{self.path}: weaken {name}: it is there {count} times, not once: {old}')

    def text(self):
        with open(self.path, encoding='utf-8') as file:
            text = file.read()
        self.learn(text)
        text = self.weakened('\n'.join(self.expand(line) for line in self.directives(text)) + '\n')
        self.check()
        names = ', '.join(f'"{edit[0]}"' for edit in self.weakenings)
        return f'#define WEAKENINGS {names}\n' + text


def main():
    try:
        sys.stdout.write(Model(sys.argv[1], sys.argv[2]).text())
    except (Fault, OSError) as fault:
        sys.exit(f'bend.py: {fault}')


main()
