"""A foreign key looks down like an import does: the layers are those that import-linter reads in pyproject.toml."""

import tomllib
from pathlib import Path

import pytest
from django.apps import apps

ROOT = Path(__file__).parents[2]


def levels(lines):
    """["config", "desk | (field)", "core"] -> {"config": 3, "desk": 2, "field": 2, "core": 1}: the floor is 1."""
    rooms = [[room.strip(" ()") for room in line.split("|")] for line in reversed(lines)]
    return {room: level for level, line in enumerate(rooms, start=1) for room in line}


@pytest.fixture(scope="module")
def house():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    [layers] = [contract["layers"] for contract in contracts if contract["type"] == "layers"]
    return levels(layers)


def relations():
    """(field, its room, the room it points at) for every relation between our own models."""
    for model in apps.get_models(include_auto_created=True):
        if not model.__module__.startswith("tansiq."):
            continue
        for field in (*model._meta.concrete_fields, *model._meta.many_to_many):
            other = field.related_model
            if other is not None and other.__module__.startswith("tansiq."):
                yield str(field), model.__module__.split(".")[1], other.__module__.split(".")[1]


def refused(pairs, house):
    return [
        f"{field} points from {own} to {other}"
        for field, own, other in pairs
        if own != other and house[other] >= house[own]
    ]


def test_no_field_points_up_or_sideways(house):
    found = list(relations())
    assert len(found) > 40
    assert ("outreach.Material.activities", "outreach", "programme") in found
    assert refused(found, house) == []


def test_a_field_that_points_up_or_sideways_would_be_refused():
    house = levels(["config", "desk | public | (field)", "participation | outreach", "programme", "core"])
    pairs = [
        ("outreach.Material.programme", "outreach", "programme"),
        ("programme.Activity.inside", "programme", "programme"),
        ("core.Source.programme", "core", "programme"),
        ("outreach.Visit.registration", "outreach", "participation"),
        ("programme.Activity.materials", "programme", "outreach"),
    ]
    assert refused(pairs, house) == [
        "core.Source.programme points from core to programme",
        "outreach.Visit.registration points from outreach to participation",
        "programme.Activity.materials points from programme to outreach",
    ]


def test_every_room_with_tables_has_a_layer(house):
    with_tables = {model.__module__.split(".")[1] for model in apps.get_models() if model.__module__[:7] == "tansiq."}
    assert {"core", "people", "programme", "outreach"} <= with_tables <= set(house)
