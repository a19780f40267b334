"""Many devices at once: what is selected, and a table."""

import pytest
from django.forms import model_to_dict

from access.audit_entry import AuditEntry
from access.json_rows import insert_all, update_all
from devices import signals
from devices.device_table import MAX_ROWS, BadTable, read_table
from devices.models import Device

pytestmark = pytest.mark.django_db


@pytest.fixture
def told():
    acts = []

    def note(act, devices, facts, **_rest):
        acts.append((act, [each.uid for each in devices], facts))

    signals.device_acted.connect(note)
    yield acts
    signals.device_acted.disconnect(note)


def make(*uids, **fields):
    return [Device.objects.create(uid=uid, name=uid, **fields) for uid in uids]


def change(api, **wanted):
    return api.post("/api/v1/device-changes/", wanted)


def test_what_is_selected_is_changed_together(api, site, told):
    make("a", "b", tags=["old", "kept"])
    make("c", site=site, tags=["kept", "new"], kind="pump", enabled=False)
    left = {Device.objects.get(uid="a").pk: None, Device.objects.get(uid="c").pk: site.pk}
    wanted = {"add_tags": ["New"], "remove_tags": ["old"], "site": "roof", "enabled": False}
    answer = change(api, uids=["a", "c", "x"], kind="pump", **wanted)
    assert answer.json() == {"total": 1, "uids": ["a", "c"], "missing": ["x"]}
    a = Device.objects.get(uid="a")
    assert (a.tags, a.site, a.kind, a.enabled) == (["kept", "new"], site, "pump", False)
    assert Device.objects.get(uid="b").tags == ["old", "kept"]
    each = {
        "site": [None, "roof"], "kind": ["", "pump"], "enabled": [True, False],
        "tags": [["old", "kept"], ["kept", "new"]],
    }  # fmt: skip
    facts = {"many": {"kind": "pump", **wanted}, "left": left, "each": {a.pk: each}}
    assert told == [("edited", ["a"], facts)]
    entry = AuditEntry.objects.get(action="device.edited")
    assert (entry.by, entry.label) == ("operator", "a")
    assert entry.before == {"kind": "", "enabled": True, "tags": ["old", "kept"]}
    assert entry.after == {name: now for name, (_, now) in each.items()}


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({}, "non_field_errors"),
        ({"expected_interval": 0}, "expected_interval"),
        ({"site": "nowhere"}, "site"),
        ({"add_tags": ["a,b"]}, "add_tags"),
        ({"name": "x"}, "name"),
        ({"add_tags": [f"t{n}" for n in range(32)]}, "b"),
    ],
)
def test_a_change_that_one_cannot_take_is_made_to_none(api, wanted, field):
    make("a")
    make("b", tags=["one"])
    before = list(Device.objects.order_by("pk").values())
    answer = change(api, uids=["a", "b"], **wanted)
    assert answer.status_code == 400
    assert list(answer.json()) == [field]
    assert list(Device.objects.order_by("pk").values()) == before


def bring(api, text, *, dry=False, **more):
    query = "?dry_run=true" if dry else ""
    return api.post(f"/api/v1/device-imports/{query}", {"text": text, **more})


TABLE = 'uid,name,site,tags,expected_interval\na,New name,,,\nb,,roof,"x, Y",5\nsame,,,,60\n'


def test_a_table_registers_and_changes_as_its_dry_run_said(api, site, told):
    make("a", "same")
    dry = bring(api, TABLE, dry=True).json()
    assert dry["counts"] == {"register": 1, "change": 1, "same": 1, "wrong": 0}
    assert [(each["line"], each["uid"], each["act"]) for each in dry["lines"]] == [
        (2, "a", "change"), (3, "b", "register"), (4, "same", "same"),
    ]  # fmt: skip
    assert dry["lines"][0]["changes"] == {"name": ["a", "New name"]}
    assert not Device.objects.filter(uid="b").exists()
    assert told == []

    done = bring(api, TABLE, expect=dry["counts"]).json()
    assert done["counts"] == dry["counts"]
    (token,) = done["tokens"]
    b = Device.objects.get(uid="b")
    assert token["token"].startswith(b.token_prefix)
    assert (b.name, b.site, b.tags, b.expected_interval) == ("b", site, ["x", "y"], 5)
    assert Device.objects.get(uid="a").name == "New name"
    assert [(act, uids) for act, uids, _ in told] == [("registered", ["b"]), ("imported", ["a"])]
    assert (told[1][2]["registered"], told[1][2]["edited"]) == (1, 1)
    of_devices = AuditEntry.objects.filter(kind="device").order_by("id")
    entries = of_devices.values_list("action", "label", "before", "after")
    assert list(entries) == [
        (
            "device.registered", "b", None,
            {"site": "roof", "tags": ["x", "y"], "expected_interval": 5.0},
        ),
        ("device.imported", "New name", {"name": "a"}, {"name": "New name"}),
    ]  # fmt: skip

    again = bring(api, TABLE, expect=dry["counts"])
    assert again.status_code == 409
    assert again.json()["counts"] == {"register": 0, "change": 0, "same": 3, "wrong": 0}


def test_many_are_written_as_they_are_in_one_statement_each(api, django_assert_max_num_queries):
    made = make(*(f"d{n}" for n in range(30)))
    made[0].name, made[0].tags, made[0].mqtt_filters = 'Ü "1"\\', ["x", "y z", 'ä{"'], ["a/+/#"]
    made[0].latitude, made[0].metadata = -0.1, {"a": [1, None, "Ü"]}
    made[1].kind, made[1].expected_interval, made[1].notes = "pump", 0.1, "two\nlines"
    fields = [
        field.name
        for field in Device._meta.concrete_fields
        if field.name not in ("id", "created_at")
    ]
    update_all(made[:2], fields)
    made += (new := Device(uid="new", name="New", tags=["b", "a"], longitude=1e-9, site=None),)
    new.issue_token()
    insert_all([new])
    assert new.pk > max(each.pk for each in made[:-1])
    for each in (made[0], made[1], new):
        assert model_to_dict(Device.objects.get(pk=each.pk)) == model_to_dict(each)
        there = Device.objects.get(pk=each.pk)
        assert (there.updated_at, there.created_at) == (each.updated_at, each.created_at)
    table = "uid,kind\n" + "".join(f"d{n},pump\n" for n in range(60))
    with django_assert_max_num_queries(30):
        answer = bring(api, table)
    assert answer.json()["counts"] == {"register": 30, "change": 29, "same": 1, "wrong": 0}
    assert Device.objects.filter(kind="pump").count() == 60
    with django_assert_max_num_queries(20):
        change(api, uids=[f"d{n}" for n in range(60)], location="Hall", add_tags=["cold"])
    assert Device.objects.filter(location="Hall", tags__contains=["cold"]).count() == 60


def test_one_wrong_line_and_nothing_is_done(api, site):
    make("gone")
    api.post("/api/v1/removed-devices/", {"uids": ["gone"]})
    text = (
        "uid;site;latitude;enabled\nok;roof;48,5;ja\nb b;;;\ngone;;;\nok;;;\nfar;nowhere;;\n;roof;;"
        "\nlong;;;;;\nfine;roof;48,5;yes\n"
    )
    answer = bring(api, text)
    assert answer.status_code == 400
    assert answer.json()["counts"] == {"register": 1, "change": 0, "same": 0, "wrong": 7}
    said = {each["line"]: " ".join(each["errors"]) for each in answer.json()["lines"]}
    for line, words in (
        (2, "enabled: Must be a valid boolean"),
        (3, "uid: A uid has"),
        (4, "was deleted"),
        (5, "earlier line"),
        (6, "No site has the slug"),
        (7, "names no uid"),
        (8, "more cells"),
    ):
        assert words in said[line]
    assert said[9] == ""
    assert set(Device.with_removed.values_list("uid", flat=True)) == {"gone"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no device"),
        ("uid,name\n", "no device"),
        ("name\nx\n", "column `uid`"),
        ("uid,colour\nx,red\n", "'colour'"),
        ("uid,uid\nx,y\n", "twice"),
        ('uid,name\nx,"open\n', "Line 2"),
        ("uid\n" + "x\n" * (MAX_ROWS + 1), "At most"),
    ],
)
def test_what_is_no_table_is_refused_in_words(text, said):
    with pytest.raises(BadTable, match=said):
        read_table(text)


def test_spreadsheets_write_it_their_way():
    text = '\ufeffUID;Expected interval;Notes;Tags\r\na;0,5;"two\nlines; here";x;\r\n\r\nb;;;\r\n'
    first, second = read_table(text.replace("x;\r", "x\r"))
    assert first == (
        3,
        "a",
        {"expected_interval": "0.5", "notes": "two\nlines; here", "tags": ["x"]},
        "",
    )
    assert (second.uid, second.cells) == ("b", {})


def test_the_lines_of_one_metric_are_written_alone(api, told):
    make("a", metadata={"firmware": "1.4"})
    path = "/api/v1/devices/a/thresholds/"
    warm = {"value": -15.0, "op": "above", "label": "Too warm"}
    assert api.put(path, {"metric": "t", "lines": [warm], "was": []}).json() == {
        "thresholds": {"t": [warm]}
    }
    api.put(path, {"metric": "h", "lines": [{"value": 1}], "was": []})
    late = api.put(path, {"metric": "t", "lines": [], "was": []})
    assert (late.status_code, late.json()["now"]) == (409, {"lines": [warm]})
    moved = {**warm, "value": -12.5}
    assert api.put(path, {"metric": "t", "lines": [moved], "was": [warm]}).status_code == 200
    kept = Device.objects.get(uid="a").metadata
    assert kept == {
        "firmware": "1.4", "thresholds": {"t": [moved], "h": [{"value": 1.0, "label": ""}]},
    }  # fmt: skip
    api.put(path, {"metric": "h", "lines": []})
    assert list(Device.objects.get(uid="a").metadata["thresholds"]) == ["t"]
    refused = api.put(path, {"metric": "t", "lines": [{"value": 1}] * 9})
    assert refused.status_code == 400
    assert [facts["series"] for _, _, facts in told] == ["t", "h", "t", "h"]
