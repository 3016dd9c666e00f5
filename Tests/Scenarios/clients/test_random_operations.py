"""A sample of the random operations; `make bench` runs 10,000."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from random_operations import walk

WORLDS, OPERATIONS = 4, 50


@pytest.fixture(scope="module")
def found():
    with ThreadPoolExecutor(WORLDS) as pool:
        return list(pool.map(lambda seed: walk(seed, OPERATIONS), range(1000, 1000 + WORLDS)))


@pytest.mark.parametrize("number", range(WORLDS))
def test_whatever_is_done_the_records_are_whole_and_say_what_is_there(number, found):
    assert found[number] is None, found[number]
