"""What the public headers declare: shared by check-contracts and check-headers."""

import pathlib
import re
from typing import NamedTuple

COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
CONTRACT_BEFORE = re.compile(r"/\*\*(?:(?!\*/).)*\*/\s*\Z", re.DOTALL)
EXPORTED = re.compile(r"^[ \t]*(?:extern\s+)?VOW_API\b([^;{]*)[;{]", re.MULTILINE)
INLINE = re.compile(r"^[ \t]*(?:VOW_\w+\s+)*static inline\b([^;{]*)\{", re.MULTILINE)
FUNCTION_NAME = re.compile(r"\b(vow_\w+)\s*\(")
NAME = re.compile(r"\b(\w+)\s*(?:\[[^]]*\]\s*)?\Z")


class Declaration(NamedTuple):
    name: str
    line: int
    exported: bool  # by the library, unlike what is inline
    contract: bool  # a /** comment */ stands directly before it


def declarations(header):
    """Every function and object that a header declares for its users, in order."""
    text = pathlib.Path(header).read_text(encoding="utf-8")
    code = COMMENT.sub(lambda comment: re.sub(r"[^\n]", " ", comment[0]), text)
    found = [(match, pattern is EXPORTED) for pattern in (EXPORTED, INLINE)
             for match in pattern.finditer(code)]
    for match, exported in sorted(found, key=lambda item: item[0].start()):
        name = FUNCTION_NAME.search(match[1]) or NAME.search(match[1].rstrip())
        yield Declaration(
            name=name[1],
            line=text.count("\n", 0, match.start()) + 1,
            exported=exported,
            contract=CONTRACT_BEFORE.search(text[:match.start()]) is not None,
        )


def headers(folder):
    """The public headers under an include folder, as users name them: vow.h, vow/pool.h."""
    root = pathlib.Path(folder)
    return sorted(str(path.relative_to(root)) for path in root.rglob("*.h"))
