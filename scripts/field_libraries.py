"""The libraries that the phone app keeps: fetched, checked and built into its static files; nothing of it at install.

    .venv/bin/python scripts/field_libraries.py check     what is kept is what docs say it is (a test runs this)
    .venv/bin/python scripts/field_libraries.py build     fetch them anew with npm and write them; a second run writes the same

Each file is the one of the published package, unchanged, beside its licence. `npm pack` is the only step that asks the network.
"""

import base64
import hashlib
import io
import json
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "tansiq/field/static/field/kept"
# integrity: of the package as the registry publishes it; files: {path in the package: name here}
LIBRARIES = [
    {
        "name": "jsqr", "version": "1.4.0", "licence": "Apache-2.0",
        "why": "reads QR codes where the browser has no BarcodeDetector (Firefox, Safari, desktops)",
        "integrity": "sha512-dxLob7q65Xg2DvstYkRpkYtmKm2sPJ9oFhrhmudT1dZvNFFTlroai3AWSpLey/w5vMcLBXRgOJsbXpdN9HzU/A==",
        "files": {"package/dist/jsQR.js": "jsqr.js", "package/LICENSE": "jsqr.LICENSE.txt"},
    },
]  # fmt: skip
RECORD = FOLDER / "kept.json"


def fetched(library: dict) -> dict[str, bytes]:
    """{name here: bytes} of a package, checked against its integrity."""
    with tempfile.TemporaryDirectory() as folder:
        asked = f"{library['name']}@{library['version']}"
        subprocess.run(
            ["npm", "pack", "--silent", "--ignore-scripts", asked], cwd=folder, check=True, stdout=subprocess.PIPE
        )
        [package] = Path(folder).glob("*.tgz")
        content = package.read_bytes()
    found = "sha512-" + base64.b64encode(hashlib.sha512(content).digest()).decode()
    if found != library["integrity"]:
        raise SystemExit(f"{asked} is not the package that was looked at: {found}")
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        return {name: archive.extractfile(path).read() for path, name in library["files"].items()}  # type: ignore[union-attr]


def record(files: dict[str, bytes]) -> str:
    rows = [
        {
            **{key: library[key] for key in ("name", "version", "licence", "why", "integrity")},
            "sha256": {name: hashlib.sha256(files[name]).hexdigest() for name in library["files"].values()},
        }
        for library in LIBRARIES
    ]
    return json.dumps(rows, indent=2) + "\n"


def faults() -> list[str]:
    """What differs between the folder and its record; [] when all is well."""
    names = {name for library in LIBRARIES for name in library["files"].values()}
    there = {one.name for one in FOLDER.iterdir()} - {RECORD.name}
    if there != names:
        return [f"{FOLDER}: {sorted(there ^ names)}"]
    files = {name: (FOLDER / name).read_bytes() for name in names}
    return [] if RECORD.read_text() == record(files) else [f"{RECORD}: does not describe the files beside it"]


def build() -> None:
    files: dict[str, bytes] = {}
    for library in LIBRARIES:
        files |= fetched(library)
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (FOLDER / name).write_bytes(content)
    RECORD.write_text(record(files))


if __name__ == "__main__":
    if sys.argv[1:] == ["build"]:
        build()
    elif sys.argv[1:] != ["check"]:
        raise SystemExit(__doc__)
    if found := faults():
        raise SystemExit("\n".join(found))
