"""Programmes of other countries: held, shown and given back without a change of schema; slips of theirs are named."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.utils import timezone
from lxml import html

from tansiq.config import files
from tansiq.core import journal
from tansiq.core.errors import BadInput
from tansiq.programme.models import Commitment, Programme, Project
from tests.config.conftest import tansiq

PERU = """format: tansiq/programme/1
slug: corazon-azul-2025
reference_language: es
title: {es: Semana del Corazón Azul, de: Blaue Herzwoche}
period: {from: 2025-09-22, to: 2025-10-01}
country: PE
occasions: [{es: Día Nacional contra la Trata de Personas}]
sources:
  - {id: nota, language: es, date: 2025-09, title: {es: Nota de prensa}}
  - {id: diario, language: es, title: {es: Diario}}
organisations:
  - {id: mininter-pe, kind: government, country: PE, name: {es: Ministerio del Interior}}
involved: [{organisation: mininter-pe, role: organiser, words: {es: organiza}}]
claims:
  - {of: period, value: {from: 2025-09-22, to: 2025-09-28}, source: diario}
projects:
  - {slug: proyecto-pe, title: {es: Proyecto regional}, amount: {value: 2345678.9, currency: PEN},
     claims: [{of: amount, value: {value: 1500000, currency: PEN}, source: diario}, {of: duration, value: PT3H, source: diario}]}
  - {slug: proyecto-pe-hijo, title: {es: Componente}, parent: proyecto-pe, amount: {value: 0.99, currency: EUR},
     shares: [{country: PE, percent: 33.3333}, {country: EC, percent: 33.3333}, {country: CO, percent: 33.3334}]}
  - {slug: proyecto-tn, title: {es: Túnez}, amount: {value: 1234.567, currency: TND}}
activities:
  - slug: caravana-2025
    kind: caravan
    state: held
    title: {es: Caravana informativa}
    when: {from: 2025-09-24, to: 2025-09-27}
    stops:
      - {when: 2025-09-24, where: {name: {es: Plaza de Armas}, locality: {es: Cusco}, country: PE}}
      - {when: unknown, where: {name: {es: Terminal terrestre}}}
    audience:
      - {who: {es: invitados}, number: 120, precision: about, method: announced}
      - {who: {es: asistentes}, number: 0, method: counted}
    claims: [{of: when, value: a fines de septiembre, source: diario}]
  - {slug: marcha-2025, kind: walk, state: cancelled, title: {es: Marcha}, when: {date: 2025-09-23, weekday: martes}}
  - slug: noche-2025
    kind: illumination
    title: {es: Iluminación}
    when: {date: 2025-09-30/2025-10-01, time: "22:00", end_time: "02:00"}
    agenda: [{time: "22:00", end_time: "22:30", title: {es: Encendido}, organisation: mininter-pe}]
commitments:
  - slug: adhesion-pe
    of: corazon-azul
    signatory: mininter-pe
    undertakings: [{slug: uno, text: {es: Formar a 500 jueces}, due: 2026, done: 2026-03-01}]
  - {slug: pacto-pe, kind: pledge, title: {es: Pacto contra la trata}, signatory: mininter-pe}
instruments: [{slug: corazon-azul, title: {es: Campaña Corazón Azul}}]
materials:
  - {slug: afiche-pe, kind: poster, title: {es: Afiche}, channels: [{es: radios locales}],
     claims: [{of: reach, value: 12000.5, source: diario}]}
"""


def load(text, name="peru.yaml"):
    return files.load(files.read_bytes(text.encode(), name), by=journal.CLI, now=timezone.now())


@pytest.fixture
def peru(db, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):  # the search table follows the commit
        load(PERU)
    return Programme.objects.get(slug="corazon-azul-2025")


def test_it_loads_and_comes_back_from_both_kinds_of_file_without_a_change(peru):
    from tansiq.config import workbook

    exported = files.export(peru)
    assert load(files.to_yaml(exported)).entries == 0
    document = files.read_bytes(workbook.write(exported), "peru.xlsx")
    assert files.load(document, by=journal.CLI, now=timezone.now()).entries == 0


PAGES = (
    "", "programmes/corazon-azul-2025/", "programmes/corazon-azul-2025/project/", "activities/", "activities/caravana-2025/",
    "activities/marcha-2025/", "activities/noche-2025/", "partners/mininter-pe/", "commitments/", "commitments/adhesion-pe/",
    "commitments/pacto-pe/", "materials/", "programmes/corazon-azul-2025/source/", "feed.atom",
    "programmes/corazon-azul-2025/calendar.ics", "search/?q=Cusco",
)  # fmt: skip


@pytest.mark.parametrize("language", ["ar", "fr", "en"])
def test_every_page_answers_and_says_which_language_its_texts_are_in(peru, language):
    for path in PAGES:
        answer = Client().get(f"/{language}/{path}")
        assert answer.status_code == 200, path
        if path.endswith((".ics", ".atom")):
            continue
        root = html.fromstring(answer.content.decode())
        for heading in root.xpath("//h1"):
            assert heading.text_content().strip(), path
        for text in root.xpath(
            "//*[contains(text(), 'Corazón') or contains(text(), 'Caravana')][not(self::title or self::script)]"
        ):
            near = text.xpath("ancestor-or-self::*[@lang][1]/@lang")[0]
            assert near == "es", (path, text.text)
        if not path.endswith("source/"):  # which shows every value in every language
            assert "Blaue" not in answer.content.decode(), path  # the reference language comes before the alphabet


def main(path, language="fr"):
    return html.fromstring(Client().get(f"/{language}/{path}").content.decode()).xpath("//main")[0]


def text_of(path, language="fr"):
    return re.sub(r"\s+", " ", main(path, language).text_content())


def test_what_was_loaded_is_what_is_shown(peru):
    caravan = text_of("activities/caravana-2025/")
    for shown in ("Plaza de Armas · Cusco", "Terminal terrestre", "environ 120 invitados (selon l’annonce)",
                  "0 asistentes (compté)", "a fines de septiembre"):  # fmt: skip
        assert shown in caravan
    assert "horaire à annoncer" not in caravan + text_of("activities/marcha-2025/")
    assert "22:00–22:30" in text_of("activities/noche-2025/")
    assert "Ministerio del Interior" in text_of("activities/noche-2025/")
    assert "du 22 septembre au 1er octobre 2025" in text_of("programmes/corazon-azul-2025/")
    assert "du 22 au 28 septembre 2025" in text_of("programmes/corazon-azul-2025/")  # the other source's term
    assert "12\u202f000,5" in text_of("materials/") or "12 000,5" in text_of("materials/")
    pledge = text_of("commitments/adhesion-pe/")
    assert "Campaña Corazón Azul" in pledge
    assert "1er mars 2026" in pledge
    assert "annoncé" in pledge
    assert "annoncée" not in pledge
    assert "organiza" not in text_of("partners/mininter-pe/", "ar")  # the role's own name instead of foreign words
    assert text_of("search/?q=Cusco").count("Caravana") == 1


def test_amounts_are_kept_and_shown_to_the_last_digit(peru):
    amounts = {row.slug: (row.amount_minor, row.currency) for row in Project.objects.all()}
    assert amounts == {
        "proyecto-pe": (234567890, "PEN"), "proyecto-pe-hijo": (99, "EUR"), "proyecto-tn": (1234567, "TND"),
    }  # fmt: skip
    page = text_of("programmes/corazon-azul-2025/project/").replace("\u202f", " ").replace("\xa0", " ")
    for shown in (
        "2 345 678,90",
        "0,99 euro",
        "1 234,567",
        "1 500 000",
        "3 heures",
        "33,3334 %",
        "fait partie de Proyecto regional",
    ):
        assert shown in page, shown
    assert page.count("0,99 euro") == 1


def test_an_activity_without_a_known_day_stays_out_of_the_calendar(db):
    text = PERU.replace("when: {from: 2025-09-24, to: 2025-09-27}", "when: {date: 2025-09}")
    load(text)
    calendar = Client().get("/fr/programmes/corazon-azul-2025/calendar.ics").content.decode()
    assert calendar.count("BEGIN:VEVENT") == 2


def test_many_activities_are_all_reached_page_by_page(peru):
    from tansiq.programme.models import Activity

    for number in range(230):
        Activity.objects.create(
            programme=peru, slug=f"charla-{number}", kind="meeting", title={"es": f"Charla {number}"},
            reference_language="es", changed_at=timezone.now(), position=100 + number,
        )  # fmt: skip
    found = set()
    for number in (1, 2, 3):
        found |= set(main(f"activities/?p={number}").xpath(".//li//a/@href"))
    assert len([link for link in found if "/activities/" in link]) == 233


def test_stops_and_pictures_cost_the_same_however_many_there_are(peru):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from tansiq.outreach.models import Material

    caravan = peru.activities.get(slug="caravana-2025")

    def page_cost():
        with CaptureQueriesContext(connection) as queries:
            assert Client().get("/fr/activities/caravana-2025/").status_code == 200
        return len(queries)

    caravan.stops = [{"where": {"region": "MA-01", "country": "MA"}}]
    caravan.save()
    page_cost()
    few = page_cost()
    caravan.stops = [{"where": {"region": f"MA-{number:02}", "country": "MA"}} for number in range(1, 13)]
    caravan.save()
    assert page_cost() == few
    for number in range(30):
        Material.objects.create(
            programme=peru, slug=f"afiche-{number}", kind="poster", title={"es": "Afiche"}, reference_language="es"
        )
    text = PERU.replace("title: {es: Semana del Corazón Azul,", "title: {es: Semana Azul,")
    with CaptureQueriesContext(connection) as queries:
        load(text)
    asked = [one["sql"] for one in queries if "media_assetuse" in one["sql"]]
    assert len(asked) <= 2


def test_an_identifier_that_looks_like_a_stand_in_is_named_like_any_other(db):
    with pytest.raises(BadInput) as refused:
        load(PERU.replace("{organisation: mininter-pe, role: organiser", "{organisation: stand-in-1, role: organiser"))
    assert {problem.path for problem in refused.value.problems} == {"involved[0].organisation"}


# Each slip: what is replaced, by what, at which path, and a word of the message.
SLIPS = [
    ("value: {value: 1500000, currency: PEN}", "value: {value: quince, currency: PEN}", "projects[0].claims[0].value", "no value"),
    ("value: {value: 1500000, currency: PEN}", "value: ~", "projects[0].claims[0].value", "no value"),
    ("value: {value: 1500000, currency: PEN}", "value: {}", "projects[0].claims[0].value", "no value"),
    ("value: {value: 1500000, currency: PEN}", "value: [1, 2]", "projects[0].claims[0].value", "no value"),
    ("value: {value: 1500000, currency: PEN}", "value: {min: 5, max: 10}", "projects[0].claims[0].value", "no value"),
    ("value: {from: 2025-09-22, to: 2025-09-28}", "value: {from: 2029, to: 2027}", "claims[0].value", "ends before"),
    ("value: {from: 2025-09-22, to: 2025-09-28}", "value: {from: 2027, to: pronto}", "claims[0].value", "pronto"),
    ("value: 1234.567", "value: 1.0e+400", "projects[2].amount.value", ""),
    ("value: 1234.567", "value: 1234.5678", "projects[2].amount.value", "decimals"),
    ("currency: TND", "currency: ZZZ", "projects[2].amount.currency", "ISO 4217"),
    ("country: EC", "country: XX", "projects[1].shares[1].country", "ISO 3166"),
    ("country: EC", "country: PE", "projects[1].shares[1].country", "twice"),
    ("slug: proyecto-pe, title", "slug: proyecto-pe, parent: proyecto-pe-hijo, title", "projects[1].parent", "inside itself"),
    ("instruments: [{slug", "instruments: [{slug: corazon-azul, title: {es: x}}, {slug", "instruments[1].slug", "twice"),
    ("undertakings: [", "undertakings: [{slug: uno, text: {es: x}}, ", "commitments[0].undertakings[1].slug", "twice"),
    ("done: 2026-03-01", "done: 2026-03", "commitments[0].undertakings[0].done", "the day"),
    ("of: corazon-azul", "of: corazon-asul", "commitments[0].of", "corazon-azul"),
    ("when: 2025-09-24, where", "when: 2030-01-01, where", "activities[0].stops[0].when", "outside"),
    ("{time: \"22:00\", end_time: \"22:30\"", "{time: 9h30, end_time: \"22:30\"", "activities[2].agenda[0].time", "09:30"),
    ("[{es: Día Nacional contra la Trata de Personas}]", "[{spanish: Día}]", "occasions[0].spanish", "language"),
    ("[{es: radios locales}]", "[{es-PE: radios}]", "materials[0].channels[0].es-PE", "language"),
    ("language: es, title: {es: Diario}", "language: spanish, title: {es: Diario}", "sources[1].language", "language"),
    ("title: {es: Marcha}", "title: {es: '   '}", "activities[1].title.es", "empty"),
    ("title: {es: Marcha}", "title: {es: \"Mar\\u202echa\"}", "activities[1].title.es", "invisible"),
    ("weekday: martes", "weekday: lunes", "activities[1].when.weekday", "Tuesday"),
    ("where: {name: {es: Terminal terrestre}}", "where: {region: MA-04, country: PE}", "activities[0].stops[1].where.region", "MA"),
    ("when: {date: 2025-09-23", "when: {date: 27/07/2025", "activities[1].when.date", "27/07/2025"),
    ("period: {from: 2025-09-22, to: 2025-10-01}", "period: \"" + "2025/" * 3000 + "\"", "period", "not a date"),
]  # fmt: skip


@pytest.mark.parametrize(("right", "wrong", "path", "word"), SLIPS, ids=[f"{slip[2]} {slip[1][:24]}" for slip in SLIPS])
def test_a_slip_is_named_at_its_place_and_nothing_is_stored(db, right, wrong, path, word):
    from django.utils import translation

    text = PERU.replace(right, wrong, 1)
    assert text != PERU
    with translation.override("en"), pytest.raises(BadInput) as refused:
        load(text)
    found = {problem.path: problem.message for problem in refused.value.problems}
    assert path in found, found
    assert word in found[path]
    assert not Programme.objects.exists()
    assert not Commitment.objects.exists()


def test_an_archived_text_is_kept_without_a_trace_and_missed_where_it_is_not_there(db, tmp_path):
    (tmp_path / "nota.txt").write_text("Semana del Corazón Azul.")
    text = PERU.replace("title: {es: Nota de prensa}", "title: {es: Nota de prensa}, text: nota.txt")
    files.load(files.read_bytes(text.encode(), "peru.yaml", tmp_path), by=journal.CLI, now=timezone.now())
    programme = Programme.objects.get()
    assert files.source_texts(programme) == {"nota.txt": "Semana del Corazón Azul."}
    assert "Semana del Corazón Azul." in text_of("programmes/corazon-azul-2025/source/")
    for name in ("absent.txt", "/etc/passwd", "../nota.txt"):
        wrong = text.replace("slug: corazon-azul-2025", "slug: otra").replace("nota.txt", name)
        with pytest.raises(BadInput) as refused:
            files.load(files.read_bytes(wrong.encode(), "peru.yaml", tmp_path), by=journal.CLI, now=timezone.now())
        assert "sources[0].text" in {problem.path for problem in refused.value.problems}


# --- another country's pack -----------------------------------------------------------------------------------------

SPANISH = """format: tansiq/pack/1
code: pe
country: PE
name: {es: Perú}
time_zone: America/Lima
languages: [{code: es, locale: es_PE, name: Español}]
organisations: [{id: cmnp, kind: government, country: PE, name: {es: Comisión Multisectorial}}]
body: cmnp
body_short: {es: La Comisión}
hotline: {number: "1818", name: {es: Línea gratuita}, scope: {es: para denunciar la trata}}
calendar: [{date: "07-28", name: {es: Fiestas Patrias}}]
"""
READS = """
import io
from tansiq.config.wsgi import django_application
for path in ("/es/", "/es/activities/", "/es/search/?q=x", "/es/about/"):
    path, _mark, query = path.partition("?")
    answer = django_application({"REQUEST_METHOD": "GET", "PATH_INFO": path, "QUERY_STRING": query, "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80", "HTTP_HOST": "127.0.0.1", "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO()}, lambda *a: None)
    print(b"".join(answer).decode())
"""


def test_a_country_of_one_other_language_starts_from_one_file_without_a_mixture_of_words(tmp_path):
    import subprocess
    import sys

    from tests.config.conftest import environment
    from tests.conftest import ROOT

    pack = tmp_path / "pe.yaml"
    pack.write_text(SPANISH)
    data = tmp_path / "data"
    done = tansiq("migrate", data=data, TANSIQ_PACK=str(pack))
    assert done.returncode == 0, done.stderr
    (tmp_path / "plan.yaml").write_text(PERU)
    loaded = tansiq("load", tmp_path / "plan.yaml", data=data)
    assert loaded.returncode == 0, loaded.stderr
    read = subprocess.run(
        [sys.executable, "-c", READS],
        cwd=ROOT,
        env=environment(data, TANSIQ_DEBUG="1"),
        capture_output=True,
        text=True,
        check=True,
    )
    for shown in ("La Comisión", "Línea gratuita", "22 de setiembre", "Programmes", "Search", "Privacy"):
        assert shown in read.stdout, shown
    for mixed in ("Búsqueda", "Privacidad", "setiembre de 2025 to", "setiembre to", "Free number"):
        assert mixed not in read.stdout, mixed


@pytest.mark.parametrize(
    ("right", "wrong", "word"),
    [
        ("time_zone: America/Lima", "time_zone: America/Limma", "America/Limma"),
        ("locale: es_PE", "locale: xx_YY", "xx_YY"),
        ("[{code: es, locale: es_PE, name: Español}]", "[]", "languages"),
        ('date: "07-28"', "date: 2026-02-30", "2026-02-30"),
        ("country: PE\nname", "country: PE\ncurrency: dollar\nname", "ISO 4217"),
    ],
)
def test_a_slip_in_a_pack_is_said_without_a_traceback(tmp_path, right, wrong, word):
    pack = tmp_path / "pe.yaml"
    pack.write_text(SPANISH.replace(right, wrong))
    done = tansiq("migrate", data=tmp_path / "data", TANSIQ_PACK=str(pack))
    assert done.returncode == 2, done.stderr
    assert word in done.stderr
    assert "Traceback" not in done.stderr
