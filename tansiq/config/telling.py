"""Commands of the newsroom: what texts say, and whether it is true."""

from __future__ import annotations

import argparse
import sys
from itertools import combinations

from tansiq.config.console import command, print_json


def _facts_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("texts", nargs="+", metavar="TEXT", help="a text file (.txt or .docx)")
    parser.add_argument("--against", metavar="SLUG", help="a programme on record")
    parser.add_argument("--json", action="store_true")


@command("facts", _facts_arguments)
def facts(given: argparse.Namespace) -> None:
    """The facts of texts in Arabic, French or English, and where the texts disagree: with each other, with a programme.

    Dates, numbers, sums, places, organisations, activities and audiences, each with the words it was read from. Texts
    that agree in other words agree. It changes nothing.
    """
    from django.utils.translation import gettext as _

    from tansiq.config.asked import one_of
    from tansiq.core import packs
    from tansiq.core.errors import BadInput, Problem
    from tansiq.newsroom import compare, facts, records, statements, textfiles
    from tansiq.programme.models import Programme

    programme = one_of(Programme, given.against) if given.against else None
    known, country = records.gazetteer(), packs.section("country") or ""
    readings = []
    for name in given.texts:
        reading = facts.read(textfiles.read(name), country=country, records=known)
        if not reading.language:
            message = _("The text is not in Arabic, French or English: no facts can be read from it.")
            raise BadInput([Problem(name, "", message)])
        readings.append((name, reading))
    found = []
    for index, (_name, reading) in enumerate(readings):
        found += compare.contradictions(reading, index)
    for (left, (_left, one)), (right, (_right, other)) in combinations(enumerate(readings), 2):
        found += compare.texts(one, other, country=country, indices=(left, right))
    if programme:
        should, may = statements.of(programme, known)
        for index, (_name, reading) in enumerate(readings):
            found += compare.with_programme(reading, should, may, country=country, text=index)
    if given.json:
        print_json(compare.as_json(readings, found))
        return
    for name, reading in readings:
        for fact in reading.facts:
            print(name, fact.kind, fact.value, fact.unit or "-", reading.printed(fact), sep="\t")
    for wrong in found:
        sides = [side.printed for side in (wrong.left, wrong.right) if side]
        print(wrong.severity, wrong.kind, wrong.reason, " / ".join(sides), sep="\t", file=sys.stderr)
