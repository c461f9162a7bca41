"""Reports of conference systems, in the layouts and languages that they come in.

"Seen" beside a layout: its titles stand in public code or documentation (BigBlueButton's own catalogues of messages,
jitsi-contrib/prosody-plugins, exporters and importers of Zoom and Teams reports and their tests). "Rebuilt": made after
the English one in the words of that language, or from memory.
"""

import io
import json
import time as clock
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation
from hypothesis import example, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from tansiq.core.errors import BadInput
from tansiq.core.tables import Limits
from tansiq.participation.reports import Report, read

HERE = Path(__file__).parent / "reports"
RABAT = ZoneInfo("Africa/Casablanca")
DAY = date(2026, 7, 29)


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


def of(content: str | bytes, *, encoding: str = "utf-8", name: str = "report.csv", **kwargs) -> Report:
    content = content.encode(encoding) if isinstance(content, str) else content
    return read(content, file_name=name, zone=RABAT, **kwargs)


def told(report: Report) -> list[tuple[int, str, str, str]]:
    """(row, name, joined, left), local."""
    return [
        (
            stay.row,
            stay.name,
            f"{stay.joined.astimezone(RABAT):%d %H:%M:%S}",
            f"{stay.left.astimezone(RABAT):%d %H:%M:%S}",
        )
        for stay in report.stays
    ]


def refused(content: str | bytes, **kwargs) -> str:
    with pytest.raises(BadInput) as caught:
        of(content, **kwargs)
    return str(caught.value)


def clock_time(*parts: int) -> datetime:
    """As a workbook holds it: without a zone."""
    return datetime(*parts, tzinfo=UTC).replace(tzinfo=None)


# The files


def test_zoom_gives_single_connections_the_other_name_and_leaves_the_waiting_room_out():
    report = of((HERE / "zoom_en_utf8bom.csv").read_bytes())
    assert (report.platform, report.meeting, report.days, report.rows) == ("zoom", "Webinaire national", [DAY], 5)
    assert f"{report.started:%H:%M} {report.ended:%H:%M}" == "08:50 11:05"
    assert told(report) == [
        (5, "Salma El Idrissi", "29 09:50:00", "29 12:05:00"),
        (7, "Youssef B.", "29 10:01:40", "29 10:45:00"),
        (8, "Youssef B.", "29 11:10:00", "29 12:00:00"),
        (9, "Aït Ouahi, Khadija", "29 10:05:00", "29 10:50:00"),
    ]
    assert [stay.other_name for stay in report.stays] == ["", "يوسف بنجلون", "يوسف بنجلون", ""]
    assert [(one.row, one.why) for one in report.ignored] == [
        (6, "This is time in the waiting room, not in the meeting.")
    ]
    assert report.notes == []


def test_the_host_of_zoom_is_known_by_the_address_in_the_head_of_the_report():
    text = (HERE / "zoom_en_utf8bom.csv").read_text("utf-8").replace("host@example.org", "Salma.Elidrissi@example.org")
    assert [stay.is_host for stay in of(text).stays] == [True, False, False, False]


def test_teams_gives_the_connections_of_the_third_section_without_what_it_added_to_names():
    report = of((HERE / "teams_en_utf16le.csv").read_bytes())
    assert (report.platform, report.meeting, report.days, report.rows) == ("teams", "Formation CRE Rabat", [DAY], 5)
    assert told(report) == [
        (18, "Salma El Idrissi", "29 09:55:02", "29 12:04:31"),
        (19, "يوسف بنجلون", "29 10:01:10", "29 10:45:15"),
        (20, "يوسف بنجلون", "29 11:13:00", "29 12:00:00"),
        (21, "Aït Ouahi, Khadija", "29 10:05:00", "29 10:50:00"),
        (22, 'Nom "Zak" Zakaria', "29 10:12:40", "29 11:08:09"),
    ]
    assert [stay.is_host for stay in report.stays] == [True, False, False, False, False]
    assert report.stays[1].email == "y.benjelloun@example.com"


def test_the_dashboard_as_csv_keeps_minutes_right_where_people_came_back_or_were_still_there():
    report = of((HERE / "bbb_learning_dashboard_en.csv").read_bytes())
    assert report.platform == "bigbluebutton"
    assert told(report) == [
        (2, "Salma El Idrissi", "29 09:58:00", "29 12:01:00"),
        (3, "يوسف بنجلون", "29 10:01:10", "29 11:32:15"),
        (4, "Khadija Aït Ouahi", "29 10:05:00", "29 10:50:00"),
    ]
    assert [stay.minutes for stay in report.stays] == [123, 91, 45]
    assert [stay.is_host for stay in report.stays] == [True, False, False]
    assert [(one.row, one.name) for one in report.ignored] == [(5, "Anonymous")]
    assert [note.split(":")[0] for note in report.notes] == [
        "Rows shorter than from joining to leaving",
        "Rows without a time of leaving",
    ]


def test_the_dashboard_as_json_gives_every_session():
    report = of((HERE / "bbb_learning_dashboard_data.json").read_bytes(), name="learning_dashboard_data.json")
    assert (report.platform, report.meeting, report.days, report.notes) == (
        *("bigbluebutton", "Webinaire national"),
        *([DAY], []),
    )
    assert told(report) == [
        (1, "Salma El Idrissi", "29 09:58:00", "29 12:01:00"),
        (2, "يوسف بنجلون", "29 10:01:10", "29 10:45:15"),
        (2, "يوسف بنجلون", "29 11:13:00", "29 12:00:00"),
    ]


# Zoom, in other languages and column sets

ZOOM = {
    "French, seen": (
        "Nom (nom original),Adresse e-mail de l’utilisateur,Heure d’arrivée,Heure de départ,Durée (minutes),Invité,"
        "Salle d’attente\n"
        "Youssef B. (يوسف بنجلون),Y.B@example.com,29/07/2026 10:01:10,29/07/2026 10:45:00,44,Oui,Non\n"
        "سلمى,,29/07/2026 09:59:00,29/07/2026 10:00:00,1,Oui,Oui\n"
    ),
    "French by semicolons, rebuilt": (
        "Nom (nom d'origine);Adresse électronique;Heure de connexion;Heure de déconnexion;Durée (minutes);Invité;"
        "En salle d'attente\n"
        "Youssef B. (يوسف بنجلون);y.b@example.com;29/07/2026 10:01:10;29/07/2026 10:45:00;44;Oui;Non\n"
        "سلمى;;29/07/2026 09:59:00;29/07/2026 10:00:00;1;Oui;Oui\n"
    ),
    "Spanish, seen": (
        "Nombre (nombre original),E-mail del usuario,Hora para unirse,Hora para salir,Duración (minutos),Invitado,"
        "Respuesta al descargo de responsabilidad relativa a la grabación,En sala de espera\n"
        "Youssef B. (يوسف بنجلون),y.b@example.com,29/07/2026 10:01:10 AM,29/07/2026 10:45:00 AM,44,Sí,,No\n"
        "سلمى,,29/07/2026 09:59:00 AM,29/07/2026 10:00:00 AM,1,Sí,,Sí\n"
    ),
    "Arabic, rebuilt": (
        "الاسم (الاسم الأصلي),البريد الإلكتروني للمستخدم,وقت الانضمام,وقت المغادرة,المدة (بالدقائق),ضيف,في غرفة الانتظار\n"
        "Youssef B. (يوسف بنجلون),y.b@example.com,٢٩‏/٧‏/٢٠٢٦ ١٠:٠١:١٠ ص,٢٩‏/٧‏/٢٠٢٦ ١٠:٤٥:٠٠ ص,٤٤,نعم,لا\n"
        "سلمى,,٢٩‏/٧‏/٢٠٢٦ ٠٩:٥٩:٠٠ ص,٢٩‏/٧‏/٢٠٢٦ ١٠:٠٠:٠٠ ص,١,نعم,نعم\n"
    ),
    "German, rebuilt": (
        "Name (Originalname),E-Mail-Adresse des Benutzers,Beitrittszeit,Austrittszeit,Dauer (Minuten),Gast,Warteraum\n"
        "Youssef B. (يوسف بنجلون),y.b@example.com,29.07.2026 10:01:10,29.07.2026 10:45:00,44,Ja,Nein\n"
        "سلمى,,29.07.2026 09:59:00,29.07.2026 10:00:00,1,Ja,Ja\n"
    ),
    "ISO dates, seen": (
        "Name (Original Name),Email,Join time,Leave time,Duration (minutes),Guest,Recording disclaimer response,"
        "In waiting room\n"
        "Youssef B. (يوسف بنجلون),y.b@example.com,2026-07-29 10:01:10,2026-07-29 10:45:00,44,Yes,,No\n"
        "سلمى,,2026-07-29 09:59:00,2026-07-29 10:00:00,1,Yes,,Yes\n"
    ),
}


@pytest.mark.parametrize("text", ZOOM.values(), ids=ZOOM)
def test_zoom_is_read_in_every_language_and_date_format(text):
    report = of(text)
    assert (report.platform, told(report)) == ("zoom", [(2, "Youssef B.", "29 10:01:10", "29 10:45:00")])
    assert (report.stays[0].other_name, report.stays[0].email) == ("يوسف بنجلون", "y.b@example.com")
    assert [one.row for one in report.ignored] == [3]
    assert report.notes == []


def test_zooms_list_of_unique_users_is_placed_at_the_start_of_the_meeting_and_says_so():
    text = (
        "Meeting ID,Topic,Start Time,End Time,User Email,Duration (Minutes),Participants\n"
        "812,ورشة,07/29/2026 09:50:00 AM,07/29/2026 12:05:00 PM,host@example.org,135,2\n\n"
        "Name (Original Name),User Email,Total Duration (Minutes),Guest\n"
        "يوسف بنجلون,y@example.com,95,Yes\nسلمى,,0,Yes\n"
    )
    report = of(text)
    assert told(report) == [(5, "يوسف بنجلون", "29 09:50:00", "29 11:25:00")]
    assert [one.why for one in report.ignored] == ["This connection lasted no time."]
    assert report.notes[0].startswith("Rows that give only how long, not when: 2.")


def test_unique_users_without_a_head_need_the_day():
    text = "Name (Original Name),User Email,Total Duration (Minutes),Guest\nيوسف بنجلون,y@example.com,95,Yes\n"
    assert "gives no day. Give the day of the meeting" in refused(text)
    assert told(of(text, around=DAY)) == [(2, "يوسف بنجلون", "29 00:00:00", "29 01:35:00")]


WEBINAR = """Attendee Report
Report Generated:,"Jul 29, 2026 6:26 PM"
Topic,Webinar ID,Actual Start Time,Actual Duration (minutes),# Registered,Unique Viewers,Total Users
ندوة وطنية,847 5984 1045,"Jul 29, 2026 10:00 AM",120,4,2,3
Host Details
Attended,User Name (Original Name),Email,Join Time,Leave Time,Time in Session (minutes),Is Guest,Country/Region Name
Yes,سلمى الإدريسي,salma@example.org,"Jul 29, 2026 09:50:00","Jul 29, 2026 12:00:00",130,No,Morocco
Panelist Details
Attended,User Name (Original Name),Email,Join Time,Leave Time,Time in Session (minutes),Is Guest,Country/Region Name
Yes,خديجة آيت واحي,khadija@example.org,"Jul 29, 2026 09:55:00","Jul 29, 2026 12:00:00",125,Yes,Morocco
Attendee Details
Attended,User Name (Original Name),First Name,Last Name,Email,Registration Time,Approval Status,Join Time,Leave Time,\
Time in Session (minutes),Is Guest,Country/Region Name
Yes,Youssef,Youssef,Benjelloun,y@example.com,"Jul 20, 2026 08:00:00",approved,"Jul 29, 2026 10:05:00",\
"Jul 29, 2026 11:00:00",55,Yes,Morocco
Yes,Youssef,Youssef,Benjelloun,y@example.com,"Jul 20, 2026 08:00:00",approved,"Jul 29, 2026 11:10:00",\
"Jul 29, 2026 12:00:00",50,Yes,Morocco
No,أمينة,أمينة,العلوي,amina@example.com,"Jul 21, 2026 08:00:00",approved,--,--,--,--,--
"""


def test_zooms_webinar_report_has_hosts_panellists_attendees_and_those_who_did_not_come():
    report = of(WEBINAR)
    assert (report.platform, report.meeting) == ("zoom", "ندوة وطنية")
    assert [(stay.name, stay.is_host, stay.minutes) for stay in report.stays] == [
        ("سلمى الإدريسي", True, 130),
        ("خديجة آيت واحي", True, 125),
        ("Youssef", False, 55),
        ("Youssef", False, 50),
    ]
    assert [(one.row, one.name, one.why) for one in report.ignored] == [
        (15, "أمينة", "Registered, but did not attend.")
    ]


def test_in_zooms_account_report_the_columns_next_to_the_times_speak_of_the_person():
    text = (  # seen: the host's name, address and the meeting's length stand in every row
        "Topic,Meeting ID,User Name,User Email,Start Time,End Time,Duration (Minutes),Participants,"
        "Name (Original Name),User Email,Join Time,Leave Time,Duration (Minutes),Guest\n"
        "ورشة,812,Host,host@example.org,07/29/2026 09:00:00 AM,07/29/2026 12:00:00 PM,180,2,"
        "يوسف بنجلون,y@example.com,07/29/2026 10:00:00 AM,07/29/2026 11:00:00 AM,60,Yes\n"
    )
    report = of(text)
    assert told(report) == [(2, "يوسف بنجلون", "29 10:00:00", "29 11:00:00")]
    assert report.stays[0].email == "y@example.com"


# Teams

TEAMS = {
    "French, rebuilt": (
        *("1. Résumé\nTitre de la réunion\tFormation\nHeure de début\t29/07/2026 09:55:02\n\n2. Participants\n",),
        "Nom\tPremière participation\tDernier départ\tDurée de la réunion\tE-mail\tID du participant (UPN)\tRôle\n"
        "يوسف بنجلون (Externe)\t29/07/2026 10:01:10\t29/07/2026 12:00:00\t1 h 31 min 5 s\ty@example.com\t\tParticipant\n"
        "Salma (Non vérifié)\t29/07/2026 09:55:02\t29/07/2026 12:04:31\t2 h 9 min 29 s\t\t\tOrganisateur\n\n",
        "3. Activités en réunion\nNom\tHeure d'arrivée\tHeure de départ\tDurée\tE-mail\tRôle\n"
        "يوسف بنجلون (Externe)\t29/07/2026 10:01:10\t29/07/2026 10:45:15\t44 min 5 s\ty@example.com\tParticipant\n"
        "يوسف بنجلون (Externe)\t29/07/2026 11:13:00\t29/07/2026 12:00:00\t47 min\ty@example.com\tParticipant\n"
        "Salma (Non vérifié)\t29/07/2026 09:55:02\t29/07/2026 12:04:31\t2 h 9 min 29 s\t\tOrganisateur\n",
    ),
    "Arabic, rebuilt": (
        "1. الملخص\nعنوان الاجتماع\tتكوين\nوقت البدء\t29‏/7‏/2026، 9:55:02 ص\n\n2. المشاركون\n",
        "الاسم\tأول انضمام\tآخر مغادرة\tمدة الاجتماع\tالبريد الإلكتروني\tمعرف المشارك (UPN)\tالدور\n"
        "يوسف بنجلون (خارجي)\t29‏/7‏/2026، 10:01:10 ص\t29‏/7‏/2026، 12:00:00 م\t1 س 31 د 5 ث\ty@example.com\t\tحاضر\n"
        "Salma (ضيف)\t29‏/7‏/2026، 9:55:02 ص\t29‏/7‏/2026، 12:04:31 م\t2 س 9 د 29 ث\t\t\tالمنظم\n\n",
        "3. الأنشطة داخل الاجتماع\nالاسم\tوقت الانضمام\tوقت المغادرة\tالمدة\tالبريد الإلكتروني\tالدور\n"
        "يوسف بنجلون (خارجي)\t٢٩‏/٧‏/٢٠٢٦، ١٠:٠١:١٠ ص\t٢٩‏/٧‏/٢٠٢٦، ١٠:٤٥:١٥ ص\t44 د 5 ث\ty@example.com\tحاضر\n"
        "يوسف بنجلون (خارجي)\t٢٩‏/٧‏/٢٠٢٦، ١١:١٣:٠٠ ص\t٢٩‏/٧‏/٢٠٢٦، ١٢:٠٠:٠٠ م\t47 د\ty@example.com\tحاضر\n"
        "Salma (ضيف)\t29‏/7‏/2026، 9:55:02 ص\t29‏/7‏/2026، 12:04:31 م\t2 س 9 د 29 ث\t\tالمنظم\n",
    ),
    "Spanish, rebuilt": (
        "1. Resumen\nTítulo de la reunión\tFormación\nHora de inicio\t29/7/26, 9:55:02\n\n2. Participantes\n",
        "Nombre\tPrimera unión\tÚltima salida\tDuración de la reunión\tCorreo electrónico\tId. de participante (UPN)\tRol\n"
        "يوسف بنجلون (Externo)\t29/7/26, 10:01:10\t29/7/26, 12:00:00\t1 h 31 min 5 s\ty@example.com\t\tAsistente\n"
        "Salma (Invitado)\t29/7/26, 9:55:02\t29/7/26, 12:04:31\t2 h 9 min 29 s\t\t\tOrganizador\n\n",
        "3. Actividades en la reunión\nNombre\tHora de unión\tHora de salida\tDuración\tCorreo electrónico\tRol\n"
        "يوسف بنجلون (Externo)\t29/7/26, 10:01:10\t29/7/26, 10:45:15\t44 min 5 s\ty@example.com\tAsistente\n"
        "يوسف بنجلون (Externo)\t29/7/26, 11:13:00\t29/7/26, 12:00:00\t47 min\ty@example.com\tAsistente\n"
        "Salma (Invitado)\t29/7/26, 9:55:02\t29/7/26, 12:04:31\t2 h 9 min 29 s\t\tOrganizador\n",
    ),
    "German, seen": (
        "1. Zusammenfassung\nBesprechungstitel\tSchulung\nStartzeit\t29.07.26, 09:55:02\n\n2. Teilnehmer\n",
        "Name\tErster Beitritt\tLetztes Verlassen\tDauer der Besprechung\tE-Mail\tTeilnehmer-ID (UPN)\tRolle\n"
        "يوسف بنجلون (Extern)\t29.07.26, 10:01:10\t29.07.26, 12:00:00\t1 Std. 31 Min. 5 Sek.\ty@example.com\t\tTeilnehmer\n"
        "Salma (Gast)\t29.07.26, 09:55:02\t29.07.26, 12:04:31\t2 Std. 9 Min. 29 Sek.\t\t\tOrganisator\n\n",
        "3. Aktivitäten in der Besprechung\nName\tBeitreten\tVerlassen\tDauer\tE-Mail\tRolle\n"
        "يوسف بنجلون (Extern)\t29.07.26, 10:01:10\t29.07.26, 10:45:15\t44 Min. 5 Sek.\ty@example.com\tTeilnehmer\n"
        "يوسف بنجلون (Extern)\t29.07.26, 11:13:00\t29.07.26, 12:00:00\t47 Min.\ty@example.com\tTeilnehmer\n"
        "Salma (Gast)\t29.07.26, 09:55:02\t29.07.26, 12:04:31\t2 Std. 9 Min. 29 Sek.\t\tOrganisator\n",
    ),
}


@pytest.mark.parametrize("parts", TEAMS.values(), ids=TEAMS)
@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-8-sig"])
def test_teams_is_read_in_every_language_and_encoding(parts, encoding):
    report = of("".join(parts).replace("\n", "\r\n"), encoding=encoding)
    assert [told(report)[at][1:] for at in range(3)] == [
        ("يوسف بنجلون", "29 10:01:10", "29 10:45:15"),
        ("يوسف بنجلون", "29 11:13:00", "29 12:00:00"),
        ("Salma", "29 09:55:02", "29 12:04:31"),
    ]
    assert [stay.is_host for stay in report.stays] == [False, False, True]
    assert (report.platform, f"{report.started.astimezone(RABAT):%d %H:%M:%S}") == ("teams", "29 09:55:02")


@pytest.mark.parametrize("parts", TEAMS.values(), ids=TEAMS)
def test_teams_without_the_third_section_uses_first_join_and_duration_and_says_so(parts):
    report = of("".join(parts[:-1]))
    assert [one[1:] for one in told(report)] == [
        ("يوسف بنجلون", "29 10:01:10", "29 11:32:15"),
        ("Salma", "29 09:55:02", "29 12:04:31"),
    ]
    assert report.notes[0].startswith("This report has no list of single connections")


def test_teams_in_a_language_that_is_not_known_is_told_by_its_shape():
    text = (  # Japanese: sections and dates, the year first in two figures, as seen; columns renamed
        "1. 要約\n出席済み参加者\t2\n開始時刻\t26/7/29 9:55:02\n\n2. 参加者\n"
        "名前の欄\t初回\t最終\t長さ\tアドレス\tID\t役\n"
        "يوسف\t26/7/29 10:01:10\t26/7/29 12:00:00\t1h 31m 5s\ty@example.com\ty@example.com\t発表者\n\n"
        "3. 会議中のアクティビティ\n名前の欄\t入\t出\t長さ\tアドレス\t役\n"
        "يوسف\t26/7/29 10:01:10\t26/7/29 10:45:15\t44m 5s\ty@example.com\t発表者\n"
        "يوسف\t26/7/29 11:13:00\t26/7/29 12:00:00\t47m\ty@example.com\t発表者\n"
    )
    report = of(text, encoding="utf-16", around=DAY)
    assert [one[1:] for one in told(report)] == [
        ("يوسف", "29 10:01:10", "29 10:45:15"),
        ("يوسف", "29 11:13:00", "29 12:00:00"),
    ]
    assert report.stays[0].email == "y@example.com"
    assert "told from their contents" in report.notes[0]


LOGS = {
    "English, seen": "Full Name\tUser Action\tTimestamp\n{}\tJoined before\t{}\n{}\tLeft\t{}\n{}\tJoined\t{}\n{}\tJoined\t{}\n",
    "French, rebuilt": (
        "Nom complet\tAction de l'utilisateur\tHorodatage\n{}\tA rejoint avant\t{}\n{}\tA quitté\t{}\n{}\tA rejoint\t{}\n"
        "{}\tA rejoint\t{}\n"
    ),
    "Arabic, rebuilt": (
        "الاسم الكامل\tإجراء المستخدم\tالطابع الزمني\n{}\tانضم قبل\t{}\n{}\tغادر\t{}\n{}\tانضم\t{}\n{}\tانضم\t{}\n"
    ),
    "no titles, seen": "{}\tJoined before\t{}\n{}\tLeft\t{}\n{}\tJoined\t{}\n{}\tJoined\t{}\n",
}


@pytest.mark.parametrize("text", LOGS.values(), ids=LOGS)
def test_the_older_list_of_joining_and_leaving_is_paired_by_name(text):
    first = 1 if text.startswith("{}") else 2
    when = ["29/07/2026, 10:00:00", "29/07/2026, 10:40:00", "29/07/2026, 10:50:00", "29/07/2026, 11:30:00"]
    names = ["يوسف بنجلون", "يوسف بنجلون", "يوسف بنجلون", "Aït Ouahi, Khadija"]
    report = of(text.format(*(part for pair in zip(names, when, strict=True) for part in pair)), encoding="utf-16")
    assert report.platform == "teams"
    assert told(report) == [
        (first, "يوسف بنجلون", "29 10:00:00", "29 10:40:00"),
        (first + 2, "يوسف بنجلون", "29 10:50:00", "29 11:30:00"),
    ]
    assert [(one.name, one.why) for one in report.ignored] == [
        ("Aït Ouahi, Khadija", "This row does not say when the person left.")
    ]
    assert report.notes == ["Still connected at the end of the report: 1. They are counted until then."]


# BigBlueButton

BBB = {
    "French, seen": (
        "Nom,Modérateur,Résultats pour l'activité,Temps de conversation,Temps de partage de caméra,Messages,Réactions,"
        "Votes du sondage,Mains levées,Rejoindre,Quitté,Duration,Qui est là, à quelle durée ?\n"
        '"سلمى","TRUE","0","00:41:03","-","12","3","0","0","29/07/2026 09:58:00","29/07/2026 12:01:00","02:03:00","-"\n'
        '"Anonyme","","","","","","","","","","","","B\r\nA"\n'
    ),
    "Arabic, seen": (
        "الاسم,مشرف,نتيجة النشاط,وقت التحدث,وقت الكاميرا,الرسائل,تفاعلات,أصوات الاستطلاع,ارفع يديك,ينضم,غادر,Duration,متى غادر\n"
        '"سلمى","TRUE","0","00:41:03","-","12","3","0","0","29‏/7‏/2026، 9:58:00 ص","29‏/7‏/2026، 12:01:00 م","02:03:00","-"\n'
        '"من دون أسماء","","","","","","","","","","","","B"\n'
    ),
}


@pytest.mark.parametrize("text", BBB.values(), ids=BBB)
def test_the_dashboard_is_read_in_other_languages_whatever_a_poll_asks(text):
    report = of(text)
    assert (report.platform, told(report)) == ("bigbluebutton", [(2, "سلمى", "29 09:58:00", "29 12:01:00")])
    assert report.stays[0].is_host
    assert [one.row for one in report.ignored] == [3]


def test_a_clock_beside_dates_is_a_duration_whatever_its_title():
    text = (
        "Nombre,Moderador,Tiempo de conversación,Unirse,Se fue,Duración\n"
        '"سلمى","FALSE","00:41:03","29/7/2026, 9:58:00","29/7/2026, 12:01:00","02:03:00"\n'
    )
    assert told(of(text)) == [(2, "سلمى", "29 09:58:00", "29 12:01:00")]
    assert [note.split(";")[0] for note in of(text).notes] == ["Some columns have titles that are not known here"]


def test_quotation_marks_that_the_dashboard_does_not_double_stay_in_the_name():
    text = (HERE / "bbb_learning_dashboard_en.csv").read_text("utf-8").replace("Salma El", 'Salma "Lala" El')
    assert [stay.name for stay in of(text).stays] == ['Salma "Lala" El Idrissi', "يوسف بنجلون", "Khadija Aït Ouahi"]


def test_older_dashboards_keep_the_times_at_the_connection_or_at_the_person_and_zero_means_still_there():
    start = 1785315600000
    value = {
        "name": "ندوة",
        "createdOn": start,
        "endedOn": start + 7_200_000,
        "users": {
            "u1": {
                "name": "سلمى",
                "extId": "reg-7",
                "isModerator": False,
                "intIds": {"w_1": {"intId": "w_1", "registeredOn": start, "leftOn": 0}},
            },
            "w_2": {
                "intId": "w_2",
                "extId": "w_2",
                "name": "يوسف",
                "registeredOn": start + 60_000,
                "leftOn": start + 120_000,
            },
        },
    }
    report = of(json.dumps(value))
    assert told(report) == [(1, "سلمى", "29 10:00:00", "29 12:00:00"), (2, "يوسف", "29 10:01:00", "29 10:02:00")]
    assert [stay.join_id for stay in report.stays] == ["reg-7", ""]


# Meet, Jitsi, other lists

MEET = {
    "first and last name": "First name,Last name,Email,Duration,Time joined,Time exited\nيوسف,بنجلون,y@example.com,{}\n",
    "one name": "Name,Email,Duration,Time joined,Time exited\nيوسف بنجلون,y@example.com,{}\n",
}


@pytest.mark.parametrize("text", MEET.values(), ids=MEET)
@pytest.mark.parametrize(
    "times", ["1 hr 31 min,10:01 AM,11:32 AM", "91 min,10:01,11:32", "1:31:00,2026-07-29 10:01:00,2026-07-29 11:32:00"]
)
def test_meets_attendance_is_read_with_the_day_of_the_activity_where_it_gives_hours_only(text, times):
    report = of(text.format(times), around=DAY)
    assert (report.platform, told(report)) == ("meet", [(2, "يوسف بنجلون", "29 10:01:00", "29 11:32:00")])


def test_hours_without_a_day_are_refused_and_the_day_in_the_files_name_is_enough():
    text = MEET["one name"].format("91 min,23:30,01:01")
    assert "Give the day of the meeting" in refused(text)
    report = of(text, name="2026-07-29 23h00 ورشة - Attendance.csv")
    assert told(report) == [(2, "يوسف بنجلون", "29 23:30:00", "30 01:01:00")]
    assert report.notes == ["The hours in this report have no date; they are taken to be of 2026-07-29."]
    assert report.days == [date(2026, 7, 29), date(2026, 7, 30)]


def test_meets_audit_log_gives_the_end_and_the_seconds_of_each_connection():
    text = (  # titles seen
        "Date,Event Name,Event Description,Meeting Code,Participant Identifier,Participant Outside Organisation,"
        "Client Type,Organizer Email,Product Type,Duration,Call Rating Out of 5,Participant Name,IP Address\n"
        '"29 Jul 2026, 11:00:00 GMT+1",Endpoint left,,ABCDEFG,y@example.com,No,Web,host@example.org,Classic,3600,,يوسف,\n'
        '"29 Jul 2026, 11:01:00 GMT+1",Presentation stopped,,ABCDEFG,y@example.com,No,Web,host@example.org,Classic,60,,يوسف,\n'
    )
    report = of(text)
    assert (report.platform, told(report)) == ("meet", [(2, "يوسف", "29 10:00:00", "29 11:00:00")])
    assert report.stays[0].email == "y@example.com"
    assert [one.row for one in report.ignored] == [3]


def test_jitsis_events_tell_each_presence_once_and_who_was_still_there():
    start = 1785315600

    def event(kind: str, jid: str, joined: int, left: int | None = None, **person: str) -> dict:
        occupant = {"occupant_jid": jid, "joined_at": joined, **({"left_at": left} if left else {}), **person}
        return {"event_name": f"muc-occupant-{kind}", "room_name": "ندوة", "occupant": occupant}

    lines = [
        event("joined", "a@meet/1", start, name="سلمى", email="Salma@example.org", id="reg-1"),
        event("joined", "b@meet/2", start + 60, name="يوسف"),
        event("left", "a@meet/1", start, start + 3600, name="سلمى", email="Salma@example.org", id="reg-1"),
    ]
    report = of("\n".join(map(json.dumps, lines)), name="events.json")
    assert (report.platform, report.meeting) == ("jitsi", "ندوة")
    assert told(report) == [(1, "سلمى", "29 10:00:00", "29 11:00:00"), (2, "يوسف", "29 10:01:00", "29 11:00:00")]
    assert (report.stays[0].join_id, report.stays[0].email) == ("reg-1", "salma@example.org")
    assert report.notes == ["Still connected at the end of the report: 1. They are counted until then."]
    whole = [
        {"occupant_jid": "a@meet/1", "joined_at": start, "left_at": start + 3600, "name": "سلمى"},
        {"occupant_jid": "b@meet/2", "joined_at": start + 60, "left_at": start + 1800, "name": "يوسف"},
    ]
    lines.append(
        {"event_name": "muc-room-destroyed", "room_name": "ندوة", "destroyed_at": start + 3600, "all_occupants": whole}
    )
    assert [one[3] for one in told(of(json.dumps(lines)))] == ["29 11:00:00", "29 10:30:00"]


def test_webhooks_of_jitsi_as_a_service_are_paired_by_participant_and_the_lobby_is_left_out():
    def event(kind: str, minute: int, number: int, **data: str) -> dict:
        stamp = 1785315600000 + minute * 60_000
        return {
            "eventType": kind,
            "timestamp": stamp,
            "fqn": "app/ندوة",
            "data": {"participantJid": f"p{number}", **data},
        }

    events = [
        event("PARTICIPANT_JOINED_LOBBY", 0, 1, name="يوسف"),
        event("PARTICIPANT_LEFT_LOBBY", 2, 1, name="يوسف"),
        event("PARTICIPANT_JOINED", 2, 1, name="يوسف", email="y@example.com", moderator="true"),
        event("PARTICIPANT_LEFT", 62, 1, name="يوسف"),
    ]
    report = of(json.dumps(events))
    assert told(report) == [(3, "يوسف", "29 10:02:00", "29 11:02:00")]
    assert report.stays[0].is_host
    assert [one.why for one in report.ignored] == ["This is time in the waiting room, not in the meeting."]


def test_lists_of_participants_from_an_interface_are_tables_too():
    zoom = {
        "participants": [
            {"id": "x", "name": "يوسف", "user_email": "y@example.com", "join_time": "2026-07-29T09:00:00Z",
             "leave_time": "2026-07-29T09:45:00Z", "duration": 2700, "registrant_id": "reg-3", "status": "in_meeting"},
        ]
    }  # fmt: skip
    graph = {
        "value": [
            {"emailAddress": "y@example.com", "totalAttendanceInSeconds": 2700, "role": "Organizer",
             "identity": {"displayName": "يوسف"}, "attendanceIntervals": [
                {"joinDateTime": "2026-07-29T09:00:00Z", "leaveDateTime": "2026-07-29T09:30:00Z", "durationInSeconds": 1800},
                {"joinDateTime": "2026-07-29T09:30:00Z", "leaveDateTime": "2026-07-29T09:45:00Z", "durationInSeconds": 900}]},
        ]
    }  # fmt: skip
    report = of(json.dumps(zoom))
    assert (told(report), report.stays[0].join_id) == ([(1, "يوسف", "29 10:00:00", "29 10:45:00")], "reg-3")
    assert told(of(json.dumps(graph))) == [
        (1, "يوسف", "29 10:00:00", "29 10:30:00"),
        (1, "يوسف", "29 10:30:00", "29 10:45:00"),
    ]


# Any table

TABLES = {
    "Arabic, hours and a day": "الاسم الشخصي,الاسم العائلي,التاريخ,الدخول,الخروج\nيوسف,بنجلون,29/07/2026,10:01,10:45\n",
    "French": "Prénom;Nom;Entrée;Sortie\nيوسف;بنجلون;29/07/2026 10:01;29/07/2026 10:45\n",
    "Spanish": "Nombre;Apellidos;Entrada;Salida\nيوسف;بنجلون;29/07/2026 10h01;29/07/2026 10h45\n",
    "a time and a length": "Name\tJoined\tMinutes\nيوسف بنجلون\t2026-07-29T10:01+01:00\t44\n",
    "unknown titles": "x,y,z\nيوسف بنجلون,2026-07-29 10:01,2026-07-29 10:45\n",
    "Excel's hint": "sep=|\nName|Joined|Left\nيوسف بنجلون|2026-07-29 10:01|2026-07-29 10:45\n",
    "Windows-1256": "الاسم,الدخول,الخروج\nيوسف بنجلون,29/07/2026 10:01,29/07/2026 10:45\n",
}


@pytest.mark.parametrize("kind", TABLES)
def test_any_table_of_names_and_times_is_read(kind):
    report = of(TABLES[kind], encoding="cp1256" if kind == "Windows-1256" else "utf-8")
    assert (report.platform, [one[1:] for one in told(report)]) == (
        *("table",),
        [("يوسف بنجلون", "29 10:01:00", "29 10:45:00")],
    )


def test_an_old_encoding_is_guessed_and_said():
    assert "read as Windows-1256" in of(TABLES["Windows-1256"], encoding="cp1256").notes[0]
    latin = of("Prénom;Nom;Entrée;Sortie\nZoé;Aït;29/07/2026 10:01;29/07/2026 10:45\n", encoding="cp1252")
    assert (latin.stays[0].name, "read as Windows-1252" in latin.notes[0]) == ("Zoé Aït", True)


def test_lines_that_were_put_between_quotation_marks_as_a_whole_are_read():
    text = '"Name,Join Time,Leave Time"\n"يوسف,2026-07-29 10:01,2026-07-29 10:45"\n'
    assert told(of(text)) == [(2, "يوسف", "29 10:01:00", "29 10:45:00")]


def test_a_minute_by_clocks_without_seconds_is_a_minute():
    text = "Name,Join Time,Leave Time,Duration (Minutes)\nيوسف,2026-07-29 10:01,2026-07-29 10:01,1\n"
    assert told(of(text)) == [(2, "يوسف", "29 10:01:00", "29 10:02:00")]


def test_an_older_list_of_teams_with_a_row_for_each_connection_has_nothing_to_note():
    text = (  # rebuilt
        "Meeting Summary\nMeeting Title\tورشة\nMeeting Start Time\t7/29/2026, 9:55:02 AM\n\n"
        "Full Name\tJoin Time\tLeave Time\tDuration\tEmail\tRole\tParticipant ID (UPN)\n"
        "سلمى\t7/29/2026, 9:55:02 AM\t7/29/2026, 10:00:00 AM\t4m 58s\t\tOrganizer\tsalma@example.org\n"
        "سلمى\t7/29/2026, 10:10:00 AM\t7/29/2026, 11:00:00 AM\t50m\t\tOrganizer\tsalma@example.org\n"
    )
    report = of(text, encoding="utf-16")
    assert [one[2:] for one in told(report)] == [("29 09:55:02", "29 10:00:00"), ("29 10:10:00", "29 11:00:00")]
    assert (report.notes, report.stays[0].email) == ([], "salma@example.org")


def test_a_mapping_says_what_the_columns_hold():
    text = "رقم,من شارك,أتى,ذهب\n7,يوسف بنجلون,29/07/2026 10:01,29/07/2026 10:45\n"
    mapping = {"name": "من شارك", "joined": "أتى", "left": "ذهب", "join_id": "رقم"}
    report = of(text, mapping=mapping)
    assert told(report) == [(2, "يوسف بنجلون", "29 10:01:00", "29 10:45:00")]
    assert report.stays[0].join_id == "7"
    assert "There is no column Nom. Columns: رقم, من شارك, أتى, ذهب." in refused(
        text, mapping={**mapping, "name": "Nom"}
    )
    assert "Say at least which column" in refused(text, mapping={"name": "من شارك"})
    assert "but not nombre" in refused(text, mapping={"nombre": "من شارك"})


def test_a_table_that_is_not_understood_names_its_columns_and_what_is_missing():
    said = refused("الاسم,المدينة\nيوسف,فاس\n")
    assert "Columns: الاسم, المدينة. Understood: name. Missing: time of joining, time of leaving." in said


def test_a_workbook_made_of_a_report_is_read_with_dates_and_durations_as_excel_keeps_them():
    book = Workbook()
    book.active.title = "ملخص"
    book.active.append(["لا شيء"])
    page = book.create_sheet("الحضور")
    page.append(["2. المشاركون"])
    page.append(["الاسم", "وقت الانضمام", "وقت المغادرة", "المدة"])
    page.append(["=cmd|' /C calc'!A0", None, None, None])
    page["A3"].data_type = "s"
    page.append(["يوسف", clock_time(2026, 7, 29, 10, 1), clock_time(2026, 7, 29, 12, 0), timedelta(minutes=91)])
    page["D4"].number_format = "[h]:mm:ss"
    out = io.BytesIO()
    book.save(out)
    report = of(out.getvalue(), name="attendance.xlsx")
    assert told(report) == [(4, "يوسف", "29 10:01:00", "29 11:32:00")]
    assert [(one.name, one.why) for one in report.ignored] == [("=cmd|' /C calc'!A0", "This row has no time.")]
    assert report.notes[0] == "Of this workbook only the sheet الحضور was read."


# Which number is the day

OPEN = "Name,Join Time,Leave Time,Duration\nيوسف,{} 10:00:00{},{} 10:45:00{},45\n"


@pytest.mark.parametrize(
    ("written", "around", "day"),
    [
        ("07/08/2026", date(2026, 8, 7), date(2026, 8, 7)),
        ("07/08/2026", date(2026, 7, 8), date(2026, 7, 8)),
        ("07/08/2026", date(2026, 8, 6), date(2026, 8, 7)),  # the second day of an activity
        ("08/08/2026", None, date(2026, 8, 8)),
        ("07/08/26", date(2026, 8, 7), date(2026, 8, 7)),
        ("26/08/07", date(2026, 8, 7), date(2026, 8, 7)),
        ("29/07/26", None, DAY),
        ("07/29/26", None, DAY),
        ("29/07/26", date(2025, 1, 1), DAY),  # of another meeting
        ("07.08.2026", None, date(2026, 8, 7)),
    ],
)
def test_the_day_of_the_activity_or_a_figure_above_twelve_tells_day_from_month(written, around, day):
    assert of(OPEN.format(written, "", written, ""), around=around).days == [day]


def test_a_date_that_stays_open_is_refused_with_both_readings():
    said = refused(OPEN.format("07/08/2026", "", "07/08/2026", ""))
    assert "7/8/2026 can be 2026-08-07 or 2026-07-08" in said
    assert "Give the day of the meeting" in said
    assert "Give the day" in refused(OPEN.format("07/08/2026", "", "07/08/2026", ""), around=date(2026, 12, 1))


def test_what_decided_is_said():
    open_ = OPEN.format("07/08/2026", "", "07/08/2026", "")
    assert of(open_, around=date(2026, 8, 7)).notes == [
        "Dates are read as day/month/year: the activity is on that day."
    ]
    american = of(OPEN.format("07/08/2026", " AM", "07/08/2026", " AM"))
    assert (american.days, american.notes) == (
        [date(2026, 7, 8)],
        ["Dates are read as month/day/year: the hours are written as in countries with that order."],
    )
    arabic = of(OPEN.format("07/08/2026", " ص", "07/08/2026", " ص"))
    assert arabic.days == [date(2026, 8, 7)]
    nights = "Name,Join Time,Leave Time,Duration\nيوسف,07/08/2026 23:30,08/08/2026 00:15,45\n"
    assert of(nights).notes == ["Dates are read as day/month/year: only so the times agree with the durations."]
    days = "Name,Join Time,Leave Time\nيوسف,07/08/2026 10:00,07/08/2026 11:00\nيوسف,08/08/2026 10:00,08/08/2026 11:00\n"
    assert of(days).notes == ["Dates are read as day/month/year: only so the days follow one another."]


def test_another_date_of_the_same_hand_settles_the_order():
    text = (
        "Topic,Webinar ID,Actual Start Time\nندوة,8,08/07/2026 10:00\nAttendee Details\n"
        "Attended,User Name (Original Name),Email,Registration Time,Join Time,Leave Time\n"
        "Yes,يوسف,y@example.com,07/29/2026 08:00,08/07/2026 10:00,08/07/2026 11:00\n"
    )
    report = of(text)
    assert (report.days, report.notes) == ([date(2026, 8, 7)], [])


def test_a_spreadsheet_that_changed_part_of_the_dates_is_pointed_out():
    book = Workbook()
    book.active.append(["Name", "Join Time", "Leave Time"])
    book.active.append(["يوسف", clock_time(2026, 7, 8, 10), clock_time(2026, 7, 8, 11)])
    book.active.append(["سلمى", "08/13/2026 10:00", "08/13/2026 11:00"])
    out = io.BytesIO()
    book.save(out)
    assert "may have exchanged day and month" in of(out.getvalue()).notes[0]


# Rows that are no presence, names that mislead


def test_every_row_that_counts_for_nobody_is_named_with_its_reason():
    text = (
        "Name,Email,Join Time,Leave Time\n"
        "يوسف,,2026-07-29 10:00,2026-07-29 11:00\n"
        ",,2026-07-29 10:00,2026-07-29 11:00\n"
        ",only@example.com,2026-07-29 10:00,2026-07-29 11:00\n"
        "سلمى,,2026-07-29 10:00,2026-07-29 10:00\n"
        "أمينة,,2026-07-29 11:00,2026-07-29 10:00\n"
        "خديجة,,حوالي العاشرة,2026-07-29 10:00\n"
        "كريم,,2026-02-30 10:00,2026-07-29 10:00\n"
        "نور,,,2026-07-29 10:00\n"
        "المجموع,,,\n"
        "+212 6 00 00 00 00,,2026-07-29 10:00,2026-07-29 11:00\n"
    )
    report = of(text)
    assert [stay.name for stay in report.stays] == ["يوسف", "only@example.com", "+212 6 00 00 00 00"]
    assert [(one.row, one.why) for one in report.ignored] == [
        (3, "This row has no name: it belongs to nobody."),
        (5, "This connection lasted no time."),
        (6, "It leaves before it joins."),
        (7, "Its time cannot be read: حوالي العاشرة."),
        (8, "Its time cannot be read: a date that does not exist."),
        (9, "This row does not say when the person joined."),
        (10, "This row adds up the others."),
    ]
    assert report.notes == ["Connections by telephone that show a number instead of a name: 1."]
    assert report.rows == 10


ARRIVALS = {
    "arrivals": "الاسم,وقت الوصول\nيوسف,2026-07-29 10:00\nسلمى,2026-07-29 11:00\n",
    "answers to a form": "الاسم,Horodateur\nيوسف,2026-07-29 10:00\nسلمى,2026-07-29 11:00\n",
}


@pytest.mark.parametrize("text", ARRIVALS.values(), ids=ARRIVALS)
def test_a_list_that_gives_one_time_for_each_person_is_no_presence(text):
    assert refused(text).count("This row does not say when the person left.") == 2


def test_no_connection_is_longer_than_a_day():
    text = "الاسم,x,y\nيوسف,2026-07-20 10:00,2026-07-25 10:00\nسلمى,2026-07-29 10:00,2026-07-30 09:00\n"
    report = of(text)
    assert [(stay.name, stay.minutes) for stay in report.stays] == [("سلمى", 23 * 60)]
    assert [one.why.split(";")[0] for one in report.ignored] == ["This would be longer than a day"]
    created = "الاسم,Créé le,Modifié le\nيوسف,2026-07-29 10:00,2026-07-29 11:00\n"
    assert "No table of who was there" in refused(created)


def test_a_name_with_hidden_characters_is_kept_readable_and_the_report_says_so():
    text = "Name,Join Time,Leave Time\n\u202eيوسف\u202c  بنجلون٢\u200f,2026-07-29 10:00,2026-07-29 11:00\n"
    report = of(text)
    assert report.stays[0].name == "يوسف بنجلون2"
    assert report.notes == ["Names that held invisible characters: 1. These characters were left out."]


def test_brackets_that_are_a_persons_own_words_stay_where_no_system_put_them():
    text = "Name,Join Time,Leave Time\nخديجة (فاس) (ضيف),2026-07-29 10:00,2026-07-29 11:00\n"
    assert [(stay.name, stay.other_name) for stay in of(text).stays] == [("خديجة (فاس)", "")]


def test_a_quotation_mark_that_is_never_closed_costs_no_other_row():
    text = 'Name\tJoin Time\tLeave Time\n"يوسف\t2026-07-29 10:00\t2026-07-29 11:00\nسلمى\t2026-07-29 10:00\t2026-07-29 11:00\n'
    assert [stay.name for stay in of(text).stays] == ["يوسف", "سلمى"]


def test_hours_are_taken_in_the_zone_as_it_was_on_that_day():
    text = "Name,Join Time,Leave Time\nيوسف,2026-03-01 10:00,2026-03-01 11:00\n"  # Ramadan: +00:00
    assert f"{of(text).stays[0].joined:%H:%M}" == "10:00"


# Files that are no report


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "This file is empty"),
        (b" \r\n\t", "This file is empty"),
        ("\ufeff".encode("utf-16-le"), "This file is empty"),
        (b"%PDF-1.7 ...", "This is a PDF"),
        (b"\x89PNG\r\n\x1a\n", "This is a picture"),
        (b"<!DOCTYPE html><html><title>Sign in</title>", "This is a web page"),
        (b"PK\x03\x04 nothing", "not an .xlsx workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old .xls"),
        (bytes(range(256)) * 20, "not a table and not text"),
        (b"Name,Join Time,Leave Time\n", "lists nobody"),
        (b"[]", "holds no list"),
        (b'{"users": {}}', "lists nobody"),
        (b'{"stats": {"a": {"displayName": "x", "totalDominantSpeakerTime": 1}}}', "holds no list"),
        (b'{"users": [1, 2', "No table of who was there"),
        (b"Name,Join Time,Leave Time\nZoe,soon,late\n", "report.csv:2: Zoe: Its time cannot be read: soon."),
    ],
)
def test_a_file_that_is_something_else_is_refused_with_what_it_is(content, said):
    assert said in refused(content)


def test_a_report_beyond_the_limits_is_refused():
    row = "يوسف,2026-07-29 10:00,2026-07-29 11:00\n"
    with pytest.raises(BadInput):
        of("Name,Join Time,Leave Time\n" + row * 30, limits=Limits(rows=20))
    with pytest.raises(BadInput):
        of("Name,Join Time,Leave Time\n" + row * 30, limits=Limits(file_bytes=200))


def test_json_is_held_to_the_same_limits():
    started = {"join_time": "2026-07-29T09:00:00Z", "leave_time": "2026-07-29T10:00:00Z"}
    wide = [{"name": "يوسف", **started, **{f"k{number}_{at}": 1 for at in range(50)}} for number in range(4000)]
    long = [{"name": "يوسف", "intervals": [started] * 30}]
    assert "200 columns" in refused(json.dumps(wide))
    assert "beyond 20 rows" in refused(json.dumps(long), limits=Limits(rows=20))


def test_ten_thousand_rows_are_read_in_about_a_second():
    rows = [
        f"يوسف بنجلون {n} (Youssef),y{n}@example.com,07/29/2026 10:{n % 60:02}:10 AM,07/29/2026 11:{n % 60:02}:40 AM,61,Yes,,No"
        for n in range(10_000)
    ]
    text = "Name (Original Name),User Email,Join Time,Leave Time,Duration (Minutes),Guest,Recording Consent,In Waiting Room\n"
    began = clock.process_time()
    assert len(of(text + "\n".join(rows)).stays) == 10_000
    assert clock.process_time() - began < 2.5


SEEDS = [path.read_bytes() for path in sorted(HERE.iterdir()) if path.suffix != ".md"]


@settings(max_examples=150, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=400),
        st.text(max_size=300).map(lambda text: text.encode("utf-8", "surrogatepass")),
        st.builds(
            lambda seed, at, cut, new: seed[: at % len(seed)] + new + seed[at % len(seed) + cut :],
            st.sampled_from(SEEDS),
            st.integers(0, 5000),
            st.integers(0, 60),
            st.binary(max_size=12),
        ),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
            lambda inner: st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["users", "intIds", "sessions", "registeredOn", "leftOn", "name", "event_name", "occupant",
                                 "joined_at", "all_occupants", "eventType", "data", "timestamp", "participants", "join_time"]),
                inner, max_size=5,
            ),
            max_leaves=12,
        ).map(lambda value: json.dumps(value).encode()),
    )
)  # fmt: skip
@example(b"[" * 100_000)
@example(b'{"a": ' + b"9" * 5000 + b"}")
@example(b"Name,Join Time,Duration\nx,2099-12-31 23:59,999999999999999999999\n")
def test_whatever_the_bytes_are_the_answer_is_a_report_or_a_refusal(content):
    for around in (None, DAY):
        try:
            report = read(content, file_name="report", zone=RABAT, around=around)
        except BadInput as refusal:
            assert refusal.problems
        else:
            assert report.stays
            assert all(stay.joined < stay.left and stay.name for stay in report.stays)
            assert len(report.stays) + len(report.ignored) == report.rows
