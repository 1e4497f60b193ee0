"""What the contracts of the public functions promise: read from the headers' comments, by the words used there.

A contract is prose; four things are found in it by how a clause begins:

  threads    "Any thread", "One line at a time", "The loop's thread" …
  waiting    "never waits", "waits", "waits if …": next to the threads, or a sentence of its own
  callbacks  what follows these two and runs or calls something; and the sentences that say when a function that was given
             is called. Who waits by itself runs others meanwhile: what it does not say of that is as `vow_wait` says it
  cancel     "Cancel: …", "Cancel safety: …", "Canceling it …", "VOW_CANCELED: …"

What a contract leaves out it has from the one that it names by "All else as `vow_x`", "As `vow_x`", "…: as `vow_x`", "The
full form of `vow_x`", "`vow_x` with …", or "The same": the one before. "Statuses as `vow_x`" is enough for a cancel.
"""

import pathlib
import re
from typing import NamedTuple

from public_api import COMMENT, declarations, headers

SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z`0-9(\"])|(?<=[.!?]\))\s+(?=[A-Z`])")
CLAUSE_END = re.compile(r";\s+(?![^(]*\))")
THREADS = re.compile(r"(Any (?:other )?thread|Any line|One line at a time|One thread at a time|The ends serve one line|"
                     r"The loop's thread|The first thread|The thread that|The thread of|The line that)\b")
WAITS = re.compile(r"(?:never )?waits\b", re.IGNORECASE)
RUNS = re.compile(r"\b(?:runs?|calls?|called|begins?|hooks?|feeds?)\b", re.IGNORECASE)
WHO_RUNS = re.compile(r"(?:The canceller) runs\b")
NOT_WHEN = re.compile(r"Borrows|Takes|Copies|A new promise|Any |Never")
CANCEL = re.compile(r"(?:Cancel(?: safety)?:|Cancel(?:ing|ed)\b|VOW_CANCELED:)")
LIKE = re.compile(r"(?:(?:All else|Otherwise|: ) ?as |^As |full form of |^)`(vow_\w+)`")
LIKE_CANCEL = re.compile(r"(?:[Ss]tatuses (?:as|of)|cancel safety,? as) (?:of )?`(vow_\w+)`")
THE_SAME = re.compile(r"^The same\b")
MEANWHILE = re.compile(r"\bmeanwhile\b", re.IGNORECASE)
FUNCTION_TYPE = re.compile(r"^typedef\s[^;{}()]*\b(vow_\w+)\(", re.MULTILINE)
FUNCTION_POINTER = r"\(\*\s*\w*\)\s*\("
STRUCT = re.compile(r"\bstruct (vow_\w+) \{(.*?)^\}", re.MULTILINE | re.DOTALL)
SETTLED = re.compile(r"settled already|rejected already|reference|at once and gives|[Bb]orrowed")

OWNERSHIP = re.compile(r"(?:Borrow|Take|Cop(?:y|ie)|Share|Keep)s?\b|An owned value|One (?:more )?reference|Owned\b")
ERRORS = re.compile(r"(?:VOW_[A-Z_]+\b|NULL(?: on| and|, with)|Never NULL|An error value|A rejected promise|Errors|Statuses|"
                    r"Failures|On failure)")

NOTHING = "–"
THE_WAIT = "vow_wait"


class Guarantee(NamedTuple):
    threads: str
    waits: str
    callbacks: str
    cancel: str


class Parts(NamedTuple):
    """A contract's sentences, by what they are about; those about threads, waiting and cancel are in the guarantee."""
    description: list
    ownership: list
    errors: list


class Function(NamedTuple):
    header: str      # as users name it
    path: str
    declared: object
    sentences: list
    guarantee: Guarantee


def sentences(text):
    """The sentences of a contract's prose; its indented lines of code are left out."""
    prose = " ".join(line.strip() for line in text.splitlines() if not line.startswith("    "))
    return [sentence for sentence in SENTENCE_END.split(re.sub(r"\s+", " ", prose).strip()) if sentence]


def _capital(text):
    text = text.strip().rstrip(".;")
    return text[:1].upper() + text[1:]


def is_about_threads(sentence):
    return THREADS.match(sentence) is not None or re.match(r"(?:Never w|W)aits\b", sentence) is not None


def parts(found):
    first, rest = found[:1], found[1:]
    ownership = [each for each in rest if OWNERSHIP.match(each)]
    errors = [each for each in rest if ERRORS.match(each) and each not in ownership]
    described = [each for each in rest if each not in ownership and each not in errors and not is_about_threads(each)
                 and not re.match(r"Cancel(?: safety)?:|Canceling it\b", each)]
    return Parts(first + described, ownership, errors)


def _place(found):
    """Threads, waiting and what follows, from the sentence that begins with them."""
    threads = waits = None
    rest = []
    for sentence in found:
        clauses = CLAUSE_END.split(sentence)
        if THREADS.match(sentence):
            threads = _capital(clauses.pop(0))
            if waits is None and clauses and WAITS.match(clauses[0]):
                waits = _capital(clauses.pop(0))
            rest += clauses
    alone = [sentence for sentence in found if re.match(r"Never waits\b", sentence)]
    if waits is None and alone:
        first, *others = CLAUSE_END.split(alone[-1])
        waits, rest = _capital(first), rest + others
    if waits is not None:
        waits, _, but = waits.partition(", but ")
        if RUNS.search(but):
            rest.insert(0, but)
        elif but:
            waits += ", but " + but
    return threads, waits, [_capital(clause) for clause in rest]


def _given(prototype):
    """The names of the functions among the parameters."""
    return re.findall(r"\(\*\s*(\w+)\)\s*\(|\bvow_\w+ \*?(fn|step|body|done|next|choose|function|hook|line)\b", prototype)


def _callbacks(prototype, found, rest):
    names = {name for pair in _given(prototype) for name in pair if name} - {"drop"}
    said = [clause for clause in rest if RUNS.search(clause) or "`drop`" in clause]
    about = [sentence for sentence in found if any(f"`{name}" in sentence for name in names)
             and RUNS.search(sentence) and not NOT_WHEN.match(sentence)]
    best = [sentence for sentence in about if sentence.startswith("`")] or about
    best = [sentence for sentence in found if WHO_RUNS.match(sentence)] or best
    return ". ".join([_capital(sentence) for sentence in best[:1]] + said) or None


def _cancel(found, waits):
    said = [sentence for sentence in found if CANCEL.match(sentence)]
    by_status = [sentence for sentence in said if sentence.startswith("VOW_")]
    said = [sentence for sentence in said if sentence not in by_status] or (by_status if waits else [])
    return ". ".join(_capital(re.sub(r"^Cancel(?: safety)?: ", "", sentence)) for sentence in said) or None


def _like(found, previous):
    """The contract that this one refers to for what it does not say."""
    for sentence in found:
        named = LIKE.search(sentence)
        if named:
            return named[1]
    return previous if found and THE_SAME.match(found[0]) else None


def _one_of(types):
    return re.compile("|".join([FUNCTION_POINTER, *(rf"\b{name}\b" for name in types)]))


def _function_types(folders):
    """What finds an argument that is a function, or brings some: options and the like, which begin with their size, and hooks."""
    code = "".join(COMMENT.sub("", pathlib.Path(folder, header).read_text(encoding="utf-8"))
                   for folder in folders for header in headers(folder))
    types = FUNCTION_TYPE.findall(code)
    function = _one_of(types)
    types += [name for name, body in STRUCT.findall(code)
              if function.search(body) and (body.split()[:2] == ["size_t", "size;"] or name.endswith("_hook"))]
    return _one_of(types)


def _needs_callbacks(declared, waits, function_types):
    """Whether it has to say when functions run: those that it is given, or that it waits for."""
    arguments = declared.prototype.partition("(")[2]
    waits_for_what_runs = waits is not None and not re.match(r"Never waits(?!,)|Waits for nothing", waits)
    return declared.name == THE_WAIT or waits_for_what_runs or function_types.search(arguments) is not None


def _with_others(callbacks, declared, waits):
    """What runs, and what runs meanwhile where the function waits by itself."""
    said = MEANWHILE.search(callbacks or "") is not None
    if declared.name == THE_WAIT:
        return callbacks if said else None
    if said or not _has_own_wait(waits):
        return callbacks
    return ". ".join(filter(None, [callbacks, f"Meanwhile as `{THE_WAIT}`"]))


def _has_own_wait(waits):
    """Not only that of what it calls."""
    return waits is not None and not re.match(r"Never waits|Waits (?:as|if|when|for nothing|only)", waits)


def _needs_cancel(prototype, waits, found):
    promises = re.match(r"vow_promise \*", prototype) is not None
    return _has_own_wait(waits) or promises and not any(SETTLED.search(sentence) for sentence in found[:1])


def _resolve(name, known, seen=()):
    """The four of a function, those that it leaves out from the one it refers to. None: not said."""
    if name not in known or name in seen:
        return Guarantee(None, None, None, None)
    declared, found, like = known[name]
    threads, waits, rest = _place(found)
    own = Guarantee(threads, waits, _callbacks(declared.prototype, found, rest),
                    _cancel(found, waits is None or not waits.startswith("Never waits")))
    if like is not None and None in own:
        other = _resolve(like, known, (*seen, name))
        if like == THE_WAIT:  # that is added to all who wait
            other = other._replace(callbacks=None)
        own = Guarantee(*(mine or theirs for mine, theirs in zip(own, other)))
    by_status = [match[1] for sentence in found for match in [LIKE_CANCEL.search(sentence)] if match]
    if own.cancel is None and by_status:
        own = own._replace(cancel=_resolve(by_status[0], known, (*seen, name)).cancel)
    return own


def _filled(guarantee, declared, found, function_types):
    """Nothing to say is something else than not said."""
    callbacks, cancel = _with_others(guarantee.callbacks, declared, guarantee.waits), guarantee.cancel
    if callbacks is None and not _needs_callbacks(declared, guarantee.waits, function_types):
        callbacks = NOTHING
    if cancel is None and not _needs_cancel(declared.prototype, guarantee.waits, found):
        cancel = NOTHING
    return guarantee._replace(callbacks=callbacks, cancel=cancel)


def functions(folders):
    """Every public function of the headers in some include folders, with what its contract guarantees."""
    listed, known = [], {}
    function_types = _function_types(folders)
    for folder in folders:
        for header in headers(folder):
            previous = None
            path = pathlib.Path(folder, header)
            for declared in declarations(path, macros=True):
                found = sentences(declared.text)
                known[declared.name] = (declared, found, _like(found, previous))
                previous = declared.name
                if declared.function:
                    listed.append((header, str(path), declared, found))
    for header, path, declared, found in listed:
        guarantee = _filled(_resolve(declared.name, known), declared, found, function_types)
        yield Function(header, path, declared, found, guarantee)
