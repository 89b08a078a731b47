#!/usr/bin/env python3
"""Checks what a compiler does not: sizes of files and functions, lines, opening comments, files that nothing uses."""

import posixpath
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TOPS = ("include", "src", "state", "tests", "examples", "benchmarks", "cmake", "tools", ".ci")
LINES_MAX = {".hpp": 300, ".cpp": 500, ".py": 500}
FUNCTION_LINES_MAX = 60
COLUMNS_MAX = 120

# (path, rule): why it is right there. One that is no longer needed is a problem itself.
EXCEPTIONS = {
    ("include/streams/detail/typed_stores.hpp", "file-size"): "the typed faces of all stores, a few lines each",
}

WRITTEN = {".hpp", ".cpp", ".py", ".cmake", ".sh", ".txt", ".yml", ".json", ".in"}
DATA = ("tests/conformance/cases/", "tests/fuzz/corpus/")


class Findings:
    def __init__(self):
        self.problems = []
        self.excused = set()

    def add(self, path, line, rule, text):
        if (path, rule) in EXCEPTIONS:
            self.excused.add((path, rule))
        else:
            self.problems.append(f"{path}:{line}: {text} [{rule}]")


def project_files():
    for name in "CMakeLists.txt", "CMakePresets.json", "dev":
        yield ROOT / name
    for top in TOPS:
        for file in sorted((ROOT / top).rglob("*")):
            if file.is_file() and "__pycache__" not in file.parts:
                yield file


# -- lines


def check_lines(path, text, findings):
    if text and not text.endswith("\n"):
        findings.add(path, text.count("\n") + 1, "end-of-file", "no end of line at the end of the file")
    for number, line in enumerate(text.splitlines(), 1):
        if len(line) > COLUMNS_MAX and not path.endswith(".json"):
            findings.add(path, number, "columns", f"{len(line)} columns, {COLUMNS_MAX} are the limit")
        if "\t" in line:
            findings.add(path, number, "tab", "a tab")
        if line != line.rstrip():
            findings.add(path, number, "trailing", "blanks at the end of the line")
        todo = re.search(r"\b(TODO|FIXME|XXX)\b(?!\(#\d+\))", line)
        if todo and path != "tools/tidy.py":
            findings.add(path, number, "todo", f"{todo[1]} without an issue: TODO(#number)")


def check_opening(path, suffix, text, headers, findings):
    lines = text.splitlines()
    first = lines[0] if lines else ""
    if suffix == ".py":
        good = len(lines) > 1 and first.startswith("#!") and lines[1].startswith('"""')
    elif suffix in (".cpp", ".hpp"):
        good = re.match(r"// \w", first)
    elif suffix in (".cmake", ".sh"):
        good = first.startswith("# ") or first.startswith("#!")
    else:
        return
    if suffix == ".cpp" and path.removesuffix(".cpp") + ".hpp" in headers:
        return  # the header says it
    if not good:
        findings.add(path, 1, "opening", "does not open with a sentence of purpose")


# -- functions

SKIPPED = re.compile(  # comments, raw strings, strings, characters (but not the ' in 1'000)
    r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])\'(?:\\.|[^\'\\\n])+\'', re.S)
CONTAINER = re.compile(r"(namespace|class|struct|union|enum|extern)\b")


def blank(match):
    return re.sub(r"[^\n]", " ", match[0])


def without_prefix(head):
    """A declaration without the `template <...>`, attributes and export macros before it."""
    head = head.strip()
    while True:
        if head.startswith("template"):
            depth, end = 0, None
            for end, character in enumerate(head):
                depth += {"<": 1, ">": -1}.get(character, 0)
                if depth == 0 and character == ">":
                    break
            head = head[end + 1 :].strip()
            head = re.sub(r"^requires\s*\([^)]*\)\s*", "", head)
        elif head.startswith("[["):
            head = head[head.find("]]") + 2 :].strip()
        else:
            return head


def kind_of(head, parent):
    if parent in ("function", "inside"):
        return "inside"
    head = without_prefix(head)
    if CONTAINER.match(head):
        return "container"
    return "function" if "(" in head and not head.endswith("=") else "inside"


def functions(text):
    """(line, number of lines, first words) of every function with a body in C++ text."""
    code = SKIPPED.sub(blank, text)
    code = re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", blank, code, flags=re.M)  # the preprocessor's lines
    stack, head_start = [], 0
    for match in re.finditer(r"[{};]", code):
        at = match.start()
        if match[0] == "{":
            head = code[head_start:at]
            begin = head_start + len(head) - len(head.lstrip())
            stack.append((kind_of(head, stack[-1][0] if stack else "container"), begin, head.strip()))
        elif match[0] == "}" and stack:
            kind, begin, head = stack.pop()
            if kind == "function":
                first = code.count("\n", 0, begin) + 1
                yield first, code.count("\n", 0, at) + 2 - first, " ".join(head.split())[:60]
        if match[0] != ";" or not (stack and stack[-1][0] in ("function", "inside")):
            head_start = at + 1
    if stack:
        yield 1, 0, None


def check_functions(path, text, findings):
    for line, lines, head in functions(text):
        if head is None:
            findings.add(path, line, "braces", "braces do not match, as far as this script understands C++")
        elif lines > FUNCTION_LINES_MAX:
            findings.add(path, line, "function-size", f"{lines} lines, {FUNCTION_LINES_MAX} are the limit: {head}")


# -- files that nothing uses


def check_use(paths, texts, findings):
    included = set()
    for path in paths:
        if path.endswith((".hpp", ".cpp", ".cmake", ".txt")):
            included.update(name.rsplit("/", 1)[-1] for name in re.findall(r'#\s*include\s+[<"]([^>"]+)', texts[path]))
    listed = listed_paths(texts)
    for path in paths:
        folder, _, name = path.rpartition("/")
        if path.endswith(".cpp") and path not in listed and path.removesuffix(".cpp") not in listed:
            findings.add(path, 1, "unused", "in no CMakeLists.txt")
        if path.endswith(".hpp") and name not in included:
            findings.add(path, 1, "unused", "included by nobody")
        if name == "CMakeLists.txt" and folder not in listed | {"", "tests/package"}:
            findings.add(path, 1, "unused", "added by no other CMakeLists.txt")


def listed_paths(texts):
    """Whatever words of a CMakeLists.txt would be as paths from its folder; the lists of cases have no suffix."""
    paths = set()
    for lists, text in texts.items():
        if lists.endswith("CMakeLists.txt"):
            folder = lists.removesuffix("CMakeLists.txt")
            paths.update(posixpath.normpath(folder + word) for word in re.findall(r"[\w./-]+", text))
    return paths


def main():
    findings, texts = Findings(), {}
    files = list(project_files())
    headers = {file.relative_to(ROOT).as_posix() for file in files if file.suffix == ".hpp"}
    for file in files:
        path = file.relative_to(ROOT).as_posix()
        if path.startswith(DATA) or (file.suffix not in WRITTEN and file.name not in ("dev", "run")):
            continue
        try:
            texts[path] = text = file.read_text()
        except UnicodeDecodeError:
            findings.add(path, 1, "encoding", "not UTF-8")
            continue
        check_lines(path, text, findings)
        check_opening(path, file.suffix, text, headers, findings)
        limit, lines = LINES_MAX.get(file.suffix), text.count("\n")
        if limit and lines > limit:
            findings.add(path, limit, "file-size", f"{lines} lines, {limit} are the limit")
        if file.suffix == ".hpp" and "#pragma once" not in text:
            findings.add(path, 1, "pragma", "no #pragma once")
        if file.suffix in (".cpp", ".hpp"):
            check_functions(path, text, findings)
    check_use(sorted(texts), texts, findings)
    for path, rule in EXCEPTIONS:
        if (path, rule) not in findings.excused:
            findings.problems.append(f"tools/tidy.py:1: the exception for {path} [{rule}] is not needed any more")
    for problem in findings.problems:
        print(problem)
    print(f"tidy: {len(texts)} files, {len(findings.problems)} problems")
    return 1 if findings.problems else 0


if __name__ == "__main__":
    sys.exit(main())
