"""How far apart two spellings of one word of a name are, within a script and across Arabic and Latin letters.

A word is read as a lattice: each group of letters ("ch", "ou", ش) is one step that may stand for several sounds, each
at a cost ("ch" is French sh, sometimes tch, k or kh). Two steps are as far apart as their nearest sounds, and the
distance of two words is the cheapest way through both. What one script does not write costs next to nothing: short
vowels, hamza and ʿayn. Vowels still tell where they are written, above all at the end: Amine and Amina are two people.

The tables say how the languages write, the Maghreb's French spelling first; nothing in them was counted from data.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

# Joined before a word whose article stood alone: "El Idrissi" is read as this mark and "idrissi".
ARTICLE = "ˑ"
_LONGEST = 32

# --- What letters sound like -------------------------------------------------------------------------------------------

# A line holds groups of letters and what each may stand for, with a cost where it is not the first reading. Sounds are
# written as Latin letters; also S sh, C tch, Z as in French je, J dj, G gh, X kh, H ح, 0 and 6 the two of English th,
# N gn, A a final a that may mark a woman's name. "c+" and "g+" stand before e, i and y.
_LATIN = """
b: b | p: p v.6 | f: f v.1 | v: v f.1 w.12 b.3 | w: w v.06 u.05 | ph: f | pf: f.1 b.3
t: t 6.2 0.12 d.4 | d: d 6.08 | dh: 6 d.02 z.12 | th: 0 t.03 6.08 d.3 s.25 | dt: t.05
s: s S.25 z.5 | s+: s z.05 S.3 | z: z 6.08 ts.12 s.5 0.3 | sz: s.08 S.1 z.1 | sc: s.1 S.12 | tz: ts z.1 s.1 | ts: ts | zz: z ts dz.1
š: S | ç: s C.08 | č: C ts.15 | ž: Z z.1 | ț: ts t.15 | ñ: N | ř: r Z.15 | ł: l w.2 | đ: d.05 J.1 | ğ: G.03 y.2
sh: S | sch: S sk.15 | sj: S.1 | ch: S C.04 k.12 X.2 H.4 | tch: C S.1 | tsch: C | tsh: C | cz: C.05 | tj: C.1 ty.1
kh: X k.12 H.25 h.3 G.4 | gh: G g.05 q.2 X.35 f.4 | dj: J Z.02 | dg: J.1 | zh: Z J.08 | xh: J.2
j: J Z y.06 X.1 h.25 g.12 | g: g q.1 G.06 J.2 Z.25 k.35 | g+: J.03 Z.06 g.06 X.15 q.15 y.3 | gu: g gw.1 q.12
gi: J.03 g.15 y.3 | cs: C.05 ks | gn: N | ng: ng n.1 | nh: n.05 N.1 | k: k q.05 g.35 X.35 | ck: k | q: q k.03 g.12 G.25 C.15 | qu: k q kw.05
c: k s.25 S.4 C.4 J.25 | c+: s C.1 k.3 S.25 0.2 ts.15 z.3 | cc: k C.1 ks.1 | x: ks X.2 S.12 k.25 gz.1 z.15 s.2
ḥ: H h.02 | ʿ: a.04 e.04 i.06 o.05 u.06 | h: h H X.3 | l: l | ll: l y.12 | lh: l.05 y.2 | m: m | n: n | r: r G.35 | rh: r | kn: n.05 | wr: r | wh: w h.2
a: a ay.4 | e: e a.12 i.1 | i: i ay.15 e.15 | o: o u.1 aw.1 | u: u yu.1 o.08
a+: a ay.1 | i+: i ay.05 e.1 | u+: u yu.05 o.1 | y: y i ay.12
ü: u i.06 yu.1 | ö: o u.06 i.15 e.12 | aa: a | ee: i e.1 | ii: i | oo: u o.05 | uu: u | ou: u w o.06 aw.06 | ow: aw w o.1 u.15
au: aw o.06 | aw: aw o.05 | eau: o | eu: u.08 yu.05 oy.06 e.1 o.1 w.15 | ew: yu u.1 | ai: ay e.05 | ay: ay e.08
ei: ay i.08 e.1 | ey: ay i.03 e.1 | ea: i e.06 a.12 | ie: i e.1 ay.12 | oi: oy wa.03 | oy: oy wa.05 | ue: u.05 i.12 | ui: wi i.1
oe: u.06 o.05 e.1 | ae: a.05 e.05 ay.05 | io: yu.1 | oa: o wa.05 | igh: ay | augh: aw.05 | ough: aw.1 u.1 | eigh: ay
"""
_ARABIC = """
ب: b p.03 | پ: p b.1 | ت: t | ث: 0 s.12 t.06 6.15 | ج: J Z g.05 y.25 | چ: C g.03 J.08 Z.08 | ح: H | خ: X | د: d
ذ: 6 d.05 z.08 | ر: r | ز: z | ژ: Z | س: s | ش: S | ص: s | ض: d 6.1 | ط: t | ظ: 6 z.06 d.06 | غ: G g.03 | ف: f v.03
ڤ: v f.1 | ق: q k.03 g.06 G.2 | ك: k g.25 q.12 | گ: g k.08 | ل: l | م: m | ن: n | ه: h
تش: C | كس: ks | تس: ts | دز: dz.05 | دج: J | نج: n.15 ng | نغ: ng | ني: N.03 | نك: ng.2 | كو: kw | غو: gw | جو: gw.05
ا: a e.2 o.18 i.3 u.2 | و: u w o v.12 | ي: i y ay.05 e.3 | ى: a i.06 | ة: A t.08 | ء: ' | ئ: ' i.1 y.1 | ؤ: ' u.05 w.12
ع: a.04 e.04 i.06 o.05 u.06 | آ: a | اي: ay y.1 i.12 e.12 | او: aw w.1 o.06 u.12 | وي: oy wi u.12 | يو: yu u.1 | وا: wa
ائ: ay.05 y.1 | اء: a.02
"""
# What letters stand for at the beginning of a word (an alif is any vowel there) and at its end, where it differs.
_ARABIC_START = "ا: a e.08 i.1 o.1 u.1"
_LATIN_END = """
a: A | ah: A H.08 h.05 | aa: A | ae: A e.3 ay.3 | eh: A.08 e | e: e i.4 A.8 | y: i y ay.12 | que: k | ques: k | ck: k
ier: ay.06 e.06 | ois: wa | oit: wa | oix: wa | ais: e ay | aud: o.1 | aut: o.1 | ault: o.05 | aux: o.05 | eaux: o | ugh: yu u.05
 ow: o u.1 aw.1 | s: s z.15 S.25 | gh: g.05 f.2 G
"""
_ARABIC_END = (
    "ا: A e.3 o.5 i.5 | ى: A i.05 | ه: h A.04 | ة: A t.08 | اء: A | يه: i.1 e.1 ay.1 | اه: A | ي: i y e.12 ay.12"
)

_VOWELS = frozenset(["a", "e", "i", "o", "u", "ay", "aw", "oy", "yu", "wa", "wi", "A", "'"])
# Sounds that are near each other; what is not here is 1 apart. Costs hold in both directions.
_NEIGHBOURS = """
b-p.3 b-v.4 f-v.15 f-p.5 t-d.45 t-0.1 d-6.08 0-s.25 0-6.2 6-z.15 s-z.6 s-S.4 s-ts.2 z-ts.2 S-C.15 S-Z.35 Z-J.02 
Z-z.35 C-J.3 C-ts.2 J-g.2 J-y.3 g-G.1 g-q.12 g-k.5 g-gw.1 k-q.15 k-kw.1 k-ks.5 ks-gz.1 k-X.3 q-G.3 X-H.3 X-h.35 
X-G.4 H-h.02 G-r.4 m-n.6 n-N.15 n-ng.12 l-r.7 w-v.1 w-u.0 y-i.0 w-o.08 y-e.1 d-J.5 
a-e.12 a-o.3 a-i.6 a-u.4 e-i.12 e-o.25 e-u.2 i-u.4 i-o.5 o-u.06 a-A.03 e-A.8 o-A.8 i-A.8 u-A.8 h-A.1 ay-A.5 
ay-a.5 ay-e.08 ay-i.15 ay-y.12 aw-a.2 aw-o.05 aw-u.12 aw-w.12 oy-ay.2 oy-i.25 oy-o.3 yu-u.1 yu-i.3 yu-w.2 
wa-a.2 wa-u.2 wa-w.15 wa-o.2 wi-i.15 wi-u.2 wi-w.15 '-a.1 '-e.1 '-i.1 '-o.1 '-u.1
"""
_NEAR: dict[tuple[str, str], float] = {}
for _pair in _NEIGHBOURS.split():
    _ends, _dot, _digits = _pair.partition(".")
    _one, _dash, _other = _ends.partition("-")
    _NEAR[_one, _other] = _NEAR[_other, _one] = float(f"0.{_digits}")

# Two Arabic letters that are one for a hurried hand. All other letters that sound alike are two letters to who writes Arabic.
_SAME_HAND = {
    frozenset(pair): cost
    for pair, cost in {
        ("ى", "ي"): 0.02, ("ة", "ه"): 0.02, ("ا", "ى"): 0.05, ("ؤ", "و"): 0.05, ("ئ", "ي"): 0.05, ("ئ", "ء"): 0.02,
        ("اء", "ا"): 0.04, ("آ", "ا"): 0.0, ("ڤ", "ف"): 0.02, ("پ", "ب"): 0.02, ("گ", "ك"): 0.05, ("گ", "ق"): 0.08,
        ("گ", "ج"): 0.1, ("گ", "غ"): 0.1, ("چ", "ج"): 0.1, ("ا", "ة"): 0.1, ("ا", "ه"): 0.25, ("ء", "ا"): 0.1,
    }.items()
}  # fmt: skip
_OTHER_LETTER = 0.45
_FIRST = 0.05


@dataclass(eq=False, slots=True)
class _Step:
    """A group of letters at one place of a word.

    skip, skip_across  what it costs to find nothing for it, in the same script and in the other
    weight             what it adds to the length of the word
    """

    letters: str
    script: str
    sounds: dict[str, float]
    skip: float
    skip_across: float
    weight: float
    costs: dict[_Step, float] = field(default_factory=dict)

    def apart(self, other: _Step) -> float:
        cost = self.costs.get(other)
        if cost is None:
            cost = self.costs[other] = other.costs[self] = _apart(self, other)
        return cost


def _apart(one: _Step, other: _Step) -> float:
    same_script = one.script == other.script
    if same_script and one.letters == other.letters and one.sounds.keys() == other.sounds.keys():
        return 0.0
    if same_script and one.script == "arabic":
        near = _SAME_HAND.get(frozenset((one.letters, other.letters)))
        if near is not None:
            return near
    heard = 2.0
    for sound, cost in one.sounds.items():
        for sound2, cost2 in other.sounds.items():
            if sound == sound2:
                heard = min(heard, cost + cost2)
            elif cost < _FIRST or cost2 < _FIRST:  # two unlikely readings are not near by a third
                heard = min(heard, cost + cost2 + _NEAR.get((sound, sound2), 2.0))
    if same_script and one.script == "arabic":
        heard += _OTHER_LETTER
    elif same_script:  # who writes Latin letters twice rarely means another sound
        heard *= 1.5 if (one.sounds.keys() | other.sounds.keys()) & _VOWELS else 2.0
    return min(heard, 2.0)


def _table(text: str) -> dict[str, dict[str, float]]:
    rows = {}
    for row in re.split(r"\||\n", text):
        letters, colon, sounds = row.strip().partition(": ")
        if colon:
            rows[letters] = {
                sound: float(f"0.{digits}" if dot else 0)
                for sound, dot, digits in (one.partition(".") for one in sounds.split())
            }
    return rows


_READINGS = {"latin": _table(_LATIN), "arabic": _table(_ARABIC)}
_BEGINNINGS = {"latin": {}, "arabic": _table(_ARABIC_START)}
_ENDINGS = {"latin": _table(_LATIN_END), "arabic": _table(_ARABIC_END)}
_ARABIC_LETTER = re.compile("[\u0621-\u064a\u066e-\u06d3]")

# skip, skip_across of letters that may go unwritten: in the middle of a word, then at its end where that differs
_SKIPPED = {
    **dict.fromkeys("aeiouyüö", (0.25, 0.03)),
    **{
        "ou": (0.4, 0.12),
        "oo": (0.4, 0.12),
        "ee": (0.4, 0.3),
        "aa": (0.3, 0.1),
        **dict.fromkeys(["ai", "ei", "ay", "ey"], (0.6, 0.5)),
    },
    **{"ʿ": (0.1, 0.05), "h": (0.25, 0.25), "gh": (0.6, 0.3), "y": (0.3, 0.3), "w": (0.7, 0.4), "ğ": (0.3, 0.2)},
    **{"ا": (0.5, 0.3), "و": (0.7, 0.8), "ي": (0.7, 0.7), "ى": (0.4, 0.3), "ع": (0.9, 0.08), "ء": (0.04, 0.03)},
    **{"ئ": (0.2, 0.08), "ؤ": (0.2, 0.1), "ه": (0.8, 0.35), "ح": (1.0, 0.8), "آ": (0.3, 0.2), "اء": (0.3, 0.25)},
}
_SKIPPED_AT_END = {
    **dict.fromkeys("iouy", (0.8, 0.7)),
    **{"a": (1.2, 1.0), "ah": (1.2, 1.0), "aa": (1.2, 0.8), "ae": (1.2, 0.8), "e": (0.3, 0.05), "eh": (0.6, 0.5)},
    **dict.fromkeys("tdsxzpc", (0.8, 0.45)),
    **{"ou": (0.8, 0.7), "oo": (0.8, 0.7), "ee": (0.8, 0.7), "ie": (0.8, 0.6), "ey": (0.8, 0.6), "ow": (0.8, 0.6)},
    **{"ة": (1.2, 1.0), "ا": (1.0, 0.9), "ى": (1.0, 0.9), "ي": (0.9, 0.7), "و": (0.9, 0.7), "ه": (0.9, 0.4)},
    **{"اء": (1.0, 0.8), "اه": (1.0, 0.9), "يه": (1.2, 0.8)},
}
_SKIPPED_AT_START = (
    {"h": (0.8, 0.7)} | dict.fromkeys("aeou", (0.6, 0.3)) | {"i": (0.35, 0.25), "ا": (0.5, 0.3), "ou": (0.6, 0.3)}
)


# Beside another vowel these are heard as a consonant, which the other script writes.
_GLIDES = frozenset(["i", "y", "u", "ou", "oo"])
_SKIPPED_AS_GLIDE = (0.8, 0.5)
# Before the last consonant it is long, so that the other script writes it: Mahmoud.
_LONG = frozenset(["ou", "oo"])
_SKIPPED_AS_LONG = (0.4, 0.45)
_VOWEL = re.compile("[aeiou]")


@lru_cache(maxsize=4096)
def _step(letters: str, script: str, place: str) -> _Step | None:
    """place  start, end, glide, long, or "" for the middle; a word of one letter has only a start"""
    elsewhere = {"start": _BEGINNINGS, "end": _ENDINGS}.get(place, _READINGS)[script]
    sounds = elsewhere.get(letters) or _READINGS[script].get(letters)
    if sounds is None:
        return None
    bare = letters.rstrip("+")
    is_vowel = all(sound in _VOWELS or sound in "wyh" for sound in sounds) and bare not in ("w", "h", "ه")
    weight = 0.3 if is_vowel and not _SILENT.search(bare) else 1.0
    if is_vowel and script == "arabic":
        weight *= len(bare)
    other = (0.6 * len(bare), 0.35 * len(bare)) if script == "arabic" else (0.4, 0.3)
    skip = _SKIPPED.get(bare, other if is_vowel else (1.0, 1.0))
    if place == "end":
        skip = _SKIPPED_AT_END.get(bare, skip)
    elif place == "start":
        skip = _SKIPPED_AT_START.get(bare, skip)
    elif place == "glide":
        skip = _SKIPPED_AS_GLIDE
    elif place == "long":
        skip = _SKIPPED_AS_LONG
    return _Step(bare, script, sounds, skip[0], skip[1], weight)


@lru_cache(maxsize=1024)
def _unknown(letter: str) -> _Step:
    return _Step(letter, "other", {letter: 0.0}, 1.0, 1.0, 1.0)


_ALONE = _Step(ARTICLE, "article", {"al": 0.0, "l": 0.05}, 0.06, 0.04, 0.0)
_ATTACHED = {
    "latin": _Step(ARTICLE, "article", {"al": 0.02}, 0.35, 0.35, 0.0),  # or the beginning of Albert, of Elias
    "sun": _Step(ARTICLE, "article", {"al": 0.02}, 0.12, 0.12, 0.0),
    "arabic": _Step(ARTICLE, "article", {"al": 0.0}, 0.06, 0.04, 0.0),
}
# What tells عمرو from عمر is a letter that is not heard and a vowel that is not written: Amr, Omar.
_UNHEARD = _Step("و", "arabic", {"'": 0.0}, 1.0, 0.05, 0.0)
_FIRST_HEARD = {
    "عمر": _Step("ع", "arabic", {"o": 0.0, "u": 0.0, "a": 0.35}, 0.9, 0.3, 0.3),
    "عمرو": _Step("ع", "arabic", {"a": 0.0, "o": 0.35, "u": 0.35}, 0.9, 0.3, 0.3),
}
_ATTACHED_INSIDE = _Step(ARTICLE, "article", {"al": 0.0}, 0.1, 0.1, 0.0)

# --- Words as lattices ---------------------------------------------------------------------------------------------------

# Before a sun letter the l is heard, and often written, as that letter: Errachidi, Ennaji.
_LATIN_ARTICLE = r"(?:(?:[aeiu]|ou)l|[aeiou](?P<sun>ch|sh|[nrstdz])(?=(?P=sun)))"
_ATTACHED_AT = {
    # Larbi and Lhoussaine are العربي and الحسين too.
    "latin": re.compile(rf"^{_LATIN_ARTICLE}(?=.{{3}})|^l(?=a{{1,2}}[^hlaeiou].|h[aeiou])"),
    "arabic": re.compile(r"^ال(?=.{3})"),
}
_INSIDE_AT = {
    "latin": [
        re.compile(rf"(?<=^abd){_LATIN_ARTICLE}(?=..)"),
        re.compile(rf"(?<=..){_LATIN_ARTICLE}(?=d?din+e?$|l?lah?$)"),
    ],
    "arabic": [re.compile(r"(?<=^عبد)ال(?=..)"), re.compile(r"(?<=..)ال(?=دين$|له$)")],
}
# What makes the reading with a plus: the soft c and g, and the English vowels of Dave, Mike and Luke.
_BEFORE = (
    {"s": re.compile("(?<=[aeiouy]s)[aeiouy]")}
    | dict.fromkeys("cg", re.compile("[eiy]"))
    | dict.fromkeys("aiu", re.compile("[bcdfgklmnprstvz]e"))
)
_NOTHING = re.compile("(?!)")


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """A word as the ways through it.

    steps     at place i the steps that begin at letter i, each with where it ends
    weight    how long the word is: 1 for a consonant, 0.3 for a vowel
    skeletons the classes of its consonants, vowels left out; several where a letter has several readings, the first
              first. Two spellings of one name nearly always share one.
    has, may  bits of the consonants that it has, and of those that it may have by some reading
    """

    script: str
    steps: tuple[tuple[tuple[int, _Step], ...], ...]
    weight: float
    skeletons: tuple[str, ...]
    has: int
    may: int
    # The same steps as `distance` reads them, and an empty place at the end.
    within: tuple
    across: tuple


# Letters that are never read apart; -ah is nothing but an a.
_WHOLE = re.compile("ou|oo|ee|ah$")


def _steps_at(word: str, start: int, script: str) -> Iterator[tuple[int, _Step]]:
    if word[start] == ARTICLE:
        yield start + 1, _ALONE
        return
    found = False
    begin = start == 0 or word[start - 1] == ARTICLE
    # In Ouidad the ou is no vowel.
    heard_before = "w" if start == 2 and word.startswith("ou") else word[start - 1]
    for length in (1, 2, 3, 4):
        end = start + length
        letters = word[start:end]
        if len(letters) < length:
            break
        if _WHOLE.match(word, end - 1):
            continue
        place = "start" if begin else "end" if end == len(word) else ""
        if length == 1 and _BEFORE.get(letters, _NOTHING).match(word, end):
            letters += "+"
        elif length == 2 and script == "latin" and letters[0] == letters[1] and letters not in _READINGS[script]:
            letters = letters[0]  # doubled, written or not
        elif not place and script == "latin" and letters in _GLIDES and _VOWEL.search(heard_before + word[end]):
            place = "glide"
        elif not place and letters in _LONG and end == len(word) - 1:
            place = "long"
        step = _step(letters, script, place)
        if step is not None:
            found = True
            yield end, step
    if not found:
        yield start + 1, _unknown(word[start])


_SERVANT = ("abd", "عبد")


def read(word: str) -> Reading:
    """word  folded by `tansiq.people.names`: small letters, no marks that it does not keep"""
    word = word[:_LONGEST]
    script = "arabic" if _ARABIC_LETTER.search(word) else "latin"
    steps = [list(_steps_at(word, start, script)) for start in range(len(word))]
    first = 1 if word.startswith(ARTICLE) else 0
    if not first and (match := _ATTACHED_AT[script].search(word)):
        steps[0].append((match.end(), _ATTACHED["sun" if match.lastgroup else script]))
    for pattern in _INSIDE_AT[script]:
        if match := pattern.search(word):
            steps[match.start()].append((match.end(), _ATTACHED_INSIDE))
    if word in _FIRST_HEARD:
        steps[0] = [(1, _FIRST_HEARD[word])]
    if word == "عمرو":
        steps[3].append((4, _UNHEARD))
    weights = [0.0] + [99.0] * len(word)
    for start, ways in enumerate(steps):
        for end, step in ways:
            if step is not _ATTACHED["latin"]:
                weights[end] = min(weights[end], weights[start] + step.weight)
    weight = weights[-1]
    if (
        word.startswith(_SERVANT) and weights[len(_SERVANT[0])] < weight
    ):  # what follows tells Abdelkarim from Abdelkader
        weight -= weights[len(_SERVANT[0])]
    skeletons = _skeletons(steps)
    may = {_CLASSES[sound] for ways in steps for _end, step in ways for sound in step.sounds if sound in _CLASSES}
    return Reading(
        script=script,
        steps=tuple(tuple(ways) for ways in steps),
        weight=weight,
        skeletons=skeletons,
        has=_bits(skeletons[0]),
        may=_bits("".join(may)),
        within=(*(tuple((end, step.skip, step.costs, step) for end, step in ways) for ways in steps), ()),
        across=(*(tuple((end, step.skip_across, step.costs, step) for end, step in ways) for ways in steps), ()),
    )


_BITS = {
    kind: 1 << number
    for number, kinds in enumerate(["BF", "TD", "SZ", "XJ", "KGQ", "H", "MN", "L", "R"])
    for kind in kinds
}


def _bits(classes: str) -> int:
    bits = 0
    for kind in classes:
        bits |= _BITS[kind]
    return bits


def may_be_near(one: Reading, other: Reading) -> bool:
    """False where it is plain without measuring that two words have less than half of their consonants in common."""
    missing = (one.has & ~other.may).bit_count() + (other.has & ~one.may).bit_count()
    return missing < 2 or missing * 2 < one.has.bit_count() + other.has.bit_count()


_CLASSES = {
    **dict.fromkeys(["b", "p"], "B"), **dict.fromkeys(["f", "v"], "F"), "t": "T", "d": "D", "0": "T", "6": "D", "s": "S", "z": "Z",
    "ts": "S", "S": "X", "C": "X", "Z": "J", "J": "J", "k": "K", "q": "K", "g": "G", "G": "G", "X": "Q", "ks": "KS", "gz": "KS",
    "kw": "K", "gw": "G", "H": "H", "h": "H", "m": "M", "n": "N", "N": "N", "ng": "N", "l": "L", "r": "R", "sk": "SK",
}  # fmt: skip
_LIKELY = 0.13
# An ending whose consonant some say: Renaud, but Daoud.
_SILENT = re.compile("[aeo].*[drstx]$")
_MOST_SKELETONS = 12


def _skeletons(steps: list[list[tuple[int, _Step]]]) -> tuple[str, ...]:
    reached: list[list[str]] = [[] for _place in range(len(steps) + 1)]
    reached[0] = [""]
    for place, ways in enumerate(steps):
        # With and without what may be an article; of the other steps the longest, which is the likely one.
        articles = [way for way in ways if way[1].script == "article"]
        letters = [way for way in ways if way[1].script != "article"]
        letters.sort(key=lambda way: -way[0])
        for end, step in [*articles, *letters[: 2 if letters and _SILENT.search(letters[0][1].letters) else 1]]:
            heard = [_CLASSES.get(sound, "") for sound, cost in step.sounds.items() if cost <= _LIKELY] or [""]
            if step.letters == "h" or (step.letters == "ه" and end == len(steps)):
                heard.append("")  # silent
            for kind in dict.fromkeys(heard):
                more = [before if kind[:1] == before[-1:] else before + kind for before in reached[place]]
                reached[end] = list(dict.fromkeys([*reached[end], *more]))[:_MOST_SKELETONS]
    return tuple(reached[-1])


def distance(one: Reading, other: Reading, *, at_most: float = 99.0) -> float:
    """The cost of the cheapest way through both words, in consonants: 0 alike, 1 for one consonant too many.

    at_most  where the cost is higher, some figure above this is returned
    """
    rows, columns = (one.across, other.across) if one.script != other.script else (one.within, other.within)
    width = len(columns) - 1
    far = at_most + 1.0
    best = [[far] * (width + 1) for _row in rows]
    best[0][0] = 0.0
    for line, here in zip(best, rows, strict=True):
        for j, there in enumerate(columns):
            cost = line[j]
            if cost > at_most:
                continue
            for end, skip, costs, step in here:
                below = best[end]
                if cost + skip < below[j]:
                    below[j] = cost + skip
                for end2, _skip, _costs, step2 in there:
                    between = costs.get(step2)
                    if between is None:
                        between = step.apart(step2)
                    if cost + between < below[end2]:
                        below[end2] = cost + between
            for end2, skip, _costs, _step in there:
                if cost + skip < line[end2]:
                    line[end2] = cost + skip
    return best[-1][-1]
