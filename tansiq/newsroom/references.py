"""Where figures in a text count nothing: laws, telephone numbers, addresses, the days of another calendar."""

from __future__ import annotations

import re

_REFERENCE = re.compile(
    r"(?<!\w)(?:رقم|n\s?[°º]|no\.|nos\.|nº|loi|law|act|art(?:icle)?s?\.?|salle|lots?|room|hall|pages?|p\.|tableau|table|panel|annexe?|section|"
    r"chapitre|chapter|figure|route|bp|p\.o\. box|po box|bac|المادة|الفصل|المواد|الفصول|القاعة|قاعة|الجدول|الصفحة|البند|المحور|الباب|الطريق|الهدف|goal|"
    r"target|cible|objectif)\s*(?:رقم|n\s?[°º]|no\.)?\s*[+]?\s*\d[\d./-]*"
    r"|عدد\s+\d+(?=\s+لسنة)"
    r"|(?<![\w.])\d{1,4}[-–.]\d{2}(?![\w,.-]*\d)(?=\s*(?:المتعلق|القاضي|بشأن|الصادر|relative?|du\b|of\b|on\b))"
    r"|(?<!\w)(?:\+\d|00\d|0\d)[\d\s().-]{5,}\d(?!\w)"
    r"|(?<![\w-])(?:\(\d{3}\)|\d-\d{3}|\d{3})[- ]?\d{3}[- ]\d{4}(?!\w)|(?<!\d)\d-\d{3}-\d{3}-\d{4}"
    r"|(?<!\d)\d{2,3}(?: \d{2}){3,}(?! ?\d)"
    r"|(?:هاتف|الهاتف|للاتصال|اتصلوا?|للتبليغ|الخط|الرقم(?: الأخضر| المجاني)?|t[ée]l(?:\.|ephone|éphone)?|phone|fax|call|dial|hotline|helpline|"
    r"appel(?:ez|er)?|composez|contact|numéro(?: vert)?)(?:\W{0,3}(?:le|la|au|على|to|at|us|رقم|الساخن)){0,2}\W{0,3}[\d\s().+-]*\d(?![\d.,]*\s*\w*\s*(?:euro|%))"
    r"|^\s*(?:\d{1,2}\s?[/.)](?=\s)|\d(?:\.\d)+\.?(?=\s))"  # a list's own numbers, and a report's
    r"|(?<!\w)24\s?(?:/\s?7|h(?:eures)?\s?(?:/|sur)\s?24)(?:,?\s?7\s?(?:j(?:ours)?)?\s?(?:/|sur)\s?7)?"
    r"|(?<![\w])[A-Za-z]+[-/](?:[\w]+[-/])*\d+(?:[-/]\w+)*|(?<!\w)\d+/[A-Z]{2,}[\w/-]*"
    r"|https?://\S+|www\.\S+|[\w.+-]+@[\w-]+\.[\w.]+|[#@]\w+",
    re.IGNORECASE | re.MULTILINE,
)


def references(text: str) -> list[tuple[int, int]]:
    """Where figures count nothing: laws and articles, telephone numbers, addresses, tags."""
    return [match.span() for match in _REFERENCE.finditer(text)]


_HIJRI = re.compile(
    r"\d{1,2}\s+(?:من\s+)?(?:محرم|صفر|ربيع\s+(?:الأول|الثاني|الآخر)|جمادى\s+(?:الأولى|الآخرة|الثانية)|رجب|شعبان|رمضان|شوال|ذي\s+القعدة|ذي\s+الحجة)"
    r"(?:\s+\d{4})?(?:\s?هـ?)?"
)


def hijri(text: str) -> list[tuple[int, int]]:
    """Dates of the other calendar: their numbers count nothing, and what they mean stands beside them."""
    return [match.span() for match in _HIJRI.finditer(text)]
