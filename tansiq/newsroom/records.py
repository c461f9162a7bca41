"""The names on record, as a text may write them: organisations, places and regions, in every language they have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tansiq.newsroom.gazetteer import Gazetteer
from tansiq.people.models import Organisation, Place, Region


def gazetteer() -> Gazetteer:
    """All of it, with three queries."""
    known = Gazetteer()
    for one in Organisation.objects.all():
        for name in [*_texts(one.name), *_texts(one.acronym), *one.aliases]:
            known.add("organisation", one.slug, name)
    for region in Region.objects.all():
        for name in _texts(region.name):
            known.add("place", region.code, name)
    for place in Place.objects.all():
        for name in _texts(place.name):
            known.add("place", place_key(place.name), name)
        for name in _texts(place.locality):
            known.add("place", place_key(place.locality), name)
    return known


def _texts(text: Any) -> Iterator[str]:
    yield from (str(value) for value in dict(text or {}).values() if value)


def place_key(text: Any) -> str:
    """One key for a place in all its languages: its name in Latin letters where it has one."""
    data = dict(text)
    return str(data.get("en") or data.get("fr") or next(iter(data.values()))).lower()
