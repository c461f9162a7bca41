"""QR codes put together from pictures of single bits are those that the library makes."""

import re

import segno

from tansiq.participation import codes, qrcodes

START = "https://tansiq.example.org/v/"


def modules(svg):
    """The picture that an SVG draws, as rows of 0 and 1."""
    size = int(re.search(r'viewBox="0 0 (\d+) ', svg)[1])
    rows = [[0] * size for _row in range(size)]
    for left, row, length in re.findall(r"M(\d+) (\d+)h(\d+)v1", svg):
        for column in range(int(left), int(left) + int(length)):
            rows[int(row)][column] = 1
    return rows


def test_each_is_the_picture_that_the_library_makes_of_the_whole_address():
    for _n in range(50):
        code = codes.make()
        made = segno.make(START + code, error="m", mode="byte", micro=False, boost_error=False, mask=3)
        assert modules(qrcodes.svg(START, code)) == [list(row) for row in made.matrix]


def test_one_changed_sign_is_another_picture():
    assert qrcodes.svg(START, "0" * 26) != qrcodes.svg(START, "0" * 25 + "1")


def test_a_longer_address_of_the_site_gives_a_larger_code():
    small, large = (len(modules(qrcodes.svg(start, "0" * 26))) for start in (START, START + "x" * 40))
    assert small < large
