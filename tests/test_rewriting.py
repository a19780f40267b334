"""What a worker rewrites for the others (`tests.rewriting`) is what pytest would have rewritten."""

from __future__ import annotations

from pathlib import Path

import pytest
from _pytest.assertion import rewrite

from tests.rewriting import rewrite_share


@pytest.fixture
def folder(tmp_path: Path, pytestconfig: pytest.Config, monkeypatch) -> Path:
    monkeypatch.setattr(pytestconfig, "args", [str(tmp_path)])
    for name in ("test_a", "test_b", "test_c", "no_test"):
        (tmp_path / f"{name}.py").write_text("def test_one():\n    assert 1 == 2\n")
    return tmp_path


def kept(path: Path) -> Path:
    return rewrite.get_cache_dir(path) / f"{path.stem}{rewrite.PYC_TAIL}"


def test_each_worker_has_its_share_once(folder: Path, pytestconfig: pytest.Config) -> None:
    assert rewrite_share(pytestconfig, 2, 0) == 2
    assert [kept(path).exists() for path in sorted(folder.glob("test_*.py"))] == [True, False, True]
    assert rewrite_share(pytestconfig, 2, 1) == 1
    assert rewrite_share(pytestconfig, 1, 0) == 0
    assert not kept(folder / "no_test.py").exists()


def test_pytest_takes_it(folder: Path, pytestconfig: pytest.Config) -> None:
    rewrite_share(pytestconfig, 1, 0)
    path = folder / "test_a.py"
    taken = rewrite._read_pyc(path, kept(path))
    assert taken is not None
    _, wanted = rewrite._rewrite_test(path, pytestconfig)
    assert taken == wanted


def test_what_is_no_python_is_left_to_the_collection(
    folder: Path, pytestconfig: pytest.Config
) -> None:
    (folder / "test_a.py").write_text("def")
    assert rewrite_share(pytestconfig, 1, 0) == 2
