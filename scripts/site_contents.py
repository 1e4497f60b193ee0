"""What the site consists of: docs/site/contents.txt, and what is made of it for Doxygen."""

import pathlib
import re
from typing import NamedTuple
from xml.sax.saxutils import quoteattr

from public_api import headers, introduction


class Group(NamedTuple):
    kind: str     # guide, reference
    title: str
    members: list


def read(path):
    groups = []
    for line in pathlib.Path(path).read_text(encoding="utf-8").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        if line.startswith(" "):
            if not any(line.strip() in group.members for group in groups):
                groups[-1].members.append(line.strip())
        else:
            kind, _, title = line.partition(" ")
            groups.append(Group(kind, title, []))
    return groups


def members(groups, kind):
    return [member for group in groups if group.kind == kind for member in group.members]


def label(page):
    """The name of a page's file in the site: docs/concepts.md is concepts."""
    names = {"README.md": "index", "examples/README.md": "example_programs", "bench/README.md": "benchmarks",
             "tests/conformance/README.md": "conformance_suites",
             "tests/conformance/deferred/README.md": "conformance_deferred"}
    path = pathlib.Path(page)
    return names.get(page) or slug(str(path.parent) if path.stem == "README" else path.stem)


def title(path):
    """A page's first heading."""
    return re.search(r"^# (.*)", pathlib.Path(path).read_text(encoding="utf-8"), re.MULTILINE)[1]


def slug(text):
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")


def concept(folder, header):
    """The title and the sentence of a header: "vow/promise.h - promises: cells that …" is Promises."""
    opening = " ".join(introduction(pathlib.Path(folder, header)).split("\n\n")[0].split())
    return opening.partition(" - ")[2].rstrip(".")


def complete(groups, pages, folders):
    """Adds what the contents do not name to their last groups; gives what they name and is not there."""
    there = {"guide": set(pages), "reference": {pathlib.Path(header).stem for folder in folders
                                                for header in headers(folder) if "/" in header}}
    gone = []
    for kind, found in there.items():
        named = set(members(groups, kind))
        last = [group for group in groups if group.kind == kind][-1]
        last.members.extend(sorted(found - named))
        gone += sorted(named - found)
    return gone


def layout(groups, root):
    """Doxygen's navigation: the guide's pages under their groups, then the reference and the indexes."""
    lines = ['<doxygenlayout version="1.0">', " <navindex>"]
    for group in (group for group in groups if group.kind == "guide"):
        lines.append(f'  <tab type="usergroup" visible="yes" url="[none]" title={quoteattr(group.title)}>')
        for page in group.members:
            shown = "Overview" if page == "README.md" else title(root / page)
            reference = "index.html" if page == "README.md" else f"@ref {label(page)}"
            lines.append(f'   <tab type="user" visible="yes" url="{reference}" title={quoteattr(shown)}/>')
        lines.append("  </tab>")
    lines += [
        '  <tab type="modules" visible="yes" title="Reference" intro="The public functions and types, by concept."/>',
        '  <tab type="classlist" visible="yes" title="Structures" intro=""/>',
        '  <tab type="globals" visible="yes" title="All names" intro="Everything that the headers declare."/>',
        " </navindex>", "</doxygenlayout>",
    ]
    return "\n".join(lines) + "\n"


def concepts(groups, folders):
    """The groups of the reference, as comments for Doxygen."""
    where = {pathlib.Path(header).stem: (folder, header) for folder in folders for header in headers(folder)}
    lines = []
    for group in (group for group in groups if group.kind == "reference"):
        lines.append(f"/** @defgroup {slug(group.title)} {group.title} */")
        for name in group.members:
            sentence = concept(*where[name])
            lines.append(f"/** @defgroup {name}_h vow/{name}.h\n * @ingroup {slug(group.title)}\n"
                         f" * @brief {sentence[:1].upper()}{sentence[1:]}. */")
    return "\n".join(lines) + "\n"
