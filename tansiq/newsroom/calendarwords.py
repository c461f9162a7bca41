"""The words of the calendar in Arabic, French and English: months and weekdays of CLDR, ordinals, what joins two days."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from babel import Locale

from tansiq.core.language import fold

_LOCALES = {
    "ar": ("ar", "ar_MA", "ar_DZ", "ar_TN", "ar_JO", "ar_MR", "ar_IQ", "ar_SA"),
    "fr": ("fr", "fr_CA"),
    "en": ("en", "en_GB"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Dated:
    """A date and where it stands.

    value    ISO 8601: "2020-07-27", "2020-07", "2020", "2020-07-27/2020-07-29", "--07-28", "--07", "T09:30"
    weekday  1 (Monday) to 7 when a weekday is named with a single day; 0 otherwise
    first, last  indices of its words (last is inside);  start, end  code points
    """

    first: int
    last: int
    start: int
    end: int
    value: str
    weekday: int = 0

    @property
    def is_clock(self) -> bool:
        return self.value.startswith("T")


@lru_cache(maxsize=1)
def calendar() -> dict[str, tuple[dict[tuple[str, ...], int], dict[str, int]]]:
    """Language -> (folded words of a month -> 1 to 12, folded weekday -> 1 to 7)."""
    tables = {}
    for language, locales in _LOCALES.items():
        months: dict[tuple[str, ...], int] = {}
        weekdays: dict[str, int] = {}
        for name in locales:
            locale = Locale.parse(name)
            for context in ("format", "stand-alone"):
                for width in ("wide", "abbreviated"):
                    for number, month in locale.months[context][width].items():
                        if len(fold(month)) > 2 or language == "ar":
                            months.setdefault(tuple(fold(month).split()), number)
                    for number, day in locale.days[context][width].items():
                        if len(day) > 2:
                            weekdays.setdefault(fold(day).removeprefix("ال") or day, number + 1)
        if language == "ar":
            months.update({(fold(word),): number for word, number in _FURTHER_MONTHS.items()})
        if language == "en":
            months[("sept",)] = 9
        tables[language] = (months, weekdays)
    return tables


# Spellings of the press that CLDR does not have.
_FURTHER_MONTHS = {
    "ابريل": 4, "إبريل": 4, "نيسان": 4, "اغسطس": 8, "أوت": 8, "غشت": 8, "جويليه": 7, "يوليه": 7, "يونيه": 6, "نوفبر": 11,
    "ماي": 5, "شتمبر": 9, "دجمبر": 12,
}  # fmt: skip

ORDINALS = {
    fold(word): number
    for number, row in enumerate(
        [
            "الأول الأولى أول فاتح غرة", "الثاني الثانية", "الثالث الثالثة", "الرابع الرابعة", "الخامس الخامسة", "السادس السادسة",
            "السابع السابعة", "الثامن الثامنة", "التاسع التاسعة", "العاشر العاشرة",
        ],
        start=1,
    )
    for word in row.split()
} | {"حادي": 1, "الحادي": 1}  # fmt: skip
ORDINALS_EN = {
    word: number
    for number, word in enumerate(
        [
            "first",
            "second",
            "third",
            "fourth",
            "fifth",
            "sixth",
            "seventh",
            "eighth",
            "ninth",
            "tenth",
            "eleventh",
            "twelfth",
            "thirteenth",
            "fourteenth",
            "fifteenth",
            "sixteenth",
            "seventeenth",
            "eighteenth",
            "nineteenth",
            "twentieth",
        ],
        start=1,
    )
} | {"thirtieth": 30}

# What a word may be between the parts of a date: R joins two ends, A joins days, F stands between and means nothing,
# S that a month, Y that a year follows, P that a month or year alone may follow.
_JOINTS = {
    "ar": {"R": "إلى الى حتى لغاية", "A": "و", "F": "يوم يومي أيام الفترة الممتدة ما بين من", "S": "شهر", "Y": "سنة عام سنوات",
           "P": "في خلال منذ نهاية بداية مطلع منتصف متم قبل بعد أواخر أوائل وخلال غضون حدود"},
    "fr": {"R": "au jusqu à", "A": "et", "F": "le les l du de d jour jours cours courant", "S": "mois", "Y": "année annee an années",
           "P": "en depuis dès des début debut fin mi courant cours ici avant après apres entre à pour de"},
    "en": {"R": "to until till through", "A": "and", "F": "the of on day days between from", "S": "month", "Y": "year years",
           "P": "in since during by from until early late mid before after between for of end beginning last next this"},
}  # fmt: skip
LETTER = {
    language: {fold(word): letter for letter, row in reversed(list(rows.items())) for word in row.split()}
    for language, rows in _JOINTS.items()
}
