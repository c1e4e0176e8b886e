"""Which Python an old client runs in. Needs no server."""

import pytest
import venvs


@pytest.fixture
def folders(tmp_path, monkeypatch):
    """Two folders on ANKIWIRE_PYTHONS, and none on PATH."""
    made = [tmp_path / "first", tmp_path / "second"]
    for folder in made:
        folder.mkdir()
    monkeypatch.setenv("ANKIWIRE_PYTHONS", ":".join(map(str, made)))
    monkeypatch.setenv("PATH", "")
    return made


def put(folder, script):
    path = folder / "python3.8"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def test_the_first_python_that_runs_is_taken(folders):
    put(folders[0], "exit 127")
    runs = put(folders[1], "exit 0")
    assert venvs.find_python("python3.8") == runs


def test_that_no_python_runs_is_told(folders):
    put(folders[0], "exit 127")
    with pytest.raises(venvs.NotHere, match="no python3.8 that runs"):
        venvs.find_python("python3.8")


def test_that_sources_are_missing_is_told(tmp_path, monkeypatch):
    monkeypatch.setenv("ANKIWIRE_SOURCES", str(tmp_path))
    with pytest.raises(venvs.NotHere, match="ANKIWIRE_SOURCES"):
        venvs.sources_of("2.0.33")
    (tmp_path / "2.0.33" / "anki").mkdir(parents=True)
    (tmp_path / "2.0.33" / "anki" / "sync.py").touch()
    assert venvs.sources_of("2.0.33") == tmp_path / "2.0.33"
    assert venvs.sources_of(venvs.NEWEST) is None
