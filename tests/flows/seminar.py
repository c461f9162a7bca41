"""What the two flows of the seminar share: 180 fictional people of twelve regions, and the files that come from outside."""

from __future__ import annotations

import datetime as dt
import io
import json
from collections.abc import Iterator, Sequence

import openpyxl

from tests.participation.conftest import SHARES

REGIONS = sorted(SHARES)
# Columns of the sheet that an administration is sent; the names stand in the first two.
REGION, EMAIL, PERMISSION = 4, 6, 9
FIRST = [
    ("خديجة", "Khadija"), ("سلمى", "Salma"), ("كريمة", "Karima"), ("ليلى", "Leila"), ("رشيدة", "Rachida"),
    ("هشام", "Hicham"), ("يوسف", "Youssef"), ("مصطفى", "Mustapha"), ("نعيمة", "Naima"), ("حنان", "Hanane"),
    ("طارق", "Tarik"), ("سعاد", "Souad"), ("إدريس", "Driss"), ("زينب", "Zineb"), ("عمر", "Omar"),
]  # fmt: skip
LAST = [
    ("بنجلون", "Benjelloun"), ("التازي", "Tazi"), ("الشرايبي", "Chraibi"), ("المنصوري", "Mansouri"), ("لحلو", "Lahlou"),
    ("بنيس", "Bennis"), ("الودغيري", "Oudghiri"), ("أيت واحي", "Ait Ouahi"), ("الزياني", "Ziani"), ("برادة", "Berrada"),
    ("الكتاني", "Kettani"), ("مرابط", "Mrabet"),
]  # fmt: skip


def name(number: int) -> dict[str, str]:
    """The spellings of the person with this number, from 0 to 179: fifteen of each of the twelve regions."""
    (first_ar, first_fr), (last_ar, last_fr) = FIRST[number // 12], LAST[(number + number // 12) % 12]
    return {"ar": f"{first_ar} {last_ar}", "fr": f"{first_fr} {last_fr}"}


def region(number: int) -> str:
    return REGIONS[number % 12]


def email(number: int) -> str:
    return f"p{number}@example.org"


def people(numbers: Sequence[int]) -> bytes:
    """A table of people, as somebody keeps it."""
    lines = ["name_ar,name_fr,email,region"]
    lines += [f"{name(one)['ar']},{name(one)['fr']},{email(one)},{region(one)}" for one in numbers]
    return "\n".join(lines).encode()


def sheet(content: bytes, numbers: Sequence[int], regions: dict[str, str]) -> bytes:
    """The sheet of a request in Arabic as the administration fills it in: each place with the next of its region.

    regions  the names in the sheet -> codes
    """
    book = openpyxl.load_workbook(io.BytesIO(content))
    page = book.worksheets[0]
    left: dict[str, Iterator[int]] = {
        code: iter([one for one in numbers if region(one) == code]) for code in regions.values()
    }
    for row in range(3, page.max_row + 1):
        one = next(left[regions[page.cell(row, REGION).value]])
        for column, value in ((1, name(one)["ar"]), (2, name(one)["fr"]), (EMAIL, email(one)), (PERMISSION, "نعم")):
            page.cell(row, column, value)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def reports(names: Sequence[dict[str, str]], start: dt.datetime) -> list[tuple[str, bytes]]:
    """Three reports of a day that begins at `start`: [(file name, content)].

    All day are there 90 of the first 95: 80 by Teams in the afternoon (each twice, with an overlap) and ten by their
    Arabic name in BigBlueButton; five leave at noon. The first shows a telephone's name in the morning.
    """
    day, noon = start.date().isoformat(), start + dt.timedelta(hours=4, minutes=30)
    zoom = ["Name (Original Name),User Email,Join Time,Leave Time,Duration (Minutes),Guest,In Waiting Room"]
    for number, spelled in enumerate(names[:95]):
        shown = "iPhone" if number == 0 else spelled["fr"]
        zoom.append(f"{shown},,{day} 09:30:00,{day} 12:00:00,150,Yes,No")
    zoom.append(f"Somebody Else,,{day} 09:20:00,{day} 09:30:00,10,Yes,Yes")  # the waiting room
    american = f"{start.month}/{start.day}/{start:%y}"
    teams = ["1. Summary", "Meeting title\tندوة", f"Start time\t{american}, 2:00:00 PM", "", "3. In-Meeting Activities"]
    teams.append("Name\tJoin Time\tLeave Time\tDuration\tEmail\tRole")
    for spelled in names[:80]:
        # Comes back before having left: a second device.
        for joined, left in (("2:00:00 PM", "3:00:00 PM"), ("2:50:00 PM", "4:00:00 PM")):
            teams.append(f"{spelled['fr']} (Guest)\t{american}, {joined}\t{american}, {left}\t\t\tAttendee")
    first, last = (int((noon + dt.timedelta(hours=hours)).timestamp() * 1000) for hours in (0, 2))
    users = {
        f"u{number}": {
            "userKey": f"u{number}", "extId": "", "name": spelled["ar"], "isModerator": False,
            "intIds": {"w": {"intId": f"w{number}", "sessions": [{"registeredOn": first, "leftOn": last}]}},
        }
        for number, spelled in enumerate(names[80:90])
    }  # fmt: skip
    bbb = {"intId": "x", "name": "ندوة", "createdOn": first, "endedOn": last, "users": users}
    return [
        ("zoom.csv", "\n".join(zoom).encode()), ("teams.csv", "\ufeff".encode("utf-16-le") + "\n".join(teams).encode("utf-16-le")),
        ("bbb.json", json.dumps(bbb, ensure_ascii=False).encode()),
    ]  # fmt: skip
