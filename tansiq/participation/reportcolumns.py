"""Where the tables stand in a report and what their columns mean, by title in many languages, else by shape.

Titles change with language, account and year: a title is matched by its words, and a column that no title explains
by what stands in it. A grid is a list of rows of cells, as `core.tables` gives it; its indexes are 0-based.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from tansiq.core import columns
from tansiq.core.language import fold
from tansiq.participation.reporttimes import duration, moment, plain

Grid = list[list[Any]]
TITLES_LOOKED_AT = 100_000  # cells that are tried as titles: a hostile file has millions of them
BLOCKS_LOOKED_AT = 50
SAMPLE = 60  # rows of a table from which the shape of its columns is judged

# What a mapping may name, and what a table needs of it: a name, and a time or a duration.
MEANINGS = ("name", "first", "last", "email", "join_id", "joined", "left", "duration", "date")

# Whole titles, for words that mean something else inside a longer title.
_TITLES: dict[str, tuple[str, ...]] = {
    "name": (
        *columns.CALLED["name"],
        *("Display Name", "User", "User Name", "Username", "Attendee", "Nick", "Nom d'affichage", "Utilisateur"),
        *("Nombre", "Nombre completo", "Nombre y apellidos", "Participante", "Nome", "Nome completo", "Naam"),
        *("الاسم واللقب", "المشارك", "المستخدم"),
        *("Teilnehmer", "Teilnehmer/in", "Anzeigename", "Vollständiger Name", "名前", "姓名", "氏名"),
    ),
    "first": (*columns.CALLED["first_name"], "Nombre de pila", "Primer nombre", "Vorname", "Primeiro nome", "名"),
    "last": (
        *columns.CALLED["last_name"],
        *("Apellido", "Apellidos", "Nachname", "الاسم الأخير", "الكنية", "Sobrenome", "Familienname", "姓"),
    ),
    "upn": ("UPN", "User Principal Name"),
    "date": ("Date", "Day", "Jour", "Fecha", "Día", "Datum", "Tag", "التاريخ", "اليوم", "Data", "Date de la réunion"),
    "joined": ("Join", "In", "From", "Entrée", "Début", "Start", "من", "البدء", "Ein", "Inicio", "Entrada", "ينضم"),
    "left": ("Left", "Leave", "Out", "To", "Until", "Fin", "End", "إلى", "الانتهاء", "Aus", "Salida"),
    "attended": (
        "Attended",
        "Present",
        "A participé",
        "Présent",
        "Participé",
        "Asistió",
        "Teilgenommen",
        "حضر",
        "الحضور",
    ),
    "role": ("Role", "Rôle", "Rol", "Rolle", "الدور", "Ruolo", "Função", "役割"),
    "moderator": ("Moderator", "Is Moderator", "Modérateur", "Moderador", "مشرف", "المشرف", "Host", "Is Host"),
    "action": (
        *("User Action", "Action", "Action de l'utilisateur", "Acción", "Acción del usuario", "Aktion", "الإجراء"),
        *("Benutzeraktion", "إجراء المستخدم", "Atividade", "Ação do usuário", "Event", "Activity"),
    ),
    "timestamp": (
        "Timestamp",
        "Horodatage",
        "Marca de tiempo",
        "Zeitstempel",
        "الطابع الزمني",
        "Carimbo de data/hora",
        "Time",
    ),
    "event": ("Event Name", "Nom de l'événement", "Nombre del evento", "اسم الحدث", "Ereignisname", "Nome evento"),
    "topic": (
        *("Topic", "Meeting Title", "Meeting Name", "Title", "Sujet", "Titre de la réunion", "Tema", "Thema"),
        *(
            "Título de la reunión",
            "Besprechungstitel",
            "Titel der Besprechung",
            "الموضوع",
            "عنوان الاجتماع",
            "会議のタイトル",
        ),
    ),
    "meeting_id": (
        *("Meeting ID", "Webinar ID", "Meeting Code", "ID de réunion", "ID de la réunion", "ID du webinaire"),
        *(
            "ID de reunión",
            "ID de la reunión",
            "ID del seminario web",
            "Meeting-ID",
            "Besprechungs-ID",
            "معرف الاجتماع",
        ),
        *("رقم الاجتماع", "رمز الاجتماع", "Code de réunion", "Room", "Room Name", "Conference"),
    ),
    "other": (
        "Participants",
        "Guest",
        "Invité",
        "Invitado",
        "Gast",
        "ضيف",
        "Messages",
        "Reactions",
        "Polls",
        "Participantes",
    ),
}
# Words inside a title, in this order: what a title is about that mentions time or name only in passing comes first.
_WORDS: list[tuple[str, str]] = [
    (
        "join_id",
        r"\b(registrant id|registration id|customer key|ext(ernal)? id|external user id|join id|user data|"
        r"id externe|identifiant externe|id de l inscrit|id del inscrito|id externo)\b|المعرف الخارجي|معرف المسجل",
    ),
    (
        "other",
        r"\b(registra\w*|inscri\w*|anmeld\w*|consent\w*|disclaimer|approval|aprobacion|country|pays|pais|ip|"
        r"talk|webcam|camera|score|messages?|reactions?|phone|telephone|telefono|rating|poll|questions?|opt in|"
        r"generated|average|created|modified|updated|submi\w*|soumis\w*|cree|modifie|birth|naissance|"
        r"nacimiento|enviado|moyenne|promedio|departement|department|group|nombre total|numero|nombre de particip\w*|"
        r"client|product|creation|guest|descargo|respuesta|country region)\b|تسجيل|موافقه|متوسط|عدد|الهاتف|رقم الهاتف|وقت التحدث|وقت الكاميرا|الدوله",
    ),
    ("waiting", r"waiting room|salle d attente|sala de espera|wartera?um|lobby|غرفه الانتظار|قاعه الانتظار"),
    (
        "host_email",
        r"(host|organi[sz]\w*|hote|anfitrion|gastgeber).*\b(e ?mail|courriel|correo)|"
        r"\b(e ?mail|courriel|correo)\b.*\b(host|organi[sz]\w*|hote|anfitrion)|بريد.*(المضيف|المنظم)",
    ),
    ("upn", r"\bupn\b"),
    (
        "email",
        r"\be ?mail\b|\bmail\b|courriel|correo|adresse electronique|participant identifier|"
        r"بريد|ايميل|メール|邮箱",
    ),
    (
        "started",
        r"^(actual |meeting |scheduled )?start(ed)?( date| time)|heure de debut|debut de la reunion|hora de inicio|"
        r"startzeit|وقت البدء|وقت بدء|開始時刻",
    ),
    (
        "ended",
        r"^(actual |meeting |scheduled )?end(ed)?( date| time)|heure de fin|fin de la reunion|hora de finalizacion|"
        r"hora de fin|endzeit|وقت الانتهاء|وقت النهايه|وقت انتهاء|終了時刻",
    ),
    (
        "duration",
        r"\b(duration|duree|duracion|dauer|durata|duracao|duur|time in session|time in call|minutes|"
        r"temps (de connexion|de presence|passe)|tiempo en la reunion|\w*dauer)\b|مده|المده|الدقائق|"
        r"会議の長さ|期間|时长",
    ),
    (
        "left",
        r"\b(leave|left|leaving|exit\w*|last leave|last seen|depart|dernier\w*|sortie|quitte|deconnexion|salida|salir|"
        r"ultima|salio|partie?|log ?out|logged out|sign ?out|check ?out|disconnect\w*|abgang|verlassen\w*|austritt\w*|uscita|saida|vertrek)\b|مغادره|غادر|خروج|انصراف|退出|离开",
    ),
    (
        "joined",
        r"\b(join\w*|arriv\w*|entree|entry|rejoint|rejoindre|premiere?|connexion|connected|first seen|entrada|"
        r"ingreso|acceso|accesso|log ?in|logged in|sign ?in|check ?in|ankunft|einwahl\w*|unirse|union|primera|beitritt\w*|beitreten|beigetreten|eintritt\w*|ingresso|deelname)\b|"
        r"انضم|انضمام|دخول|التحاق|وصول|参加時刻|初めての参加|加入",
    ),
    (
        "name",
        r"original name|nom (original|d origine)|nombre original|originalname|الاسم الاصلي|"
        r"\b(display|participant|user|attendee|full) ?name\b|nom (du |de la |de l )?(participant\w*|utilisateur\w*)|"
        r"nombre de(l)? (usuario|participante)|اسم (المشارك|المستخدم|المشاركه)",
    ),
]
_EXACT = {fold(title): meaning for meaning, titles in _TITLES.items() for title in titles}
_PATTERNS = [(meaning, re.compile(words)) for meaning, words in _WORDS]
_CAMEL = re.compile("(?<=[a-z])(?=[A-Z])")
ORIGINAL = re.compile("original|origine|originalname|الاصلي")
_TIMES = {"joined", "left", "duration"}


@dataclass
class Section:
    """One table: `header` is its row (-1 where it has none), `rows` the rows of its data, `columns` meaning to column."""

    header: int
    titles: list[str]
    columns: dict[str, int]
    title: str = ""  # the line above it
    rows: list[int] = field(default_factory=list)
    guessed: bool = False  # some column was told by its shape alone
    numbers: dict[int, int] = field(default_factory=dict)  # how the file counts a row, where not from 1 at the top

    def number(self, at: int) -> int:
        """The 1-based number of a row, to point at."""
        return self.numbers.get(at, at + 1)


def meaning(title: Any) -> str:
    """What a column of that title holds, "other" for what must not be taken for anything else, "" for unknown."""
    if not isinstance(title, str) or not title or len(title) > 120:
        return ""
    folded = fold(_CAMEL.sub(" ", plain(title)))
    if found := _EXACT.get(folded):
        return found
    return next((meaning for meaning, words in _PATTERNS if words.search(folded)), "")


def filled(cells: list[Any]) -> list[int]:
    """The columns of a row in which something stands."""
    return [at for at, cell in enumerate(cells) if cell is not None and plain(cell)]


def sections(grid: Grid) -> list[Section]:
    """The tables of persons in a grid; [] when no row of titles is understood and no shape tells."""
    return _by_titles(grid) or _by_shape(grid)


def _by_titles(grid: Grid) -> list[Section]:
    found: list[Section] = []
    before, ended, budget = -1, True, TITLES_LOOKED_AT
    for at, cells in enumerate(grid):
        used = filled(cells)
        if not used:
            continue
        columns: dict[str, int] = {}
        if len(used) > 1 and budget > 0 and not _holds_moment(cells):
            columns, budget = _columns(cells), budget - len(used)
        if _is_table(columns):
            title = _line(grid, before)
            if title and found and before in found[-1].rows:
                found[-1].rows.remove(before)
            found.append(Section(at, [plain(cell) for cell in cells], columns, title))
            ended = False
        elif _is_head(columns) or (len(used) == 1 and re.match(r"\d+[.)]\s", plain(cells[used[0]]))):
            ended = True
        elif not ended:
            found[-1].rows.append(at)
        before = at
    for section in found:
        _complete(grid, section)
    return found


def _line(grid: Grid, at: int) -> str:
    used = filled(grid[at]) if at >= 0 else []
    return plain(grid[at][used[0]]) if len(used) == 1 else ""


def _columns(cells: list[Any]) -> dict[str, int]:
    """Meaning to column. Of two columns that mean the same the one nearer to the joining time speaks of the person."""
    known: dict[str, list[int]] = {}
    for at, cell in enumerate(cells):
        if what := meaning(cell):
            known.setdefault(what, []).append(at)
    # "Nom" is the family name beside "Prénom", "Nombre" the given name beside "Apellidos".
    if "name" in known and "first" in known and "last" not in known:
        known["last"] = known.pop("name")
    elif "name" in known and "last" in known and "first" not in known:
        known["first"] = known.pop("name")
    if "name" in known and len(known["name"]) > 1:
        originals = [at for at in known["name"] if ORIGINAL.search(fold(plain(cells[at])))]
        known["name"] = originals or known["name"]
    if "joined" not in known and "started" in known and not {"topic", "meeting_id"} & {*known}:
        known["joined"] = known.pop("started")
        if "left" not in known and "ended" in known:
            known["left"] = known.pop("ended")
    if "timestamp" in known and "action" not in known and "joined" not in known:
        known["joined"] = known.pop("timestamp")
    centre = known["joined"][0] if "joined" in known else 0
    return {what: min(places, key=lambda at: (abs(at - centre), at)) for what, places in known.items()}


def _is_table(columns: Mapping[str, int]) -> bool:
    who = {"name", "first", "last", "email"} & {*columns}
    when = _TIMES & {*columns} or {"action", "timestamp"} <= {*columns} or "event" in columns
    if {"topic", "meeting_id", "started"} & {*columns} and not {"joined", "event"} & {*columns}:
        return False  # a block about the meeting, with its host's address and its length
    return bool(who and when)


def _is_head(columns: Mapping[str, int]) -> bool:
    return len({"topic", "meeting_id", "started", "ended"} & {*columns}) >= 2


def _holds_moment(cells: list[Any]) -> bool:
    return any(moment(cell) for cell in cells)


def head(grid: Grid) -> dict[str, Any]:
    """What a report says of the meeting: topic, meeting_id, started, ended, date, host_email; cells as they stand.

    Either a title and its value side by side, or a row of titles with a row of values under it.
    """
    said: dict[str, Any] = {}
    wanted = ("topic", "meeting_id", "started", "ended", "date", "host_email")
    for at, cells in enumerate(grid[:200]):
        used = filled(cells)
        if len(used) == 2 and (what := meaning(cells[used[0]])) in wanted and not meaning(cells[used[1]]):
            said.setdefault(what, cells[used[1]])
        elif len(used) > 2 and not _holds_moment(cells):
            columns = _columns(cells)
            if "started" not in columns and columns.get("joined") is not None and not _is_table(columns):
                columns["started"] = columns["joined"]
            if not _is_table(columns) and {"topic", "meeting_id", "started"} & {*columns} and at + 1 < len(grid):
                columns.setdefault("host_email", columns.get("email", len(cells)))
                for what in wanted:
                    if (column := columns.get(what, -1)) in filled(grid[at + 1]):
                        said.setdefault(what, grid[at + 1][column])
    return said


# Shape


def _by_shape(grid: Grid) -> list[Section]:
    """Tables between blank and one-cell lines in which two columns, or one beside a duration, hold times."""
    found = []
    for first, last, title in islice(_blocks(grid), BLOCKS_LOOKED_AT):
        has_header = not _holds_moment(grid[first])
        rows = list(range(first + 1 if has_header else first, last))
        titles = [plain(cell) for cell in grid[first]] if has_header else []
        section = Section(first if has_header else -1, titles, _columns(grid[first]) if has_header else {}, title, rows)
        _complete(grid, section)
        if "name" in section.columns and {"joined", "action"} & {*section.columns}:
            section.guessed = "action" not in section.columns
            found.append(section)
    return found


def _blocks(grid: Grid) -> Iterator[tuple[int, int, str]]:
    start, title = -1, ""
    for at, cells in enumerate([*grid, []]):
        used = filled(cells)
        if len(used) > 1:
            start = at if start < 0 else start
            continue
        if start >= 0:
            yield start, at, title
        start = -1
        if used:
            title = plain(cells[used[0]])


def _complete(grid: Grid, section: Section) -> None:
    """Fills in by their shape the columns that no title explains."""
    columns, sample = section.columns, [grid[at] for at in section.rows[:SAMPLE]]
    width = max((len(cells) for cells in sample), default=0)
    taken = {*columns.values()} | {at for at, title in enumerate(section.titles) if meaning(title)}
    shapes = {at: _shape([cells[at] for cells in sample if at < len(cells)]) for at in range(width) if at not in taken}
    free = {
        kind: [at for at, shape in shapes.items() if shape == kind]
        for kind in ("moment", "clock", "duration", "email", "text")
    }
    # Beside a time with its date a clock is a duration, such as how long somebody spoke.
    joins = (
        _shape([cells[columns["joined"]] for cells in sample if columns["joined"] < len(cells)])
        if "joined" in columns
        else ""
    )
    if joins == "clock" or (joins != "moment" and not free["moment"]):
        free["moment"] = free["clock"]
    wants = []
    if "action" not in columns and "event" not in columns:
        if "joined" not in columns and "left" not in columns:
            actions = [at for at in free["text"] if _are_actions([cells[at] for cells in sample if at < len(cells)])]
            if actions and free["moment"]:
                columns["action"], columns["timestamp"] = actions[0], free["moment"].pop(0)
                free["text"].remove(actions[0])
        if "action" not in columns:
            wants = [what for what in ("joined", "left") if what not in columns]
            wants = wants if "joined" in wants or section.header < 0 or len(free["moment"]) == 1 else []
    for what in wants:
        if free["moment"]:
            columns[what] = free["moment"].pop(0)
            section.guessed = True
    if "duration" not in columns and free["duration"]:
        columns["duration"] = free["duration"][0]
    if "email" not in columns and free["email"]:
        columns["email"] = free["email"][0]
    if not {"name", "first", "last"} & {*columns} and free["text"]:
        columns["name"] = free["text"][0]
        section.guessed = True


def _shape(cells: list[Any]) -> str:
    cells = [cell for cell in cells if cell is not None and plain(cell) not in ("", "-", "--", "—")]
    if not cells:
        return ""
    most = 0.8 * len(cells)
    # A bare date is a birthday or a registration as often as not.
    times = [at for cell in cells if (at := moment(cell)) and at.seconds is not None]
    if len(times) >= most:
        return "moment" if any(at.parts for at in times) else "clock"
    if sum("@" in plain(cell) for cell in cells) >= most:
        return "email"
    if sum(1 for cell in cells if not isinstance(cell, int | float) and duration(cell)) >= most:
        return "" if all(plain(cell).isdigit() for cell in cells) else "duration"
    letters = sum(1 for cell in cells if isinstance(cell, str) and re.search(r"[^\W\d_]{2}", cell))
    return "text" if letters >= 0.6 * len(cells) else ""


# Joined and left as words

_JOINED = re.compile(
    r"^(joined|join|joins|entered|a rejoint|s est joint|rejoint|se unio|unio|entro|beigetreten|entrou|ingressou|"
    r"انضم|انضمت|دخل|دخلت|toegetreden|参加|muc occupant joined|participant joined)\b"
)
_LEFT = re.compile(
    r"^(left|leave|leaves|exited|a quitte|quitte|est parti|salio|abandono|verlassen|hat verlassen|saiu|"
    r"غادر|غادرت|خرج|خرجت|verlaten|退出|muc occupant left|participant left|endpoint left|call left|"
    r"l endpoint ha abbandonato|le point de terminaison|point de terminaison|endpoint verlassen)\b"
)


def action(value: Any) -> str:
    """ "joined" or "left" for the word of an event list, "" for another."""
    folded = fold(plain(value))
    return "joined" if _JOINED.match(folded) else "left" if _LEFT.match(folded) else ""


def _are_actions(cells: list[Any]) -> bool:
    words = [action(cell) for cell in cells if cell is not None]
    return bool(words) and words.count("") <= 0.1 * len(words)
