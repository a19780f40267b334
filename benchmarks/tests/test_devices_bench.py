"""The benchmark of a fleet registers, changes and deletes it, and the broker has it in the end."""

import pytest

from benchmarks.tests.short_run import short_run

pytestmark = pytest.mark.process


def test_a_fleet_is_registered_and_a_sync_that_was_killed_is_done_again():
    found = short_run("devices", "--json", "--devices=40", "--differ=3")
    assert {"register_by_table", "register_by_array", "edit", "delete"} <= found["rest"].keys()
    assert all(each["ms_a_device"] > 0 for each in found["rest"].values())
    broker = found["broker"]
    assert "40 devices written" in broker["into_file"]["said"][0]
    assert broker["nothing_differs"]["said"][-2:] == [
        "0 missing, 0 other than they should be, 0 of devices that are no more",
        "The broker is told of all devices; 0 have no right account.",
    ]
    assert broker["killed_after"].startswith("1 missing, 3 other than they should be, 1 of devices")
    # Of the one that is lost at the broker only the digest of its token is kept.
    assert "The broker is told of all devices; 1 have" in broker["some_differ"]["said"][-1]
    assert broker["compared_again"][0].startswith("1 missing, 0 other than they should be, 0 of")
