"""The documentation: what is made from the code is up to date, links lead somewhere, the examples in it load."""

import importlib.util
import re
import tomllib
from pathlib import Path

import pytest
import yaml
from django.utils import timezone

from tansiq.config import files
from tansiq.core import journal
from tansiq.programme.models import Programme

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")])
DECISIONS = sorted((ROOT / "docs/decisions").glob("*.md"))
spec = importlib.util.spec_from_file_location("reference_script", ROOT / "scripts/reference.py")
reference = importlib.util.module_from_spec(spec)
spec.loader.exec_module(reference)

WANTED = ["Context", "Decision", "Consequences"]
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")


def headings(text, level="##"):
    return re.findall(rf"^{level} (.+)$", FENCE.sub("", text), re.MULTILINE)


def anchors(path):
    titles = re.findall(r"^#+ (.+)$", FENCE.sub("", path.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def dead_links(page):
    """The links of a page that lead to no file of the repository, or to no heading of it."""
    dead = []
    for link in LINK.findall(FENCE.sub("", page.read_text(encoding="utf-8"))):
        if re.match(r"[a-z]+:", link):
            continue  # elsewhere in the world: no test asks there
        address, _hash, anchor = link.partition("#")
        target = (page.parent / address).resolve() if address else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            dead.append(link)
    return dead


def rooms():
    """{"core": True, "newsroom": False}: the rooms of the layers; False for one that stands in parentheses."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    [layers] = [one["layers"] for one in contracts["contracts"] if one["type"] == "layers"]
    words = [word.strip() for line in layers for word in line.split("|")]
    return {word.strip("()"): not word.startswith("(") for word in words}


def described(text):
    """{"core": {"models", ...}}: the modules that docs/rooms.md describes, by the heading they stand under."""
    parts = re.split(r"^## (\w+)$", text, flags=re.MULTILINE)
    return {name: set(re.findall(r"^\| `(\w+)` \|", body, re.MULTILINE)) for name, body in zip(parts[1::2], parts[2::2], strict=True)}  # fmt: skip


def section(text, title):
    """What stands under a heading of the second level."""
    return re.search(rf"^## {title}$(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)[1]


def blocks(name):
    """The YAML of a page of docs/use, block by block."""
    text = (ROOT / "docs/use" / name).read_text(encoding="utf-8")
    return re.findall(r"^```yaml\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def test_settings_commands_and_roles_are_documented_as_the_code_has_them():
    assert reference.stale() == []


def test_a_page_that_lags_behind_the_code_is_noticed(tmp_path, monkeypatch):
    monkeypatch.setattr(reference, "FOLDER", tmp_path)
    for name, make in reference.PAGES.items():
        (tmp_path / name).write_text(make(), encoding="utf-8")
    assert reference.stale() == []
    (tmp_path / "roles.md").write_text(reference.roles() + "More.\n", encoding="utf-8")
    (tmp_path / "settings.md").unlink()
    assert reference.stale() == ["settings.md", "roles.md"]


def test_the_roles_page_tells_who_may_publish_from_who_may_not():
    text = reference.roles()
    assert "`programme.publish_programme`" in section(text, r"Secretariat \(`secretariat`\)")
    assert "publish_programme" not in section(text, r"Programme officer \(`programme_officer`\)")
    assert "- Adds" not in section(text, r"Auditor \(`auditor`\)")


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.stem)
def test_a_decision_has_its_number_and_its_three_headings(path):
    text = path.read_text(encoding="utf-8")
    assert headings(text) == WANTED
    assert headings(text, "#")[0].startswith(f"{int(path.stem[:4])}. ")


def test_decisions_are_numbered_without_a_gap():
    assert [int(path.stem[:4]) for path in DECISIONS] == list(range(1, len(DECISIONS) + 1))
    assert len(DECISIONS) >= 17


def test_a_decision_without_consequences_would_be_noticed():
    assert headings("# 1. A\n\n## Context\n\n```\n## Consequences\n```\n\n## Decision\n") == ["Context", "Decision"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_to_a_file_and_a_heading_that_are_there(page):
    assert dead_links(page) == []


def test_a_dead_link_is_noticed(tmp_path):
    other = tmp_path / "other.md"
    other.write_text("# كلمات\n\n## Where to begin?\n\n```\n## not a heading\n```\n", encoding="utf-8")
    page = tmp_path / "page.md"
    page.write_text(
        "[a](other.md) [b](other.md#where-to-begin) [c](https://example.org/x)\n```\n[d](in-code.md)\n```\n"
        "[e](gone.md) [f](other.md#not-a-heading) [g](#nowhere)\n",
        encoding="utf-8",
    )
    assert dead_links(page) == ["gone.md", "other.md#not-a-heading", "#nowhere"]


def test_every_room_of_the_layers_is_described_and_what_is_not_built_is_called_later():
    text = (ROOT / "docs/rooms.md").read_text(encoding="utf-8")
    named = {
        title: set(re.findall(r"^\| `(\w+)` \|", section(text, title), re.MULTILINE))
        for title in ("The rooms that exist", "The rooms that come later")
    }
    assert named["The rooms that exist"] == {room for room, exists in rooms().items() if exists}
    assert named["The rooms that come later"] == {room for room, exists in rooms().items() if not exists}


def test_every_module_of_a_room_has_its_line_and_no_line_is_left_of_one_that_is_gone():
    text = (ROOT / "docs/rooms.md").read_text(encoding="utf-8")
    found = {
        room: {file.stem for file in (ROOT / "tansiq" / room).glob("*.py")} - {"__init__", "__main__", "apps"}
        | {file.parent.name for file in (ROOT / "tansiq" / room).glob("*/__init__.py")} - {"migrations", "templatetags"}
        for room, exists in rooms().items()
        if exists
    }
    assert len(found["core"]) > 8
    assert described(text) == found


@pytest.mark.django_db
def test_the_programme_that_the_manual_writes_section_by_section_loads(tmp_path):
    smallest, *sections = blocks("programme-files.md")
    (tmp_path / "sources").mkdir()
    archived = "sources/press-release-2020-07-24.ar.txt"
    (tmp_path / archived).write_bytes((ROOT / "examples" / archived).read_bytes())
    (tmp_path / "smallest.yaml").write_text(smallest, encoding="utf-8")
    sections += blocks("archives.md")
    (tmp_path / "whole.yaml").write_text("\n".join(sections), encoding="utf-8")
    for name in ("smallest.yaml", "whole.yaml"):
        files.load(files.read(tmp_path / name), by=journal.CLI, now=timezone.now())
    assert Programme.objects.get(slug="tajriba-2026").published_at is not None
    whole = Programme.objects.get(slug="world-day-2020")
    assert whole.published_at is None
    assert whole.activities.count() == 3
    # Every section that a file may have is shown.
    assert set(yaml.safe_load("\n".join(sections))) >= {one.name for one in files.SECTIONS["programme"]}


@pytest.mark.django_db
def test_the_pack_that_the_manual_writes_section_by_section_loads(tmp_path):
    path = tmp_path / "pack.yaml"
    path.write_text("\n".join(blocks("country-packs.md")), encoding="utf-8")
    loaded = files.load_pack(files.read(path), by=journal.CLI, now=timezone.now())
    assert loaded.counts["seats"] == [1, 0, 0]


def test_every_key_of_a_programme_file_is_named_in_the_manual():
    from tansiq.config.shape import schema

    def keys(node):
        if isinstance(node, dict):
            for key, one in node.get("properties", {}).items():
                yield key
                yield from keys(one)
            for part in ("items", "anyOf", "$defs"):
                inner = node.get(part, [])
                for one in inner if isinstance(inner, list) else [inner, *inner.values()]:
                    yield from keys(one)

    text = "".join(
        (ROOT / f"docs/use/{name}.md").read_text(encoding="utf-8") for name in ("programme-files", "archives")
    )
    wanted = set(keys(schema("programme")))
    assert {"cares_for_victims", "occurrence", "agenda"} <= wanted
    assert sorted(key for key in wanted if not re.search(rf"\b{key}\b", text)) == []
