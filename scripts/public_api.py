"""What the public headers declare: shared by what checks the headers, and what makes pages of them."""

import pathlib
import re
from typing import NamedTuple

COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
CONTRACT_BEFORE = re.compile(r"/\*\*((?:(?!\*/).)*)\*/\s*\Z", re.DOTALL)
EXPORTED = re.compile(r"^[ \t]*(?:extern\s+)?VOW_API\b([^;{]*)[;{]", re.MULTILINE)
INLINE = re.compile(r"^(?:[ \t]*(?:VOW_\w+\s+)*static inline|VOW_FORK_INLINE)\b([^;{]*)\{", re.MULTILINE)
MACRO = re.compile(r"^#define (vow_\w+\([^)]*\))()", re.MULTILINE)
# Pieces that macros and inline functions are made of: declared, exported, and for nobody to call.
PLUMBING = re.compile(r"/\*[^*]*programs need not look at it\..*?\n/\* \*{20,} \*/", re.DOTALL)
FUNCTION_NAME = re.compile(r"\b(vow_\w+)\s*\(")
NAME = re.compile(r"\b(\w+)\s*(?:\[[^]]*\]\s*)?\Z")
ATTRIBUTES = re.compile(r"\bVOW_(?:NODISCARD|FORK_INLINE)\b|\bVOW_(?:PRINTF|NONNULL)\([^)]*\)|\bVOW_NONNULL\b")


class Declaration(NamedTuple):
    name: str
    line: int
    exported: bool   # by the library, unlike what is inline
    contract: bool   # a /** comment */ stands directly before it
    text: str        # of that comment, without its frame; lines as they are
    prototype: str   # in one line, without attributes; "name(arguments)" of a macro
    function: bool   # or a macro that is called like one; else an object
    plumbing: bool   # part of what its header says programs need not look at


def unframed(comment):
    """The text of a comment, without the stars at the beginnings of its lines."""
    return "\n".join(re.sub(r"^\s*\* ?", "", line).rstrip() for line in comment.splitlines()).strip("\n ")


def _code(text):
    """The text with its comments blank, line by line."""
    return COMMENT.sub(lambda comment: re.sub(r"[^\n]", " ", comment[0]), text)


def declarations(header, macros=False):
    """Every function and object that a header declares for its users, in order; with its vow_…() macros, if asked."""
    text = pathlib.Path(header).read_text(encoding="utf-8")
    code = _code(text)
    hidden = [match.span() for match in PLUMBING.finditer(text)]
    patterns = (EXPORTED, INLINE, MACRO) if macros else (EXPORTED, INLINE)
    found = [(match, pattern is EXPORTED) for pattern in patterns for match in pattern.finditer(code)]
    for match, exported in sorted(found, key=lambda item: item[0].start()):
        named = FUNCTION_NAME.search(match[1])
        name = named or NAME.search(match[1].rstrip())
        contract = CONTRACT_BEFORE.search(text[:match.start()])
        yield Declaration(
            name=name[1],
            line=text.count("\n", 0, match.start()) + 1,
            exported=exported,
            contract=contract is not None,
            text=unframed(contract[1]) if contract else "",
            prototype=" ".join(ATTRIBUTES.sub(" ", match[1]).split()),
            function=named is not None,
            plumbing=any(begin < match.start() < end for begin, end in hidden),
        )


def introduction(header):
    """The comment that opens a header, without its frame."""
    opening = re.match(r"\s*/\*\*(.*?)\*/", pathlib.Path(header).read_text(encoding="utf-8"), re.DOTALL)
    return unframed(opening[1]) if opening else ""


def headers(folder):
    """The public headers under an include folder, as users name them: vow.h, vow/pool.h."""
    root = pathlib.Path(folder)
    return sorted(str(path.relative_to(root)) for path in root.rglob("*.h"))
