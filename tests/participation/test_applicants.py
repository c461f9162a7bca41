"""What somebody gives of himself: what does not fit is named, and nothing is stored."""

import pytest

from tansiq.participation import applicants

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("given", "field", "says"),
    [
        ({"name": {"ar": "خديجة\u202e"}}, "name_ar", "U+202E"),
        ({"name": {"ar": "12345"}}, "name_ar", "12345"),
        ({"name": {"ar": "ا" * 300}}, "name_ar", "300"),
        ({"name": {"ar": "Khadija"}}, "name_ar", "العربية"),
        ({"name": {"ar": " "}}, "name_ar", ""),
        ({"email": "khadija"}, "email", "khadija"),
        ({"region": "MA-99"}, "region", "MA-99"),
        ({"region": ""}, "region", ""),
        ({"sex": "x"}, "sex", ""),
    ],
)
def test_what_does_not_fit_is_named_by_field_and_nothing_is_stored(seminar, come, given, field, says):
    admission = seminar()
    with pytest.raises(applicants.Unfit) as refused:
        come(admission, 1, **given)
    assert list(refused.value.faults) == [field]
    assert says in refused.value.faults[field]
    admission.refresh_from_db()
    assert (admission.left, admission.arrivals, admission.registrations.count()) == (100, 0, 0)
