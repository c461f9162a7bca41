"""Keeps the translations in step with the code: `.venv/bin/python scripts/messages.py COMMAND`.

update               writes tansiq/locale/{ar,fr}/LC_MESSAGES/django.po: translations stay, new messages stand there
                     empty, those that the code no longer has are dropped
check                exits with 1 and lists what is not up to date, not translated, or would break when it is shown
missing LANG         prints what has no translation as a JSON list; [singular, plural] for what is counted
fill LANG FILE.json  takes {message: translation}, for what is counted {singular: [a form for each plural of LANG]};
                     all of it or, with the reasons, nothing

A message with a context is named "context\\u0004message", as in compiled catalogues. Source strings are English.
"""

import argparse
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from gettext import c2py
from io import BytesIO, StringIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).parents[1]
PLURALS = {
    "ar": "nplurals=6; plural=n==0 ? 0 : n==1 ? 1 : n==2 ? 2 "
    ": n%100>=3 && n%100<=10 ? 3 : n%100>=11 && n%100<=99 ? 4 : 5;",
    "fr": "nplurals=2; plural=(n > 1);",
}
# No dates and no line numbers: the file changes only when a message does.
HEADERS = {
    language: f"""msgid ""
msgstr ""
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {plurals}\\n"

"""
    for language, plurals in PLURALS.items()
}

# Which arguments are the message, its plural and its context ("c"), for Babel.
SIGNATURES = {"gettext": None, "ngettext": (1, 2), "pgettext": ((1, "c"), 2), "npgettext": ((1, "c"), 2, 3)}
KEYWORDS = {"_": None, "N_": None, "gettext_noop": None, **SIGNATURES}
KEYWORDS |= {f"{name}_lazy": signature for name, signature in SIGNATURES.items()}

# Django's templatize() writes a template as calls between blanked-out text; that text is no Python, the calls are.
LITERAL = r"""u?(?:'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")"""
CALL = re.compile(rf"(?<!\w)(?:_|n?p?gettext)\((?:{LITERAL}(?:, ?)?)+(?:count)?\)")

PERCENT = r"%\(\w+\)[-#0+]*\d*(?:\.\d+)?[a-zA-Z]|%[-#0+]*\d*(?:\.\d+)?[a-zA-Z]"
PLACEHOLDER = re.compile(rf"{PERCENT}|\{{[^{{}}]*\}}")


def calls(path: Path) -> bytes:
    """Return Python source that holds the gettext calls of a Python file or a template."""
    if path.suffix == ".py":
        return path.read_bytes()
    return "\n".join(CALL.findall(templatize(path.read_text(encoding="utf-8"), origin=path))).encode()


def messages(catalog: Catalog) -> Iterator[Message]:
    return (message for message in catalog if message.id)  # the header has none


def extracted(root: Path) -> Catalog:
    """Return every message that the code and the templates under root/tansiq look up at run time."""
    catalog = Catalog()
    templates = (path for suffix in ("html", "txt", "xml") for path in root.glob(f"tansiq/**/templates/**/*.{suffix}"))
    for path in sorted({*root.glob("tansiq/**/*.py"), *templates}):
        reference = [(path.relative_to(root).as_posix(), 0)]
        for _line, message, _comments, context in extract("python", BytesIO(calls(path)), KEYWORDS):
            catalog.add(message, locations=reference, context=context)
    return catalog


def po_path(root: Path, language: str) -> Path:
    return root / "tansiq/locale" / language / "LC_MESSAGES/django.po"


def merged(root: Path, language: str) -> Catalog:
    """Return what the code has, with the translations, translators' comments and fuzzy marks of the file."""
    path = po_path(root, language)
    stored = path.read_text(encoding="utf-8") if path.exists() else HEADERS[language]
    catalog, old = read_po(StringIO(HEADERS[language])), read_po(StringIO(stored), ignore_obsolete=True)
    for message in messages(extracted(root)):
        known = old.get(message.id, message.context)
        new = catalog.add(message.id, locations=message.locations, context=message.context)
        if known and known.pluralizable == message.pluralizable:
            new.string, new.user_comments = known.string, known.user_comments
            if known.fuzzy:
                new.flags.add("fuzzy")
    return catalog


def as_text(catalog: Catalog, language: str) -> str:
    out = BytesIO()
    write_po(out, catalog, width=0, omit_header=True, sort_output=True, include_lineno=False)
    return HEADERS[language] + out.getvalue().decode().rstrip("\n") + "\n"


def write(root: Path, language: str, catalog: Catalog) -> None:
    path = po_path(root, language)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(as_text(catalog, language), encoding="utf-8")


def name(message: Message) -> str:
    """Return the message as `fill` and the list of problems name it."""
    first = message.id[0] if message.pluralizable else message.id
    return f"{message.context}\u0004{first}" if message.context else first


def forms(message: Message) -> list[str]:
    """Return the translation as a list: one text, or one for each plural form."""
    return list(message.string) if isinstance(message.string, (list, tuple)) else [message.string or ""]


def is_missing(message: Message) -> bool:
    return message.fuzzy or not all(forms(message))


def placeholders(text: str) -> set[str]:
    """Return %(name)s and {name} once each, and those without a name with their number: {"%s x 2"}."""
    found = Counter(PLACEHOLDER.findall(text.replace("%%", "")))
    return {mark if re.search(r"\w\)|\{\w", mark) else f"{mark} x {times}" for mark, times in found.items()}


def faults(message: Message, language: str) -> list[str]:
    """Return why a translation would come out wrong or raise when it is shown; empty if it is sound."""
    nplurals, expression = re.fullmatch(r"nplurals=(\d+); plural=(.*);", PLURALS[language]).groups()
    count = int(nplurals) if message.pluralizable else 1
    if len(forms(message)) != count or not all(forms(message)):
        return [f"must have {count} {'plural forms, none of them' if count > 1 else 'text, not'} empty"]
    form_of = c2py(expression)
    sources = message.id if message.pluralizable else (message.id,)
    wanted = placeholders(sources[-1])
    known = wanted | placeholders(sources[0])
    is_format = any(re.search(f"%%|{PERCENT}", source) for source in sources)
    reasons = []
    for form, text in enumerate(forms(message)):
        numbers = [number for number in range(200) if form_of(number) == form]
        where = f" in form {form} (for {numbers[:3]})" if message.pluralizable else ""
        lost, unknown = wanted - placeholders(text), placeholders(text) - known
        # The form of one number alone may leave that number out: "two people" is one word in Arabic.
        if lost and not (message.pluralizable and len(numbers) == len(lost) == 1):
            reasons.append(f"lacks {', '.join(sorted(lost))}{where}")
        if unknown:
            reasons.append(f"has {', '.join(sorted(unknown))}, which the message does not have{where}")
        if is_format and "%" in re.sub(f"%%|{PERCENT}", "", text):
            reasons.append(f"has a lone % where %% is meant{where}")
    # Babel reads "50% of" as a placeholder, and compares form 0 with the English singular alone.
    hint = "; give the English singular the placeholders of its plural" if message.pluralizable else ""
    return reasons or [f"`make` could not compile it: {error}{hint}" for error in message.check()]


def check(root: Path) -> list[str]:
    """Return one sentence for each thing that is wrong; empty if every catalogue is complete and sound."""
    problems = []
    for language in PLURALS:
        path, catalog = po_path(root, language), merged(root, language)
        if not path.exists() or path.read_text(encoding="utf-8") != as_text(catalog, language):
            problems.append(f"{path.relative_to(root)}: not up to date with the code; run `make messages`")
        for message in messages(catalog):
            for fault in ["not translated"] if is_missing(message) else faults(message, language):
                problems.append(f"{language}: {name(message)!r} ({message.locations[0][0]}): {fault}")
    return problems


def fill(root: Path, language: str, translations: dict[str, str | list[str]]) -> list[str]:
    """Write translations into a catalogue, or nothing if one cannot be; return the reasons why not."""
    catalog, problems = merged(root, language), []
    by_name = {name(message): message for message in messages(catalog)}
    for key, text in translations.items():
        if key not in by_name:
            problems.append(f"{key!r}: the code has no such message")
            continue
        message = by_name[key]
        message.string = tuple(text) if isinstance(text, list) else text
        message.flags.discard("fuzzy")
        problems += [f"{key!r}: {fault}" for fault in faults(message, language)]
    if not problems:
        write(root, language, catalog)
    return problems


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    parsers = {name: commands.add_parser(name) for name in ("update", "check", "missing", "fill")}
    for command in ("missing", "fill"):
        parsers[command].add_argument("language", choices=PLURALS)
    parsers["fill"].add_argument("file", type=Path)
    given, problems = parser.parse_args(), []
    if given.command == "update":
        for language in PLURALS:
            catalog = merged(ROOT, language)
            write(ROOT, language, catalog)
            print(f"{language}: {len(catalog)} messages, {sum(map(is_missing, messages(catalog)))} without translation")
    elif given.command == "check":
        problems = check(ROOT)
    elif given.command == "missing":
        listed = [message for message in messages(merged(ROOT, given.language)) if is_missing(message)]
        rows = [[name(message), message.id[1]] if message.pluralizable else name(message) for message in listed]
        print(json.dumps(rows, ensure_ascii=False, indent=1))
    else:
        problems = fill(ROOT, given.language, json.loads(given.file.read_text(encoding="utf-8")))
    print("\n".join(problems), end="\n" if problems else "", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
