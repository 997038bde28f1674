from dataclasses import fields

import pytest

from topology import model
from topology.load.columns import LOCATIONS, fill, shared, split
from topology.model import ContainerPort, Location


def test_filled_objects_equal_those_that_were_made_one_by_one() -> None:
    made = fill(ContainerPort, 2, number=[80, 53], protocol=["TCP", "UDP"], name=["http", ""])
    assert made == [ContainerPort(80, "TCP", "http"), ContainerPort(53, "UDP", "")]
    assert hash(made[0]) == hash(ContainerPort(80, "TCP", "http"))


def test_a_missing_field_is_refused() -> None:
    with pytest.raises(ValueError, match="ContainerPort"):
        fill(ContainerPort, 1, number=[80], protocol=["TCP"])


def test_a_column_that_is_too_short_is_refused() -> None:
    with pytest.raises(ValueError, match="2 of `ContainerPort`"):
        fill(ContainerPort, 2, number=[80], protocol=["TCP", "TCP"], name=["", ""])


def test_equal_values_are_made_once() -> None:
    column = shared(list, tuple)
    written = column.write([("a",), ("b",), ("a",)])
    assert written == [[["a"], ["b"]], [0, 1, 0]]
    first, _, third = column.read(written)
    assert first is third


def test_an_unknown_place_stays_unknown() -> None:
    places = [Location("a.yaml", 3), None, Location("a.yaml")]
    assert LOCATIONS.read(LOCATIONS.write(places)) == places


def test_splitting_into_other_lengths_is_refused() -> None:
    with pytest.raises(ValueError, match="3 values"):
        split([1, 2, 3], [1, 1])


def test_no_value_of_the_model_does_work_when_it_is_made() -> None:
    # `fill` passes by `__init__`, so whatever it does would be left out.
    classes = [getattr(model, name) for name in model.__all__]
    values = [one for one in classes if hasattr(one, "__dataclass_fields__")]
    assert len(values) > 10
    for one in values:
        assert not hasattr(one, "__post_init__")
        assert all(field.init for field in fields(one))
