"""JSON Schemas of the sections of a programme file that programme owns."""

from __future__ import annotations

from tansiq.core.exchange import CLAIMS, COUNTRY, DATE, NUMBER, SLUG, TEXT, URL, array, obj
from tansiq.people.exchange import PLACE
from tansiq.programme.models import Activity, NumberPrecision, Project, Role

STR = {"type": "string"}
TIME = {"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$"}
PRECISION = {"enum": [choice.value for choice in NumberPrecision]}
INVOLVED = array(
    obj(
        {"organisation": STR, "role": {"enum": [role.value for role in Role]}, "words": TEXT, "source": STR},
        ["organisation", "role"],
    )
)
NOTES = array(obj({"text": TEXT, "source": STR}, ["text"]))
AUDIENCE = array(
    obj(
        {
            "who": TEXT, "number": NUMBER, "precision": PRECISION, "organisation": STR, "source": STR,
            "role": {"enum": ["audience", "guest", "participant", "chair", "speaker", "trainer", "reached"]},
            "method": {"enum": ["counted", "estimated", "announced"]},
        },
        ["who"],
    )
)  # fmt: skip
STOPS = array(obj({"when": DATE, "where": PLACE, "title": TEXT, "source": STR}))
AGENDA = array(
    obj({"time": TIME, "end_time": TIME, "title": TEXT, "organisation": STR, "who": TEXT, "source": STR}, ["title"])
)
WHEN = obj(
    {
        "date": DATE, "weekday": STR, "within": DATE, "time": TIME, "end_time": TIME,
        "part": {"enum": [part.value for part in Activity.Part]},
    },
    ["date"],
)  # fmt: skip
# A range may stand by itself, as everywhere else where a date is asked for.
RANGE = {"title": "range"} | obj(
    {"from": {"type": ["string", "integer"]}, "to": {"type": ["string", "integer"]}}, ["from", "to"]
)
ACTIVITY = obj(
    {
        "slug": SLUG, "kind": {"enum": [kind.value for kind in Activity.Kind]},
        "state": {"enum": [state.value for state in Activity.State]},
        "when": {"anyOf": [WHEN, RANGE, {"type": ["string", "integer"]}], "title": "when"},
        "where": PLACE, "stops": STOPS,
        "mode": {"enum": [mode.value for mode in Activity.Mode]},
        "languages": array(STR), "title": TEXT, "summary": TEXT, "audience": AUDIENCE,
        "agenda": AGENDA,
        "announcements": NOTES, "notes": NOTES, "involved": INVOLVED, "claims": CLAIMS, "project": STR,
        "source": STR, "activities": {"type": "array", "items": {"$ref": "#/$defs/activity"}},
    },
    ["slug", "kind", "title"],
)  # fmt: skip
PROJECT = obj(
    {
        "slug": SLUG, "ids": array(STR), "kind": {"enum": [kind.value for kind in Project.Kind]}, "title": TEXT,
        "summary": TEXT, "parent": STR, "period": DATE, "involved": INVOLVED, "claims": CLAIMS, "notes": NOTES,
        "amount": obj({"value": {"type": "number", "minimum": 0, "maximum": 10**15}, "currency": {"type": "string", "pattern": "^[A-Z]{3}$"}}, ["value", "currency"]),
        "shares": array(obj({"country": COUNTRY, "percent": {"type": "number", "exclusiveMinimum": 0, "maximum": 100}, "source": STR}, ["country", "percent"])),
        "source": STR,
    },
    ["slug", "title"],
)  # fmt: skip
COMMITMENT = obj(
    {
        "slug": SLUG, "kind": {"enum": ["joining", "signature", "pledge", "partnership", "other"]}, "of": SLUG,
        "title": TEXT, "signatory": STR, "through": STR, "activity": STR, "signed": DATE,
        "state": {"enum": [state.value for state in Activity.State]}, "involved": INVOLVED, "claims": CLAIMS, "source": STR,
        "undertakings": array(
            obj(
                {
                    "slug": SLUG, "text": TEXT, "owner": STR, "due": DATE, "done": DATE,
                    "evidence": URL, "fictional": {"type": "boolean"},
                },
                ["slug", "text"],
            )
        ),
    },
    ["slug", "signatory"],
)  # fmt: skip
INSTRUMENT = obj({"slug": SLUG, "kind": {**STR, "maxLength": 20}, "title": TEXT, "organisation": STR, "url": URL, "source": STR}, ["slug", "title"])  # fmt: skip
ITEMS = array(obj({"text": TEXT, "kind": STR, "date": DATE, "source": STR}, ["text"]))
HEAD = {
    "slug": SLUG, "reference_language": STR, "title": TEXT, "full_title": TEXT, "summary": TEXT, "period": DATE,
    "time_zone": STR, "country": COUNTRY, "published": {"type": "boolean"},
    # An occasion may be written as its text alone, as in the interface's example.
    "occasions": array({"anyOf": [obj({"text": TEXT, "kind": STR, "date": DATE, "source": STR}, ["text"]), TEXT]}),
    "themes": ITEMS, "frameworks": ITEMS, "involved": INVOLVED, "notes": NOTES, "claims": CLAIMS,
}  # fmt: skip
