"""Who, where, what and for whom in running text: names on record first, then what the language itself shows.

A name on record is found whatever is glued to it in Arabic. What is not on record is known by its first word
("ministry of", "جمعية", "workshop", "judges"), which `words.yaml` holds, and reaches as far as the grammar carries it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from tansiq.core.language import fold
from tansiq.newsroom.gazetteer import CONTRACTED, JOIN_EN, JOIN_FR, Gazetteer, content, follows, lexicon, world
from tansiq.newsroom.money import currencies
from tansiq.newsroom.numerals import Number
from tansiq.newsroom.reading import Word


@dataclass(frozen=True, slots=True)
class Named:
    """What a name in a text is, and where it stands.

    kind   place, organisation, activity or audience
    key    of what is known its identifier (a slug, an ISO 3166 or UN M49 code), of an activity its kind, else the words
    first, last  indices of its words (last is inside);  start, end  code points;  number  of an audience, "" if none
    is_known  on record, or known everywhere;  role  organiser, partner, funder..., where the words beside it say so
    """

    kind: str
    key: str
    first: int
    last: int
    start: int
    end: int
    number: str = ""
    is_known: bool = False
    role: str = ""


class _Reader:
    def __init__(self, text: str, cut: list[Word], language: str, records: Gazetteer, taken: list[bool]) -> None:
        self.text, self.cut, self.language = text, cut, language
        self.records, self.taken = records, taken
        self.lexicon = lexicon(language)
        self.heads_seen: set[str] = set()

    def is_capital(self, at: int) -> bool:
        return self.text[self.cut[at].start].isupper()

    def before(self, at: int) -> str:
        return self.cut[at - 1].text if at else ""

    def named(self, kind: str, key: str, first: int, skip: int, last: int, *, is_known: bool = False) -> Named:
        start = self.cut[first].start + skip
        return Named(
            kind,
            key or self.text[start : self.cut[last].end],
            first,
            last,
            start,
            self.cut[last].end,
            is_known=is_known,
        )

    # Names on record, and what everybody knows

    def known(self, at: int) -> Named | None:
        """The longest name there; of two as long the one on record."""
        mine = self.records.look(self.text, self.cut, at)
        worlds = world().look(self.text, self.cut, at)
        found = worlds if worlds and (not mine or worlds[1] > mine[1]) else mine
        if not found:
            return None
        skip, last, kind, key = found
        if kind == "place" and not self._may_be_place(at, skip, last):
            return None
        return self.named(kind, key, at, skip, last, is_known=True)

    def _may_be_place(self, at: int, skip: int, last: int) -> bool:
        """Names of towns are words too: in Arabic one stands behind a preposition or at the head of a line."""
        if self.language == "ar" and last > at:
            return True
        if self.language != "ar":
            return (
                self.is_capital(last)
                and (len(self.cut[at].text) > 3 or last > at)
                and (last > at or self.is_capital(at))
            )
        if skip and self.text[self.cut[at].start : self.cut[at].start + skip].strip("و") in ("ب", "ل"):
            return True
        before = fold(self.before(at))
        if before.removeprefix("و").removeprefix("ب").removeprefix("ال") in _PLACE_BEFORE or at == 0:
            return True
        at_line = self.is_new_line(at)
        after = self.cut[last + 1].text if last + 1 < len(self.cut) else ""
        if at_line and last + 1 < len(self.cut) and (found := world().look(self.text, self.cut, last + 1)):
            return found[2] == "place"  # الرباط المغرب - 24 يوليو
        is_country = len(self.cut[at].text) > 5 and self.cut[at].text.startswith("ال")
        return (
            (at_line and after in ("-", "–", "في", "،", ":", "/"))
            or (skip == 1 and before != "")
            or is_country
            or before in ("،", "-")
        )

    # Organisations and offices

    def organisation(self, at: int) -> Named | None:
        return (self._arabic if self.language == "ar" else self._latin)(
            at, "organisation", self.lexicon.heads | self.lexicon.offices
        )

    def venue(self, at: int) -> Named | None:
        """A building or hall behind "in" or "at"."""
        if self.language == "ar":
            glued = self.text[self.cut[at].start : self.cut[at].start + 2].removeprefix("و")[:1] in ("ب", "ل")
            if not glued and self.before(at) not in ("في", "الي", "داخل", "من"):
                return None
            return self._arabic(at, "place", self.lexicon.venues)
        start = at
        while start > 0 and self.cut[start - 1].text in ("le", "la", "l", "'", "the", "les"):
            start -= 1
        before = self.cut[start - 1].text if start else ""
        if before not in ("au", "a", "dans", "at", "in", "aux", ":", "lieu"):
            return None
        return self._latin(at, "place", self.lexicon.venues)

    def _arabic(self, at: int, kind: str, heads: frozenset[str]) -> Named | None:
        word = self.cut[at]
        head = next(((skip, stem) for skip, stem in word.stems if stem in heads), None)
        if not head:
            return None
        skip, stem = head
        if stem == fold("منظمة") and self.before(at).startswith("ال") and word.text.startswith("ال"):
            return None  # الشبكات الإجرامية المنظمة: organised
        article = next((letters for letters, one in word.stems if one == "ال" + stem), None)
        is_definite = article is not None
        last, has_name = self._carry(at, is_definite, is_office=stem in self.lexicon.offices)
        if last == at:
            if not (is_definite and kind == "organisation" and stem in self.heads_seen):
                return None
        elif not has_name:
            return None
        if kind == "organisation":
            self.heads_seen.add(stem)
        return self.named(kind, "", at, article if article is not None else skip, last)

    def _carry(self, at: int, is_closed: bool, *, is_office: bool = False) -> tuple[int, bool]:
        """How far an Arabic name reaches from its first word, and whether anything in it is definite or a name."""
        last, has_name, is_open = at, is_closed, not is_closed
        opened = 0
        for position in range(at + 1, min(at + 16, len(self.cut))):
            word = self.cut[position]
            text = word.text
            if word.is_mark or self.taken[position] or text in _STOP_AR or self.is_new_line(position):
                break
            if (text.startswith("و") or text.startswith("بال")) and self._another_begins(position, text):
                break
            bare = text.removeprefix("و") if text.startswith("وال") or text.startswith("ول") else text
            is_definite = bare.startswith(("ال", "لل", "بال", "كال")) and len(bare) > 3
            if text == "منه" or text == "منها":
                last = position
                continue
            if is_open:
                place = world().look(self.text, self.cut, position)
                last, has_name = position, has_name or is_definite or place is not None
                is_open = not (is_definite or place is not None)
                opened += 1
                if place:
                    last = place[1]
                if is_open and opened > 4:
                    break
                continue
            if is_definite:
                # ترأس وزير العدل الجلسة: behind an office a definite noun may be the object already.
                if is_office and text[0] != "و" and not self.cut[last].text.endswith(("ه", "ون", "ين", "ات")):
                    break
                last = position
                continue
            if bare.startswith("ل") and len(bare) > 4 and bare[1:3] != "ها" and bare not in _STOP_AR:
                last, is_open, opened = position, True, 0  # لمكافحة الاتجار
                continue
            break
        if is_open and last > at:
            # An open end carries a verb or an adverb away: give back what was not closed.
            while last > at and is_open and not self.cut[last].text.startswith(("ال", "لل", "بال", "وال")):
                if world().look(self.text, self.cut, last):
                    break
                last -= 1
        return last, has_name

    def is_new_line(self, position: int) -> bool:
        return "\n" in self.text[self.cut[position - 1].end : self.cut[position].start]

    def _another_begins(self, position: int, text: str) -> bool:
        """Behind "and" another organisation that is known, behind "in" a place: neither belongs to the name."""
        for known in (self.records, world()):
            found = known.look(self.text, self.cut, position)
            if found and found[0] > 0 and found[2] == ("organisation" if text[0] == "و" else "place"):
                return True
        return False

    def _latin(self, at: int, kind: str, heads: frozenset[str]) -> Named | None:
        cut = self.cut
        if self.language == "en":
            return self._english(at, kind, heads)
        if cut[at].text not in heads:
            return None
        last, has_name = at, False
        has_capital = self.is_capital(at)
        position = at + 1
        joined = False
        while position < len(cut) and position < at + 18:
            text = cut[position].text
            if text in ("'", "-") or text in JOIN_FR:
                joined = True
                position += 1
                continue
            if cut[position].is_mark or text in _STOP_FR or self.taken[position]:
                break
            if not joined and not self.is_capital(position) and not text.endswith(_ADJECTIVES_FR):
                break
            has_name = has_name or self.is_capital(position) or text in _NATIONAL
            last, joined = position, False
            position += 1
        if last == at:
            is_short = (
                self.is_capital(at) and self.before(at) in ("la", "le", "l", "'") and cut[at].text in self.heads_seen
            )
            if not is_short or kind != "organisation":
                return None
        elif not (has_name or has_capital):
            return None
        if kind == "organisation":
            self.heads_seen.add(cut[at].text)
        return self.named(kind, "", at, 0, last)

    def _english(self, at: int, kind: str, heads: frozenset[str]) -> Named | None:
        """The longest run of capitalised words and what joins them, if one of them is a head."""
        cut = self.cut
        if (
            not self.is_capital(at)
            or cut[at].is_mark
            or cut[at].text in _STOP_EN
            or (
                at
                and self.is_capital(at - 1)
                and cut[at - 1].text not in _STOP_EN
                and cut[at - 1].end + 1 == cut[at].start
            )
        ):
            return None
        last, has_head, count = at, cut[at].text in heads, 1
        position = at + 1
        while position < len(cut) and position < at + 18:
            word = cut[position]
            if (
                self.is_capital(position)
                and not word.is_mark
                and "\n" not in self.text[cut[position - 1].end : word.start]
            ):
                last, has_head, count = position, has_head or word.text in heads, count + 1
            elif word.text == "s" and cut[position - 1].text == "'":
                pass  # Women's Union
            elif (word.text == "the" and cut[position - 1].text not in JOIN_EN) or not (
                word.text in JOIN_EN or (word.text in ("-", "'") and cut[position - 1].end == word.start)
            ):
                break
            position += 1
        if not has_head:
            return None
        if count == 1:
            is_short = self.before(at) == "the" and cut[at].text in self.heads_seen and kind == "organisation"
            return self.named(kind, "", at - 1 if is_short else at, 0, last) if is_short else None
        if kind == "organisation":
            self.heads_seen.update(cut[index].text for index in range(at, last + 1) if cut[index].text in heads)
        return self.named(kind, "", at, 0, last)

    def content_of(self, one: Named) -> set[str]:
        """The words of a name that carry it: without articles and what joins."""
        return content(word.text for word in self.cut[one.first : one.last + 1])

    def records_words(self, key: str) -> set[str]:
        return self.records.words_of.get(key, set())

    def with_role(self, one: Named) -> Named:
        if one.kind != "organisation":
            return one
        texts = [word.text for word in self.cut[max(0, one.first - 5) : one.first] if not word.is_mark]
        texts = [text for text in texts if text not in CONTRACTED]
        for role, phrases in self.lexicon.roles.items():
            for phrase in phrases:
                if texts[-len(phrase) :] == list(phrase):
                    return replace(one, role=role)
        after = self.cut[one.last + 1 : one.last + 6]
        if after and after[0].text == "(":
            after = after[3:]
        texts = [word.text for word in after[:2]]
        if texts and (texts[0] in self.lexicon.organises or " ".join(texts) in self.lexicon.organises):
            return replace(one, role="organiser")
        return one

    def is_list(self, first: int, last: int) -> bool:
        """Is there nothing between two names but what parts the members of a list?"""
        return all(
            word.text in _BESIDE | {"et", "and", "و", "de", "du", "des", "la", "le", "l", "the", "'"}
            for word in self.cut[first:last]
        )

    # Activities and audiences

    def activity(self, at: int) -> Named | None:
        best: tuple[int, int, str] | None = None
        for skip, stem in self.cut[at].stems:
            for parts, kind in self.lexicon.activities.get(stem, ()):
                last = follows(self.cut, at, parts)
                if last is not None and (best is None or last > best[1]):
                    best = (skip, last, kind)
        if not best or any(self.taken[at : best[1] + 1]):
            return None
        skip, last, kind = best
        article = next(
            (letters for letters, one in self.cut[at].stems if letters < skip and one.startswith("ال")), skip
        )
        while last + 1 < len(self.cut) and self.cut[last + 1].text in _ADJECTIVES_AR:
            last += 1
        return self.named("activity", kind, at, article, last)

    def audience(self, at: int, numbers: dict[int, Number], before: Named | None) -> Named | None:
        """Judges, assistants, guests: with their number, or behind a word that says for whom or with whom."""
        for skip, stem in self.cut[at].stems:
            for parts in self.lexicon.audiences.get(stem, ()):
                last = follows(self.cut, at, parts)
                if last is None:
                    continue
                if self.language == "ar":
                    last = (
                        max(last, self._carry(at, stem != self.cut[at].text)[0])
                        if stem in ("ممثلي", "اعضاء", "ممثلين")
                        else last
                    )
                number = self._number_before(at, numbers)
                if number is not None:
                    start = number.start
                    return Named(
                        "audience", stem, number.first, last, start, self.cut[last].end, f"{number.value.normalize():f}"
                    )
                if self._is_addressed(at, before):
                    article = next(
                        (letters for letters, one in self.cut[at].stems if letters < skip and one.startswith("ال")),
                        skip,
                    )
                    return self.named("audience", stem, at, article, last)
        return None

    def _number_before(self, at: int, numbers: dict[int, Number]) -> Number | None:
        """The number that counts the noun here: directly before, or with "de", "من", an adjective between."""
        position = at - 1
        for _step in range(4):
            if position < 0:
                break
            if position in numbers:
                number = numbers[position]
                return None if number.unit else number
            if self.cut[position].is_mark and self.cut[position].text != "'":
                break
            position -= 1
        return None

    def _is_addressed(self, at: int, before: Named | None) -> bool:
        """Does a word say that it is for these, or are they named beside others who are?"""
        texts = [word.text for word in self.cut[max(0, at - 4) : at]]
        if before and at - before.last <= 4 and all(
            self.cut[index].text in _BESIDE or not self.cut[index].is_mark for index in range(before.last + 1, at)
        ) and (self.cut[at].text.startswith("و") or {"و", "et", "and", ",", "،"} & set(texts[before.last - at + 1 :])):  # fmt: skip
            return True
        if self.language == "ar":
            return bool(texts) and texts[-1].removeprefix("و") in self.lexicon.cues
        for length in range(1, 5):
            if " ".join(text for text in texts[-length:] if text not in ("'", ",")) in self.lexicon.cues:
                return True
        between = [text for text in texts if text not in _ARTICLES and text != ","]
        return any(" ".join(between[-length:]) in self.lexicon.cues for length in (1, 2, 3))


_BESIDE = {",", "،"}
_PLACE_BEFORE = {
    fold(word).removeprefix("ب")
    for word in [
        "في",
        "مدينة",
        "إلى",
        "من",
        "إقليم",
        "جهة",
        "محافظة",
        "ولاية",
        "عمالة",
        "بلدة",
        "قرب",
        "نحو",
        "جماعة",
        "دولة",
        "مملكة",
        "جمهورية",
        "لدى",
    ]
}
_STOP_AR = {fold(word) for word in ["في", "من", "على", "إلى", "عن", "مع", "أن", "إن", "التي", "الذي", "الذين", "اللذين", "حيث", "قد", "كما", "لقد", "لفائدة", "لصالح", "لهذا", "لهذه", "هذا", "هذه", "ذلك", "تلك", "خلال", "يوم", "يومي", "أيام", "بمناسبة", "بمشاركة", "بتعاون", "بالتعاون", "بشراكة", "بالشراكة", "بدعم", "بتمويل", "بتنسيق", "بحضور", "تنظم", "ينظم", "تدعوكم", "تدعو", "ستنظم", "نظمت", "أعلن", "أعلنت", "أكد", "أكدت", "أوضح", "سيتم", "تم", "يتم", "كان", "كانت", "وذلك", "وكذا", "وهو", "وهي", "أو", "ثم", "قبل", "بعد", "بين", "لدى", "ضمن", "عبر", "حول", "منذ", "قصد", "بهدف", "إطار"]}  # fmt: skip
_STOP_FR = {fold(word) for word in ["et", "ou", "a", "ont", "est", "sont", "sera", "seront", "était", "avec", "dans", "en", "par", "qui", "que", "afin", "ainsi", "organise", "organisent", "organisera", "tient", "lance", "au", "avait", "avoir", "être", "lors", "depuis", "selon", "sous", "entre", "vers", "mais", "se", "sa", "son", "ses", "ce", "cette"]} - JOIN_FR  # fmt: skip
_ADJECTIVES_FR = ("al", "ale", "aux", "ales", "elle", "elles", "ique", "iques", "ien", "enne", "ennes", "een", "eens", "ain", "aine", "eur", "rieure",
                  "ais", "aise", "publique", "public", "unies", "royal", "if", "ive", "aire", "aires", "el")  # fmt: skip
_NATIONAL = {"nationale", "national", "generale", "general", "royale", "royal", "public", "publique", "europeenne"}
_STOP_EN = {"the", "a", "an", "this", "that", "in", "on", "at", "for", "about", "who", "what", "when", "where"}
_ADJECTIVES_AR = {fold(word) for word in ["تكوينية", "تدريبية", "دولية", "وطنية", "صحفية", "ميدانية", "تحسيسية", "توعوية", "افتتاحية", "إقليمية", "جهوية", "الدولي", "الدولية", "الوطني", "الوطنية", "الافتتاحي", "الافتتاحية", "الختامي", "الختامية", "التكوينية", "التدريبية", "الميدانية", "الصحفية", "صور", "مستديرة", "تكوينيتين", "تدريبيتين", "ميدانيتين"]}  # fmt: skip
_ARTICLES = {"the", "a", "an", "le", "la", "les", "des", "d", "l", "'", "our", "all", "state", "nos", "its"}


def names(
    text: str, cut: list[Word], language: str, numbers: Iterable[Number], taken: list[bool], records: Gazetteer
) -> list[Named]:
    """The names of a text in order. Of two that overlap the one on record stays, then the longer, then the first."""
    reader = _Reader(text, cut, language, records, taken)
    by_last = {number.last: number for number in numbers}
    found: list[Named] = []
    audiences: list[Named] = []
    for at, word in enumerate(cut):
        if word.is_mark or taken[at]:
            continue
        found += [
            one for one in (reader.known(at), reader.venue(at), reader.organisation(at), reader.activity(at)) if one
        ]
        audience = reader.audience(at, by_last, audiences[-1] if audiences else None)
        if audience:
            audiences.append(audience)
    kept = [
        reader.with_role(one)
        for one in _in_short(reader, list(_settled([*found, *_acronyms(reader, found), *_capitals(reader, taken)])))
    ]
    kept = _shared_roles(reader, kept)
    # Those who come may be said with the organisation they come from; only inside a name they are part of it.
    inside = sorted((one.start, one.end) for one in kept if one.kind in ("organisation", "place"))
    for one in _settled(audiences):
        at = bisect_right(inside, (one.start, one.end)) - 1
        if not (at >= 0 and one.end <= inside[at][1]) and (one.start, one.end) not in inside[at : at + 2]:
            kept.append(one)
    return sorted(kept, key=lambda one: (one.start, -one.end))


def _in_short(reader: _Reader, kept: list[Named]) -> Iterator[Named]:
    """ "اللجنة الوطنية", "the Agency": the organisation named in full before, of whose words it is made."""
    full: list[tuple[set[str], Named]] = []
    for one in kept:
        if one.kind != "organisation":
            yield one
            continue
        parts = reader.content_of(one)
        if one.is_known:
            full.append((parts | reader.records_words(one.key), one))
        else:
            known = next((known.key for words_of, known in reversed(full) if parts and parts <= words_of), "")
            known = known or reader.records.nearest(parts)
            if known:
                one = replace(one, key=known, is_known=True)
        yield one


def _shared_roles(reader: _Reader, kept: list[Named]) -> list[Named]:
    """ "experts of A, B and C": all three."""
    out: list[Named] = []
    before: Named | None = None
    for one in kept:
        if one.kind == "organisation":
            if (
                before
                and before.role
                and not one.role
                and one.first - before.last <= 4
                and reader.is_list(before.last + 1, one.first)
                # "funded by A, B and C": after a comma another sentence may have begun.
                and (
                    before.role in ("expert", "participant")
                    or not {",", "،"} & {word.text for word in reader.cut[before.last + 1 : one.first]}
                )
            ):
                one = replace(one, role=before.role)
            elif before and one.role == "organiser" and not before.role and reader.is_list(before.last + 1, one.first):
                at = next(index for index in range(len(out) - 1, -1, -1) if out[index] is before)
                out[at] = replace(before, role="organiser")  # A and B organise
            before = one
        out.append(one)
    return out


_NO_ORGANISATION = {"cfa", "fcfa", "ref", "rsvp", "faq", "ttc", "ht", "hors", "tv", "pdf", "usb", "sms", "covid", "vih", "hiv", "sida", "aids", "ok", "n", "id", "cv", "pme", "tic", "ict",
                    "odd", "sdg", "sdgs", "pib", "gdp", "am", "pm", "gmt", "utc", "nb", "ps", "cc", "to", "re", "what", "when", "who", "where"}  # fmt: skip


def _capitals(reader: _Reader, taken: list[bool]) -> Iterator[Named]:
    """An acronym among words that are not in capitals: three letters or more, and no currency."""
    cut, text = reader.cut, reader.text
    for at, word in enumerate(cut):
        printed = text[word.start : word.end]
        if taken[at] or not (3 <= len(printed) <= 9 and printed.isascii() and printed.isalpha() and printed.isupper()):
            continue
        if at == 0 or reader.is_new_line(at) or (word.text,) in currencies():
            continue
        beside = [text[cut[index].start : cut[index].end] for index in (at - 1, at + 1) if 0 <= index < len(cut)]
        if word.text in _NO_ORGANISATION or any(len(one) > 1 and one.isalpha() and one.isupper() for one in beside):
            continue
        yield reader.named("organisation", "", at, 0, at)


def _acronyms(reader: _Reader, found: list[Named]) -> Iterator[Named]:
    """ "(CNLTP)" behind an organisation's name is its acronym; from then on it is known."""
    cut, text = reader.cut, reader.text
    seen: set[str] = set()
    for one in found:
        at = one.last + 2
        if (
            one.kind == "organisation"
            and at + 1 < len(cut)
            and (cut[at - 1].text, cut[at + 1].text) == ("(", ")")
            and (acronym := text[cut[at].start : cut[at].end]).isupper()
            and 2 <= len(acronym) <= 10
            and acronym not in seen
        ):
            seen.add(acronym)
            for index, word in enumerate(cut):
                if word.text == cut[at].text and text[word.start : word.end] == acronym:
                    yield reader.named("organisation", one.key, index, 0, index, is_known=one.is_known)


def _settled(found: list[Named]) -> Iterator[Named]:
    end = -1
    order = {"place": 0, "organisation": 1, "activity": 2, "audience": 3}
    for one in sorted(found, key=lambda one: (one.start, not one.is_known, -one.end, order[one.kind])):
        if one.start >= end:
            yield one
            end = one.end
