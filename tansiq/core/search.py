"""Finding records by words, folded the same way on every database: rooms put texts in, the interfaces ask.

No database's own text search: SQLite's and PostgreSQL's would each find something else, and neither knows Arabic's
clitics. At some ten thousands of rows a scan is fast enough.
"""

from __future__ import annotations

import datetime as dt
import functools
import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Case, Q, Value, When
from django.db.models.functions import Collate

from tansiq.core.language import query_tokens, tokens
from tansiq.core.models import SearchText

_BATCH = 500
# What is typed by strangers becomes SQL: a few words are a query, a thousand are an attack.
_LONGEST_QUERY = 200
_MOST_WORDS = 12


@dataclass(frozen=True)
class Findable:
    """What can be found of one record in one language.

    subject      the record (its `kind_of_record` and `pk` are kept)
    text         everything that the words may stand in besides the title
    path         where it is shown, without the host
    public_from  when visitors may find it; None: not yet decided, staff only
    extract      shown under the title; cut at 400 characters, the title at 300
    title_language  that of the title where it is not `language`
    """

    subject: Any
    language: str
    title: str
    text: str
    path: str
    public_from: dt.datetime | None
    extract: str = ""
    title_language: str = ""


@dataclass(frozen=True)
class Found:
    """total  how many rows match; hits  the asked slice of them, best first, without their words."""

    total: int
    hits: list[SearchText]


def put(
    *,
    subject: Any,
    language: str,
    title: str,
    text: str,
    path: str,
    public_from: dt.datetime | None,
    extract: str = "",
) -> None:
    """Make a record findable in a language, in place of what was put for both before. See `Findable`."""
    put_all([Findable(subject, language, title, text, path, public_from, extract)])


def put_all(findables: Iterable[Findable]) -> None:
    """The same in bulk; of several for one record and language the last one counts."""
    # PostgreSQL refuses an upsert that meets the same row twice.
    rows = {(item.subject.pk, item.subject.kind_of_record, item.language): _row(item) for item in findables}
    SearchText.objects.bulk_create(
        rows.values(),
        batch_size=_BATCH,
        update_conflicts=True,
        unique_fields=["subject_kind", "subject_id", "language"],
        update_fields=["title", "title_language", "extract", "path", "title_words", "words", "public_from"],
    )


def _row(item: Findable) -> SearchText:
    return SearchText(
        subject_kind=item.subject.kind_of_record,
        subject_id=item.subject.pk,
        language=item.language,
        title=_cut(item.title, 300),
        title_language=item.title_language,
        extract=_cut(item.extract, 400),
        path=item.path,
        title_words=_spaced(_tokens(item.title)),
        words=_spaced(dict.fromkeys([*_tokens(item.title), *_tokens(item.text)])),
        public_from=item.public_from,
    )


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"


@functools.lru_cache(maxsize=256)
def _tokens(text: str) -> tuple[str, ...]:
    """A record is put once for each language of the site, with the same text: it is taken apart once."""
    return tuple(tokens(text))


def _spaced(found: Iterable[str]) -> str:
    return " " + "".join(f"{token} " for token in found)


def remove(*, kind: str, ids: Iterable[uuid.UUID]) -> None:
    """Nothing is found any more, in any language, of the records of this `kind_of_record` with these ids."""
    asked = list(ids)
    for start in range(0, len(asked), _BATCH):
        SearchText.objects.filter(subject_kind=kind, subject_id__in=asked[start : start + _BATCH]).delete()


def find(
    query: str,
    *,
    language: str,
    now: dt.datetime,
    limit: int = 20,
    offset: int = 0,
    kinds: Collection[str] | None = None,
    include_unpublished: bool = False,
) -> Found:
    """The rows in `language` in which every word of the query begins a word, with or without clitics.

    now    aware; what is public later is not found
    kinds  only records of these `kind_of_record`
    include_unpublished  for staff: also what is public later or not at all
    Order: all words in the title, all of them whole words, then the folded title. A query without a word finds
    nothing; of a query only the first 200 characters and 12 words count.
    """
    words = query_tokens(query[:_LONGEST_QUERY])[:_MOST_WORDS]
    if not words:
        return Found(0, [])
    rows = SearchText.objects.filter(_each(words, "words", " {}"), language=language)
    if not include_unpublished:
        rows = rows.filter(public_from__lte=now)
    if kinds is not None:
        rows = rows.filter(subject_kind__in=kinds)
    ordered = rows.order_by(
        _first(_each(words, "title_words", " {}")),
        _first(_each(words, "words", " {} ")),
        # By code point: a server's locale would give another order than SQLite.
        Collate("title_words", "C" if connection.vendor == "postgresql" else "BINARY"),
        "subject_id",
    )
    hits = ordered.defer("words", "title_words")[offset : offset + limit]
    return Found(rows.count(), list(hits))


def _each(words: list[list[str]], field: str, pattern: str) -> Q:
    """Each word is there in one of its forms. `contains` escapes % and _; folding has taken them away before."""
    condition = Q()
    for forms in words:
        one = Q()
        for form in forms:
            one |= Q(**{f"{field}__contains": pattern.format(form)})
        condition &= one
    return condition


def _first(condition: Q) -> Case:
    return Case(When(condition, then=Value(0)), default=Value(1))
