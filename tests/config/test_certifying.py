"""`tansiq certificates`, `tansiq verify` and `tansiq keys`: issued to files, checked from files, the keys in the backup."""

import json
import shutil
import stat
from pathlib import Path

import pytest
from django.db import connection

from tansiq.config import cli
from tests.config.conftest import tansiq
from tests.participation.certified import KHADIJA, attended, certified, course  # noqa: F401
from tests.participation.conftest import come, seminar  # noqa: F401

OFFLINE = {"TANSIQ_DATABASE_URL": "postgres://nobody@127.0.0.1:9/none"}


@pytest.fixture
def run(capsys):
    """run("verify", file, code=1) -> what the command printed to standard output; what it said is in `run.said`."""

    def command(*words, code=0):
        with pytest.raises(SystemExit) as end:
            cli.main([str(word) for word in words])
        printed = capsys.readouterr()
        command.said = printed.err
        assert end.value.code == code, printed
        return json.loads(printed.out) if "--json" in words and code < 2 and printed.out else printed.out

    return command


@pytest.fixture
def two(course, attended, run, tmp_path):
    """The report about two fictional people of the seminar, whose certificates are in the folder `out`."""
    admission = course()
    attended(admission, 1, name=KHADIJA)
    attended(admission, 2, name={"ar": "سلمى الإدريسي"}, language="fr")
    attended(admission, 3, minutes=170)
    return run("certificates", "seminar", "-o", tmp_path / "out", "--json")


def test_certificates_writes_a_pdf_and_a_credential_each_says_why_not_and_again_changes_nothing(two, run, tmp_path):
    assert two["activity"] == "seminar"
    assert [one["name"] for one in two["issued"]] == ["خديجة أيت واحي", "سلمى الإدريسي"]
    assert two["kept"] == []
    [refused] = two["refused"]
    assert (refused["number"], "170" in refused["reason"]) == (3, True)
    names = sorted(file.name for file in (tmp_path / "out").iterdir())
    year = two["issued"][0]["certificate"].partition("/")[2]
    assert names == [f"{year}-00001-ar.pdf", f"{year}-00001.json", f"{year}-00002-fr.pdf", f"{year}-00002.json"]
    before = (tmp_path / "out" / names[0]).read_bytes()
    again = run("certificates", "seminar", "-o", tmp_path / "out", "--json")
    assert (again["issued"], [one["code"] for one in again["kept"]]) == ([], [one["code"] for one in two["issued"]])
    assert (tmp_path / "out" / names[0]).read_bytes() == before


def test_certificates_in_another_language_and_for_an_activity_without_a_rule(two, run, tmp_path):
    given = run("certificates", "seminar", "-o", tmp_path / "en", "--language", "en", "--json")
    assert all(one["pdf"].endswith("-en.pdf") for one in given["kept"])
    run("certificates", "ceremony", code=1)
    assert "ceremony" in run.said
    run("certificates", "seminar", "--language", "xx", code=2)
    assert "--language" in run.said


def test_verify_says_valid_by_code_by_pdf_and_by_credential(two, run):
    one = two["issued"][0]
    for what in (
        one["code"],
        one["code"].lower(),
        f"https://example.org/v/{one['code']}",
        one["pdf"],
        one["credential"],
    ):
        told = run("verify", what, "--json")
        assert (told["valid"], told["status"], told["month"]) == (True, "valid", "2020-07")
        assert told["course"]
        assert "خديجة" not in str(told)


def test_verify_refuses_what_was_changed_cut_or_never_ours(two, run, tmp_path):
    content = Path(two["issued"][0]["pdf"]).read_bytes()
    middle = len(content) // 2
    wrong = {
        "digit.pdf": content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :], "cut.pdf": content[:-500],
        "early.pdf": content[:3000], "empty.pdf": b"", "noise.pdf": bytes(range(256)) * 7000, "foreign.pdf": b"%PDF-1.4\n%%EOF\n",
    }  # fmt: skip
    found = {}
    for name, data in wrong.items():
        (tmp_path / name).write_bytes(data)
        found[name] = run("verify", tmp_path / name, "--json", code=1)["status"]
    assert found == {
        "digit.pdf": "tampered", "cut.pdf": "tampered", "early.pdf": "tampered", "empty.pdf": "unknown",
        "noise.pdf": "unknown", "foreign.pdf": "unknown",
    }  # fmt: skip
    assert run("verify", "0" * 26, "--json", code=1)["status"] == "unknown"
    run("verify", tmp_path / "missing.pdf", code=2)
    (tmp_path / "large.pdf").write_bytes(b"\0" * 2_097_152)
    run("verify", tmp_path / "large.pdf", code=1)
    assert "2 MB" in run.said


def test_keys_are_listed_rotated_and_given_out_and_what_was_signed_stays_good(two, run, tmp_path):
    [key] = run("keys", "list", "--json")
    assert (key["signs"], key["private_half_here"], key["certificates"]) == (True, True, 2)
    old, fresh = run("keys", "rotate", "--json")
    assert (old["signs"], fresh["signs"]) == (False, True)
    run("keys", "export", "-o", tmp_path / "keys.json")
    assert [one["kid"] for one in json.loads((tmp_path / "keys.json").read_text())["keys"]] == [
        old["key"],
        fresh["key"],
    ]
    assert run("verify", two["issued"][0]["pdf"], "--json")["valid"]


def test_verify_by_the_public_key_alone_needs_no_database(two, run, tmp_path):
    one = two["issued"][1]
    run("keys", "export", "-o", tmp_path / "keys.json")
    told = tansiq("verify", one["pdf"], "--key", tmp_path / "keys.json", "--json", data=tmp_path / "none", **OFFLINE)
    assert (told.returncode, json.loads(told.stdout)["status"]) == (0, "valid"), told.stderr
    assert "revoked" in told.stderr
    assert run("verify", one["credential"], "--key", tmp_path / "keys.json", "--json")["valid"]
    (tmp_path / "other.json").write_text('{"kty": "OKP", "crv": "Ed25519", "x": "' + "A" * 43 + '"}')
    assert run("verify", one["pdf"], "--key", tmp_path / "other.json", "--json", code=1)["status"] == "unknown"
    run("verify", one["pdf"], "--key", one["pdf"], code=1)
    run("verify", one["code"], "--key", tmp_path / "keys.json", code=2)
    run("verify", one["pdf"], "--key", tmp_path / "none.json", code=2)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="the backup is of the embedded database")
def test_a_backup_carries_the_private_keys_and_restoring_puts_them_back(migrated, tmp_path):
    def done(data, *words):
        outcome = tansiq(*words, data=data)
        assert outcome.returncode == 0, outcome.stderr
        return outcome.stdout

    data, new = shutil.copytree(migrated, tmp_path / "data"), tmp_path / "new"
    done(data, "keys", "rotate")
    done(data, "backup", tmp_path / "b.tar.gz")
    done(new, "restore", tmp_path / "b.tar.gz")
    [file] = (new / "keys").iterdir()
    assert file.read_bytes() == (data / "keys" / file.name).read_bytes()
    assert [stat.S_IMODE(one.stat().st_mode) for one in (file, file.parent)] == [0o600, 0o700]
    [key] = json.loads(done(new, "keys", "list", "--json"))
    assert (key["key"], key["signs"], key["private_half_here"]) == (file.stem, True, True)
