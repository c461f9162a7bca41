"""Names as a conference system displays them: cleaned, without what the system added, the changed name apart."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from tansiq.core.errors import Refused
from tansiq.core.language import clean_name, fold

# Marks that Arabic exports sprinkle; the others, such as U+202E, make a name read as something else.
_HARMLESS = {"\u200e", "\u200f", "\u061c", "\ufeff", "\u00ad", "\u200b"}
LONGEST = 400  # characters; what is longer is no name, and brackets in it would be peeled off for minutes
_JOINERS = "\u200c\u200d"
_BRACKETS = re.compile(r"(.*\S)\s*[(（]([^()（）]*)[)）]", re.DOTALL)
_HOST_WORDS = {
    *(
        "host",
        "co host",
        "cohost",
        "organizer",
        "organiser",
        "hote",
        "co hote",
        "anfitrion",
        "coanfitrion",
        "gastgeber",
    ),
    *("المضيف", "مضيف", "منظم", "المنظم", "مضيف مشارك"),
}
_ADDED = {
    fold(word)
    for word in (
        *("External", "Guest", "Unverified", "Verified", "Me", "You", "Presenter", "Anonymous", "Dial-in"),
        *("Externe", "Invité", "Invitée", "Non vérifié", "Non vérifiée", "Moi", "Vous", "Présentateur"),
        *("Externo", "Externa", "Invitado", "Invitada", "No verificado", "Sin verificar", "Yo", "Tú"),
        *("Extern", "Gast", "Nicht verifiziert", "Nicht überprüft", "Ich", "Esterno", "Ospite", "Convidado"),
        *("خارجي", "ضيف", "ضيفة", "لم يتم التحقق منه", "غير متحقق منه", "غير مؤكد", "أنا", "أنت", "مقدم"),
        *("she", "her", "hers", "he", "him", "his", "they", "them", "theirs", "elle", "lui", "il", "ella", "él"),
    )
} | _HOST_WORDS
_ANONYMOUS = {
    fold(word)
    for word in (
        *("Anonymous", "Anonyme", "Anónimo", "Anonym", "من دون أسماء", "مجهول", "Anonymous user", "Anonymous answers"),
    )
}
_TOTAL = {
    fold(word)
    for word in ("Total", "Totals", "Totaux", "Summe", "Gesamt", "Suma", "المجموع", "الإجمالي", "Total général")
}
_PHONE = re.compile(
    r"(?=.*[0-9]{2})[+0-9*xX() .-]{6,}|(call[ -]?in|phone|dial[ -]?in) (user|participant)[ 0-9_]*", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Displayed:
    """name and other_name as in Stay; has_hidden: characters were left out that made it read as something else."""

    name: str
    other_name: str
    is_host: bool
    has_hidden: bool


def displayed(text: str, *, original_in_brackets: bool) -> Displayed:
    """A displayed name in its parts: "Youssef B. (يوسف بنجلون) (Guest)".

    original_in_brackets  whether brackets at the end hold the name before a change, as Zoom writes it; elsewhere they
                          are the person's own words and stay
    """
    name, has_hidden = clean(text[:LONGEST])
    other, is_host = "", False
    while found := _BRACKETS.fullmatch(name):
        words = {fold(word) for word in re.split("[,/;،]", found[2])} - {""}
        if not words or words <= _ADDED:
            is_host = is_host or bool(words & _HOST_WORDS)
            name = found[1]
        elif original_in_brackets and not other:
            name, other = found[1], found[2].strip()
        else:
            break
    return Displayed(name, "" if other == name else other, is_host, has_hidden)


def clean(text: str) -> tuple[str, bool]:
    """The text as `clean_name` keeps it, and whether hidden characters had to be left out for that."""
    try:
        return clean_name(text), False
    except Refused:
        hidden = {
            char
            for char in text
            if unicodedata.category(char) in ("Cc", "Cf", "Co", "Cs") and char not in "\t\n\r" + _JOINERS
        }
        kept = "".join(char for char in text if char not in hidden)
        return clean_name(kept), bool(hidden - _HARMLESS)


def is_anonymous(name: str) -> bool:
    """Whether a system wrote this where it knows nobody."""
    return fold(name) in _ANONYMOUS


def is_total(name: str) -> bool:
    """Whether a row adds up the others."""
    return fold(name) in _TOTAL


def is_phone(name: str) -> bool:
    """Whether what stands for a name is a telephone number."""
    return bool(_PHONE.fullmatch(name))
