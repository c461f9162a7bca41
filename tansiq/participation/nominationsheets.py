"""The Excel sheet of one request: made for it, with its regions and drop-downs, and read back with all faults by cell."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from tansiq.coordination.paper import in_words
from tansiq.core import columns, tables
from tansiq.core.errors import BadInput, Problem
from tansiq.core.language import direction, fold, is_in_script, language_name
from tansiq.core.localized import Localized
from tansiq.participation import applicants, nominated, nominations, nominees
from tansiq.participation.models import Admission, NominationRequest, Nominee, Sex
from tansiq.participation.nominated import Named
from tansiq.people.models import Region

LARGEST_BYTES = 5_000_000
# Besides the spellings of the name, which come first.
MEANINGS = ("list", "region", "function", "profession", "email", "telephone", "sex", "permission")
_YES = ("yes", "oui", "نعم", "x", "1", "true", "ok")
_NO = ("no", "non", "لا", "0", "false", "")
_EXAMPLE = {"ar": "مثال: فاطمة الزهراء المثالية", "latin": "Exemple : Fatima-Zahra Exemple"}


def _titles(request: NominationRequest) -> dict[str, str]:
    """The columns of the sheet of a request, in the language that is active."""
    found = {}
    for code in applicants.spelling_languages():
        language = language_name(code, translation.get_language() or code)
        found[f"name_{code}"] = _("First and last name (%(language)s)") % {"language": language}
    found |= {name: str(columns.LABELS[name]) for name in MEANINGS}
    if not request.admission.professions:
        del found["profession"]
    return found


def _word_of_list(is_reserve: bool) -> str:
    return pgettext("nomination", "reserve") if is_reserve else pgettext("nomination", "participant")


def _about() -> str:
    return _("About")


def write(request: NominationRequest) -> bytes:
    """The workbook: a row for each place, region and list filled in, an example, and what was given so far."""
    language = request.language
    with translation.override(language):
        titles = _titles(request)
        names = nominations.region_names(language)
        regions = [names.get(one["region"], one["region"]) for one in request.places if one["region"]]
        if any(not one["region"] for one in request.places):
            regions = list(names.values())
        professions = [Localized(one["name"]).text(language).value for one in request.admission.professions]
        choices = {
            "list": [_word_of_list(False), _word_of_list(True)], "region": regions, "profession": professions,
            "sex": [str(label) for _value, label in Sex.choices], "permission": [_("yes"), _("no")],
        }  # fmt: skip
        example = _example(request, regions, professions)
        rows = [[example.get(name, "") for name in titles]]
        rows += [[row.get(name, "") for name in titles] for row in _rows(request, names)]
        sheet = tables.Sheet(
            _sheet_name(), list(titles.values()), rows, widths=dict.fromkeys(titles.values(), 24),
            choices={titles[name]: values for name, values in choices.items() if name in titles and values},
            notes={
                titles["permission"]: _("Does the hierarchy of the person agree? Who lacks it is not registered."),
                titles["email"]: _("The answer goes there. Leave it empty where there is none: then a letter says it."),
                titles["list"]: _("Whoever is on the reserve list steps up when somebody of the same region withdraws."),
            },
        )  # fmt: skip
        due = in_words(request.due, language) if request.due else ""
        about = tables.Sheet(
            _about(), [_("Request"), request.pk.hex],
            [
                [_("Activity"), request.admission.activity.title.text(language).value],
                [_("Administration"), request.organisation.name.text(language).value],
                [_("Answer wanted by"), due], [pgettext("seats", "Places"), request.number], [pgettext("seats", "Reserve"), request.reserve],
                [_("How to fill it in"), _("One person in each row, under the headings. The example row is passed over. Do not change the headings nor this page.")],
            ],
            widths={_("Request"): 24, request.pk.hex: 80},
        )  # fmt: skip
        out = io.BytesIO()
        tables.write_xlsx([sheet, about], out, right_to_left=direction(language) == "rtl")
    return out.getvalue()


def _sheet_name() -> str:
    return _("Names")


def _example(request: NominationRequest, regions: list[str], professions: list[str]) -> dict[str, str]:
    found = {
        f"name_{code}": _EXAMPLE["ar" if is_in_script("ا", code) else "latin"]
        for code in applicants.spelling_languages()
    }
    return found | {
        "list": _word_of_list(False), "region": regions[0] if regions else "", "function": _("Social assistant"),
        "profession": professions[0] if professions else "", "email": "name@example.org", "telephone": "0522 00 00 00",
        "sex": str(Sex.WOMAN.label), "permission": _("yes"),
    }  # fmt: skip


def _rows(request: NominationRequest, names: dict[str, str]) -> Iterable[dict[str, str]]:
    """What was given so far, then an empty row for each place that is left."""
    left = {
        (one["region"], is_reserve): one.get("reserve", 0) if is_reserve else one["number"]
        for one in request.places
        for is_reserve in (False, True)
    }
    for row in nominees.listed(request):
        is_reserve = row.state == Nominee.State.RESERVE
        place = request.place_of(row.region_id or "")
        if place is not None:
            left[(place, is_reserve)] -= 1
        yield {
            **{f"name_{code}": text for code, text in row.name.items()}, "email": row.email, "telephone": row.telephone,
            "list": _word_of_list(is_reserve), "region": names.get(row.region_id or "", ""), "function": row.function,
            "profession": request.admission.profession(row.profession).text(request.language).value if row.profession else "",
            "sex": str(dict(Sex.choices).get(row.sex, "")), "permission": _("yes") if row.has_permission else _("no"),
        }  # fmt: skip
    for is_reserve in (False, True):
        for one in request.places:
            for _number in range(max(left[(one["region"], is_reserve)], 0)):
                yield {"list": _word_of_list(is_reserve), "region": names.get(one["region"], "")}


# --- Reading --------------------------------------------------------------------------------------------------------


def read(content: bytes, *, file_name: str, request: NominationRequest) -> list[Named]:
    """The rows of a sheet that came back, as they stand; whoever calls hands them to `nominees`.

    Raises BadInput: a sheet of another request, no columns of names, cells that cannot be read; all faults at once.
    """
    if len(content) > LARGEST_BYTES:
        raise BadInput([Problem(file_name, "", _("The file is larger than 5 MB. Take the pictures out of it."))])
    return _Reading(content, file_name, request).rows


def check(content: bytes, *, file_name: str, request: NominationRequest) -> tuple[list[Named], nominees.Answered]:
    """The rows, and what taking them would change. Raises BadInput with every fault by its cell."""
    reading = _Reading(content, file_name, request)
    try:
        return reading.rows, nominees.check(request=request, rows=reading.rows)
    except nominated.NotTaken as refusal:
        raise BadInput(reading.problems_of(refusal)) from None


def request_of(content: bytes, *, file_name: str, admission: Admission) -> NominationRequest | None:
    """The request of this activity that a sheet was made for; None where the sheet does not say. Raises BadInput."""
    if file_name.lower().endswith(".csv"):
        return None
    for table in tables.read_workbook(content, name=file_name).values():
        for cell in table.header[1:2]:
            if cell and _is_hex(cell):
                return admission.requests.filter(pk=cell).select_related("organisation").first()
    return None


class _Reading:
    def __init__(self, content: bytes, file_name: str, request: NominationRequest) -> None:
        self.request = request
        if file_name.lower().endswith(".csv"):
            self.table = tables.read_csv(content, name=file_name)
        else:
            self.table = self._of_workbook(tables.read_workbook(content, name=file_name), file_name)
        self.at = self._columns()
        self.problems: list[Problem] = []
        self.tables_rows = [row for row in self.table.rows if not self._is_example(row)]
        regions = self._regions()
        self.rows = [self._named(row, regions) for row in self.tables_rows]
        if self.problems:
            raise BadInput(self.problems)

    def _of_workbook(self, found: dict[str, tables.Table], file_name: str) -> tables.Table:
        """The page of names; a page "About" of another request is refused."""
        names = []
        for table in found.values():
            given = next((cell for cell in table.header[1:2] if cell and _is_hex(cell)), "")
            if not given:
                names.append(table)
            elif given != self.request.pk.hex:
                other = NominationRequest.objects.filter(pk=given, organisation=self.request.organisation_id).first()
                which = f" ({other.admission})" if other else ""
                message = _("This sheet was made for another request%(which)s. Take the sheet of this one, and copy the rows into it.")  # fmt: skip
                raise BadInput([Problem(file_name, "", message % {"which": which})])
        if not names:
            raise BadInput([Problem(file_name, "", _("There is no page of names in this workbook."))])
        return names[0]

    def _columns(self) -> dict[str, int]:
        wanted: dict[str, str] = {}
        for code, _name in settings.LANGUAGES:
            with translation.override(code):
                wanted |= {title: name for name, title in _titles(self.request).items()}
        return columns.find(self.table, ("name", *MEANINGS), by_language=("name",), own=wanted)

    def _cell(self, row: tables.Row, name: str) -> str:
        if name in self.at and isinstance(value := row.cells[self.at[name]], bool):
            return "yes" if value else "no"
        return row.text(self.at.get(name))

    def _is_example(self, row: tables.Row) -> bool:
        names = set(columns.spellings(row, self.at, "name").values())
        return bool(names) and names <= set(_EXAMPLE.values())

    def _regions(self) -> dict[str, str]:
        return {fold(word): row.code for row in Region.objects.all() for word in (row.code, *row.name.values())}

    def _fault(self, row: tables.Row, name: str, message: str) -> None:
        self.problems.append(self.table.problem(row, self.at[name], message))

    def _named(self, row: tables.Row, regions: dict[str, str]) -> Named:
        given = Named(
            name=columns.spellings(row, self.at, "name"), email=self._cell(row, "email"),
            telephone=self._cell(row, "telephone"), function=self._cell(row, "function"), number=row.number,
        )  # fmt: skip
        if given.is_empty:  # a place that nobody was named for
            return given
        region = self._cell(row, "region")
        if fold(region) not in regions and region:
            self._fault(
                row, "region", _("There is no region “%(given)s”. Choose one of the list.") % {"given": region[:80]}
            )
        return Named(
            **{name: getattr(given, name) for name in ("name", "email", "telephone", "function", "number")},
            region=regions.get(fold(region), ""), profession=self._profession(self._cell(row, "profession")),
            sex=self._sex(row), has_permission=self._yes(row), is_reserve=self._reserve(row),
        )  # fmt: skip

    def _profession(self, written: str) -> str:
        for one in self.request.admission.professions:
            if fold(written) in {fold(one["id"]), *(fold(name) for name in one["name"].values())}:
                return one["id"]
        return written if self.request.admission.professions else ""

    def _sex(self, row: tables.Row) -> str:
        written = fold(self._cell(row, "sex"))
        if not written:
            return ""
        for value, label in Sex.choices:
            if written in {fold(value), *(_each(label))}:
                return value
        short = {"f": Sex.WOMAN, "m": Sex.MAN, "h": Sex.MAN, fold("أنثى"): Sex.WOMAN, fold("ذكر"): Sex.MAN}
        if written in short:
            return short[written]
        self._fault(row, "sex", _("Choose one of the list, or leave it open."))
        return ""

    def _yes(self, row: tables.Row) -> bool:
        written = self._cell(row, "permission").lower()
        if written in _YES:
            return True
        if written not in _NO:
            self._fault(row, "permission", _("Write yes or no."))
        return False

    def _reserve(self, row: tables.Row) -> bool:
        written = fold(self._cell(row, "list"))
        words = {is_reserve: set() for is_reserve in (False, True)}  # type: dict[bool, set[str]]
        for code, _name in settings.LANGUAGES:
            with translation.override(code):
                for is_reserve in (False, True):
                    words[is_reserve].add(fold(_word_of_list(is_reserve)))
        if written in words[True]:
            return True
        if written and written not in words[False]:
            self._fault(row, "list", _("Choose one of the list, or leave it open."))
        return False

    def problems_of(self, refusal: nominated.NotTaken) -> list[Problem]:
        """The faults of the rows as problems at their cells."""
        found: Any = refusal
        problems = []
        for index, faults in sorted(found.faults.items()):
            for name, message in faults.items():
                if index < 0:
                    problems.append(Problem(self.table.name, "", message))
                    continue
                row = self.tables_rows[index]
                column = self.at.get({"has_permission": "permission"}.get(name, name))
                if column is None:  # a column that the table lacks
                    problems.append(Problem(row.place(0), "", message))
                else:
                    problems.append(self.table.problem(row, column, message))
        return problems


def _each(label: Any) -> set[str]:
    found = set()
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            found.add(fold(str(label)))
    return found


def _is_hex(text: str) -> bool:
    return len(text) == 32 and all(char in "0123456789abcdef" for char in text)
