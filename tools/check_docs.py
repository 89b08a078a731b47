#!/usr/bin/env python3
"""Checks that every public name has a comment: types, functions, fields and aliases of include/streams, not of detail/.

A name is documented by a comment above it or behind it, by one of the same name beside it (overloads), or, if it is a
field or an accessor, by the comment that its block of lines begins with, or by its `name` in the comment of its class.
Constructors, operators, overrides and what is deleted or defaulted need none.
"""

import re
import sys
from pathlib import Path

from tidy import SKIPPED, blank, without_prefix

ROOT = Path(__file__).resolve().parent.parent
HEADERS = (*(ROOT / "include/streams").glob("*.hpp"), *(ROOT / "include/streams/testing").glob("*.hpp"))

ACCESS = re.compile(r"\s*(public|protected|private)\s*:")
SKIP = re.compile(r"(friend|static_assert|public|private|protected|namespace|extern|typedef)\b|using (namespace|\w+::)")
TYPE = re.compile(r"(?:enum class|enum|class|struct|concept)\s+(\w+)")


class Scope:
    def __init__(self, kind, name, comment="", visible=True, private=False):
        self.kind, self.name, self.comment, self.visible, self.private = kind, name, comment, visible, private
        self.documented, self.missing = set(), []


def lines_around(text, start, end):
    """The comment above `start`, and whether there is one on the lines from `start` to `end`."""
    lines = text.split("\n")
    first, last = text.count("\n", 0, start), text.count("\n", 0, end)
    above = []
    while first > 0 and lines[first - 1].lstrip().startswith("//"):
        first -= 1
        above.insert(0, lines[first].strip())
    begins = text.count("\n", 0, start)
    behind = any("//" in line for line in lines[begins : last + 1])
    in_block = first > 0 and lines[first - 1].strip() not in ("", "{") and not re.search(r":$|\{$", lines[first - 1])
    return "\n".join(above), behind, in_block


def name_of(head):
    """(kind, name) of a declaration; name is None for what needs no comment."""
    if not head or SKIP.match(head) or re.search(r"\boperator\b|=\s*(delete|default)$|\boverride\b", head):
        return "other", None
    if alias := re.match(r"using (\w+)\s*=", head):
        return "alias", alias[1]
    if named := TYPE.match(head):
        return "type", named[1]
    depth = 0
    for at, character in enumerate(head):
        depth += {"<": 1, ">": -1}.get(character, 0)
        if depth == 0 and character in "(={":
            name = re.search(r"([\w:~]+)\s*$", head[:at])
            return ("function" if character == "(" else "field"), name and name[1]
    name = re.search(r"(\w+)(?:\[\d+\])?$", head)
    return "field", name and name[1]


def is_accessor(head):
    return re.search(r"\(\s*\)\s*const\s*&?(?:\s*=\s*0)?$", head) is not None


class Header:
    def __init__(self, path):
        self.path, self.text = path, path.read_text()
        code = SKIPPED.sub(blank, self.text)
        code = re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", blank, code, flags=re.M)
        self.code = re.sub(r"^STREAMS_\w+\(.*\)$", blank, code, flags=re.M)
        self.problems, self.names, self.block = [], 0, False

    def declared(self, scope, head, start, end):
        """Looks at one declaration; gives its comment."""
        kind, name = name_of(head)
        above, behind, in_block = lines_around(self.text, start, end)
        if scope.kind not in ("namespace", "class") or not scope.visible or scope.private:
            return above
        if name is None or "::" in name or name.lstrip("~") == scope.name:
            return above
        forward = kind == "type" and "{" not in self.code[start : end + 1] and "concept" not in head
        if forward or (kind == "alias" and scope.kind == "class"):
            return above
        self.names += 1
        shares = kind == "field" or is_accessor(head)
        if above or behind:
            scope.documented.add(name)
            self.block = True
        elif shares and ((in_block and self.block) or f"`{name}`" in scope.comment):
            scope.documented.add(name)
        else:
            self.block = False
            scope.missing.append((self.text.count("\n", 0, start) + 1, kind, name))
        return above

    def close(self, scope):
        for line, kind, name in scope.missing:
            if name not in scope.documented:
                self.problems.append((line, f"{kind} {scope.name + '::' if scope.name else ''}{name} has no comment"))

    def check(self):
        stack, head_start = [Scope("namespace", "")], 0
        for match in re.finditer(r"[{};]", self.code):
            at, scope = match.start(), stack[-1]
            head = self.code[head_start:at]
            while access := ACCESS.match(head):
                scope.private = access[1] != "public"
                head_start += access.end()
                head = self.code[head_start:at]
            start = head_start + len(head) - len(head.lstrip())
            head = re.sub(r"\[\[\w+\]\] ", "", " ".join(without_prefix(head).split()))
            if match[0] == "{":
                entered = self.enter(scope, head, start, at)
                stack.append(entered)
                if entered.kind != "inside":
                    head_start = at + 1
            elif match[0] == "}":
                closed = stack.pop()
                self.close(closed)
                if closed.kind == "body" or closed.kind == "namespace":
                    head_start = at + 1
                elif closed.kind == "class":
                    head_start = at + 1  # what follows is its semicolon
            else:
                if scope.kind in ("namespace", "class"):
                    self.declared(scope, head, start, at)
                if scope.kind != "inside":
                    head_start = at + 1
        self.close(stack[0])
        return self

    def enter(self, scope, head, start, at):
        if scope.kind in ("body", "inside"):
            return Scope("inside", "")
        if namespace := re.match(r"(?:inline )?namespace ?([\w:]*)$", head):
            return Scope("namespace", "", visible=scope.visible and namespace[1] in ("streams", "streams::testing"))
        if re.match(r"(class|struct|enum|union)\b", head) and "(" not in head.split("{")[0].split(":")[0]:
            comment = self.declared(scope, head, start, at)
            kind = "enum" if head.startswith("enum") else "class"
            named = TYPE.match(head)
            private = head.startswith("class")
            inner = Scope(kind, named[1] if named else "", comment, scope.visible and not scope.private, private)
            return inner
        if "(" in head and not head.endswith("=") and "concept" not in head and not head.startswith("using"):
            self.declared(scope, head, start, at)
            return Scope("body", "")
        return Scope("inside", "")


def main():
    names = problems = 0
    for path in sorted(HEADERS):
        header = Header(path).check()
        names += header.names
        problems += len(header.problems)
        for line, text in sorted(header.problems):
            print(f"{path.relative_to(ROOT).as_posix()}:{line}: {text}")
    print(f"check_docs: {len(HEADERS)} headers, {names} names, {problems} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
