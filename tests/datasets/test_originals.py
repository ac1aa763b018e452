"""Downloaded files: verified, never incomplete, with a clear error if unavailable."""

from __future__ import annotations

import hashlib
import http.server
import socket
import threading
from functools import partial

import pytest

from afif_explorer import datasets
from afif_explorer.datasets.catalogue.index import insurance, originals
from afif_explorer.datasets.catalogue.originals import Original
from afif_explorer.errors import Cancelled, DownloadError
from afif_explorer.progress import listening
from tests.helpers.full_disk import full_after

BYTES = b"a,b\n1,2\n" * 20_000


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache and no AFIF_DATA_HOME."""
    monkeypatch.delenv(originals.HOME_VARIABLE, raising=False)
    monkeypatch.setattr(originals, "cache_folder", lambda: tmp_path / "cache")
    return tmp_path / "cache"


@pytest.fixture
def server(tmp_path):
    """A web server on this machine; gives its folder and its address."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

    folder = tmp_path / "web"
    folder.mkdir()
    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), partial(Quiet, directory=str(folder))
    )
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield folder, f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()
    thread.join()


def original(*urls: str, data: bytes = BYTES) -> Original:
    return Original("some/file.csv", hashlib.sha256(data).hexdigest(), urls)


def test_download_once_with_progress(cache, server):
    folder, address = server
    (folder / "file.csv").write_bytes(BYTES)
    steps = []
    wanted = original(address + "nowhere.csv", address + "file.csv")
    assert not originals.at_hand(wanted)
    with listening(steps.append):
        assert originals.content(wanted) == BYTES
    assert steps[-1] == ("downloading file.csv", len(BYTES), len(BYTES))
    assert originals.at_hand(wanted)
    (folder / "file.csv").unlink()
    assert originals.content(wanted) == BYTES


def test_wrong_checksum_is_never_kept(cache, server):
    folder, address = server
    (folder / "file.csv").write_bytes(BYTES[:-1])
    with pytest.raises(DownloadError, match=r"wrong checksum.*manually.*AFIF_DATA_HOME.*sha256"):
        originals.content(original(address + "file.csv"))
    assert not [path for path in cache.rglob("*") if path.is_file()]


def test_damaged_cache_heals(cache, server):
    folder, address = server
    (folder / "file.csv").write_bytes(BYTES)
    (cache / "some").mkdir(parents=True)
    (cache / "some" / "file.csv").write_bytes(BYTES[:100])
    assert originals.content(original(address + "file.csv")) == BYTES
    assert (cache / "some" / "file.csv").read_bytes() == BYTES


def test_cancelled_download_leaves_nothing(cache, server):
    folder, address = server
    (folder / "file.csv").write_bytes(BYTES)

    def stop(step):
        raise Cancelled("stop")

    with listening(stop), pytest.raises(Cancelled):
        originals.content(original(address + "file.csv"))
    assert not [path for path in cache.rglob("*") if path.is_file()]


def test_without_a_folder_for_it_a_download_is_used_from_memory(cache, server, caplog):
    folder, address = server
    (folder / "file.csv").write_bytes(BYTES)
    cache.write_text("a file where the folder should be")
    assert originals.content(original(address + "file.csv")) == BYTES
    assert "file.csv cannot be kept in" in caplog.text


def test_a_full_disk_leaves_nothing_and_stops_nothing(cache, server, caplog):
    folder, address = server
    (folder / "file.csv").write_bytes(BYTES)
    wanted = original(address + "file.csv")
    with full_after(len(BYTES) // 2):
        assert originals.content(wanted) == BYTES
    assert "(File too large) and will be downloaded again" in caplog.text
    assert not [path for path in cache.rglob("*") if path.is_file()]
    assert originals.content(wanted) == BYTES
    assert originals.at_hand(wanted)


@pytest.mark.parametrize("name", ["adult", "crime", "insurance"])
def test_no_network_says_how_to_get_the_files(name, cache, monkeypatch):
    def refuse(*args, **kwargs):
        raise OSError("no network in this test")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    assert datasets.describe(name).needs_network
    with pytest.raises(DownloadError) as caught:
        datasets.load(name)
    message = str(caught.value)
    for part in ("no connection", "https://", "AFIF_DATA_HOME", "sha256 must be", str(cache)):
        assert part in message


def test_wrong_file_in_the_data_home(cache, tmp_path, monkeypatch):
    monkeypatch.setenv(originals.HOME_VARIABLE, str(tmp_path))
    (tmp_path / "insurance").mkdir()
    path = tmp_path / "insurance" / "insurance.csv"
    path.write_text("age,sex\n")
    with pytest.raises(DownloadError, match=r"is not the original: its sha256 is \w+, not 505c1c"):
        datasets.load("insurance")
    assert path.read_text() == "age,sex\n"


def test_copies_with_other_line_ends_are_accepted(data_home, tmp_path, monkeypatch):
    usual = datasets.load("insurance")
    data = originals.content(insurance.FILE)
    monkeypatch.setenv(originals.HOME_VARIABLE, str(tmp_path))
    (tmp_path / "insurance").mkdir()
    windows = (data + b"\n").replace(b"\n", b"\r\n")
    (tmp_path / "insurance" / "insurance.csv").write_bytes(windows)
    assert datasets.load("insurance").digest == usual.digest


def test_every_file_has_two_addresses():
    files = [file for entry in datasets.catalogue.index._ENTRIES.values() for file in entry.files]
    assert len(files) == 5
    for file in files:
        assert len(file.urls) >= 2
        assert len(file.sha256) == 64
        assert all(url.startswith("https://") for url in file.urls)
