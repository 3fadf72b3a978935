"""Every route gives the same proved arrays; what fails is told, and the cache is never trusted blindly."""

import errno
import gzip
import http.server
import os
import socket
import socketserver
import stat
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from data import idx, sources
from data.idx import DataError
from tests.data.test_idx import pack

FILES = sources.FILES
ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _private_surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees the user's cache or folder, or the network."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    monkeypatch.delenv("CONVLENS_DATA", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")  # nobody listens there
    monkeypatch.delenv("no_proxy", raising=False)


@pytest.fixture
def debian() -> Path:
    if not sources.DEBIAN_FOLDER.is_dir():
        pytest.fail(f"this test needs the real data: sudo apt install {sources.DEBIAN_PACKAGE}")
    return sources.DEBIAN_FOLDER


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Four small files that pass for the official ones, and the only route to them: Debian's folder."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    generator = np.random.default_rng(0)
    for name, shape in zip(FILES, [(40, 28, 28), (40,), (20, 28, 28), (20,)], strict=True):
        values = generator.integers(0, 10, shape, np.uint8)
        (folder / name).write_bytes(pack(values))
        monkeypatch.setitem(sources.OFFICIAL, name, idx.digest(values))
    monkeypatch.setattr(sources, "DEBIAN_FOLDER", folder)
    return folder


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "caches" / "convlens" / "fashion-mnist"


def equal(one: sources.Arrays, other: sources.Arrays) -> bool:
    return list(one) == list(other) and all(np.array_equal(one[name], other[name]) for name in one)


def official_gz(folder: Path, name: str) -> bytes:
    """Rebuild the official .gz from Debian's, whose header lacks only the time and the name."""
    time_packed = struct.pack("<I", 1504176606 if name.startswith("train") else 1504176627)
    packed = (folder / f"{name}.gz").read_bytes()
    return b"\x1f\x8b\x08\x08" + time_packed + b"\x00\x03" + name.encode() + b"\0" + packed[10:]


def test_debian_then_cache(debian: Path, cache: Path) -> None:
    first, source = sources.fetch("auto")
    assert source == "Debian package, verified", "the route is not told"
    again, source = sources.fetch("auto")
    assert source == "Debian package (cached), verified", "the cache is not used, or it is not told"
    assert equal(first, again), "the cache gives other arrays than Debian's folder"
    assert [values.shape for values in again.values()] == [
        (60000, 28, 28),
        (60000,),
        (10000, 28, 28),
        (10000,),
    ]
    assert isinstance(again[FILES[0]].base, np.memmap), "the cache is read into memory"
    assert not any(v.flags.writeable for v in (*first.values(), *again.values())), "the data can be changed"
    assert not list(cache.glob(".*")), "temporary files were left in the cache"


def test_routes_are_tried_in_order(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tried = []

    def nothing(name: str) -> sources.Arrays:
        tried.append(name)
        raise DataError(f"{name} has nothing.")

    monkeypatch.setattr(sources, "_keras_folder", lambda: nothing("_keras_folder"))
    for name in ("_from_environment", "_verified", "_from_tfds", "_from_apt"):
        monkeypatch.setattr(sources, name, lambda *_, name=name: nothing(name))
    for source, order in {
        "auto": ["_from_environment", "_verified", "_keras_folder", "_from_tfds", "_from_apt"],
        "debian": ["_verified", "_from_apt"],
        "tfds": ["_from_tfds"],
        str(tiny): ["_verified"],
    }.items():
        tried.clear()
        with pytest.raises(DataError, match="has nothing"):
            sources.fetch(source)
        assert tried == order, f"data.source {source} takes other ways than it should"


def test_folder_in_the_environment_comes_first(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONVLENS_DATA", str(tiny))
    monkeypatch.setattr(sources, "DEBIAN_FOLDER", tmp_path / "none")
    assert sources.fetch("auto")[1] == "CONVLENS_DATA, verified", "CONVLENS_DATA was not used"
    with pytest.raises(DataError, match="nothing of use"):  # what came from there is not what was asked for
        sources.fetch("tfds")


@pytest.mark.parametrize("cached", [False, True])
def test_a_folder_in_the_environment_that_is_of_no_use_is_told(
    tiny: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    cached: bool,
) -> None:
    if cached:
        sources.fetch("auto")
    own = tmp_path / "own"
    own.mkdir()
    for name in FILES:
        (own / name).write_bytes((tiny / name).read_bytes()[:-1] + b"\x0b")
    for folder, problem in ((tmp_path / "nowhere", "is no folder"), (own, "is not the one of Fashion-MNIST")):
        monkeypatch.setenv("CONVLENS_DATA", str(folder))
        caplog.clear()
        assert sources.fetch("auto")[1].startswith("Debian package"), "other ways are not gone"
        assert f"CONVLENS_DATA is set, and is of no use: {folder}" in caplog.text, "that is not told"
        assert problem in caplog.text


def test_a_folder_is_read_with_or_without_gz(tiny: Path, cache: Path) -> None:
    (tiny / FILES[2]).rename(tiny / "plain")
    (tiny / f"{FILES[2]}.gz").write_bytes(gzip.compress((tiny / "plain").read_bytes()))
    arrays, source = sources.fetch(str(tiny))
    assert source == "folder tiny, verified", "the route is not told"
    assert equal(arrays, sources.fetch("auto")[0]), "a folder gives other arrays than the other routes"
    assert cache.is_dir(), "the automatic route keeps no cache"


@pytest.mark.parametrize("form", ["{}", "{}.gz"])
def test_files_with_a_dot_before_idx_are_read(tiny: Path, form: str) -> None:
    right, _ = sources.fetch(str(tiny))
    for name in FILES:
        content = (tiny / name).read_bytes()
        (tiny / name).unlink()
        (tiny / name).mkdir()  # as Kaggle's copy of MNIST has, beside the files
        dotted = tiny / form.format(name.replace("-idx", ".idx"))
        dotted.write_bytes(gzip.compress(content) if dotted.suffix == ".gz" else content)
    assert equal(sources.fetch(str(tiny))[0], right), "names with a dot give other arrays"


@pytest.mark.parametrize("at_home", [False, True])
def test_what_keras_has_downloaded_is_used(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_home: bool
) -> None:
    if at_home:
        monkeypatch.delenv("KERAS_HOME")
        monkeypatch.setenv("HOME", str(tmp_path))
    folder = tmp_path / (".keras" if at_home else "keras") / "datasets" / "fashion-mnist"
    folder.mkdir(parents=True)
    for name in FILES:
        (folder / f"{name}.gz").write_bytes(gzip.compress((tiny / name).read_bytes()))
    monkeypatch.setattr(sources, "DEBIAN_FOLDER", tmp_path / "none")
    assert sources.fetch("auto")[1] == "Keras's cache, verified", "what Keras has is not used"
    assert sources.fetch("auto")[1] == "Keras's cache (cached), verified", "no copy of it is kept"
    with pytest.raises(DataError, match="can't be had"):
        sources.fetch("debian")


def test_what_keras_has_is_proved(tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "keras" / "datasets" / "fashion-mnist"
    folder.mkdir(parents=True)
    for name in FILES:
        (folder / name).write_bytes((tiny / name).read_bytes()[:-1] + b"\x0b")
    monkeypatch.setattr(sources, "DEBIAN_FOLDER", tmp_path / "none")
    monkeypatch.setenv("PATH", str(tmp_path))  # no apt-get
    with pytest.raises(DataError, match=r"Keras's cache: .* is not the one of Fashion-MNIST"):
        sources.fetch("auto")


def test_files_that_are_not_the_official_ones(tiny: Path) -> None:
    content = bytearray((tiny / FILES[3]).read_bytes())
    content[-1] ^= 1
    (tiny / FILES[3]).write_bytes(content)
    with pytest.raises(DataError, match=f"{FILES[3]} is not the one of Fashion-MNIST") as caught:
        sources.fetch(str(tiny))
    assert "another name than fashion-mnist" in str(caught.value), "the way out for own files is not told"
    assert sources.read_own(str(tiny))[1] == "folder tiny", "own files must not be called verified"


def test_missing_files_and_folders(tiny: Path, tmp_path: Path) -> None:
    with pytest.raises(
        DataError, match=f"{tmp_path}/none is no folder; expected a folder with the files train-"
    ):
        sources.fetch(str(tmp_path / "none"))
    (tiny / FILES[1]).unlink()
    with pytest.raises(DataError, match=f"tiny has no {FILES[1]}.gz, nor without .gz"):
        sources.fetch(str(tiny))
    with pytest.raises(DataError, match="is no folder"):
        sources.fetch(str(tiny / FILES[0]))
    with pytest.raises(DataError, match="is no folder"):
        sources.fetch("nul\0")


def test_a_damaged_cache_is_told_and_made_anew(
    tiny: Path, cache: Path, caplog: pytest.LogCaptureFixture
) -> None:
    right, _ = sources.fetch("auto")
    for name in [*(f"{name}.npy" for name in FILES), "origin"]:
        content = (cache / name).read_bytes()
        flipped = bytes([content[0] ^ 0x80]) + content[1:], content[:-1] + bytes([content[-1] ^ 1])
        for damaged in [b"", content[:-1], content[:20], *flipped] if name != "origin" else flipped[:1]:
            (cache / name).write_bytes(damaged)
            caplog.clear()
            arrays, source = sources.fetch("auto")
            assert equal(arrays, right), f"wrong arrays were taken from a damaged {name}"
            assert source == "Debian package, verified", f"a damaged {name} was not noticed"
            assert "The cache is damaged" in caplog.text, f"that {name} is damaged was not told"
            assert sources.fetch("auto")[1] == "Debian package (cached), verified", "it was not made anew"
        (cache / name).unlink()
        assert sources.fetch("auto")[1] == "Debian package, verified", f"that {name} is gone was not noticed"
    np.save(cache / f"{FILES[0]}.npy", right[FILES[0]].view(np.int8))  # the same bytes, another meaning
    assert sources.fetch("auto")[1] == "Debian package, verified", "signed bytes were taken for pixels"


def test_every_flip_in_the_header_of_a_cached_file(tiny: Path, cache: Path) -> None:
    right, _ = sources.fetch("auto")
    path = cache / f"{FILES[1]}.npy"
    content = path.read_bytes()
    for place in range(128 * 8):
        damaged = bytearray(content)
        damaged[place // 8] ^= 1 << place % 8
        path.write_bytes(damaged)
        with suppress(DataError):
            opened = sources._open_cache(sources._routes("auto") or {})
            assert opened is not None, f"bit {place}: the cache counts as empty"
            assert equal(opened[0], right), f"bit {place}: wrong arrays"
            assert opened[0][FILES[1]].dtype == np.uint8, f"bit {place}: another type"


def test_eight_first_runs_at_once(debian: Path, cache: Path) -> None:
    script = (
        "from data import sources; arrays, source = sources.fetch('auto'); "
        "print(source, sum(int(values.sum()) for values in arrays.values()))"
    )
    runs = [
        subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        for _ in range(8)
    ]
    said = [run.communicate(timeout=120)[0] for run in runs]
    assert [run.returncode for run in runs] == [0] * 8, "a first run failed because of the others"
    pixels = sum(int(values.sum()) for values in sources.read_folder(debian).values())
    assert sorted(said) == [f"Debian package (cached), verified {pixels}\n"] * 7 + [
        f"Debian package, verified {pixels}\n"
    ], "one process fills the cache, the others find it full"
    assert {path.name for path in cache.iterdir()} == {"lock", "origin", *(f"{name}.npy" for name in FILES)}


def test_what_a_killed_process_left_is_cleared(tiny: Path, cache: Path) -> None:
    cache.mkdir(parents=True)
    (cache / ".x.npy.abc.tmp").write_bytes(b"half")
    sources.fetch("auto")
    assert not list(cache.glob(".*")), "a temporary file of a killed process stays for ever"


def test_goes_on_without_a_cache(
    tiny: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tiny.parent / "caches").write_bytes(b"a file where the folder should be: nobody may write there")
    arrays, source = sources.fetch("auto")
    assert source == "Debian package, verified", "no data where no cache can be kept"
    assert "Going on without a cache" in caplog.text, "that there is no cache is not told"
    (tiny.parent / "caches").unlink()

    def full_disk(path: Path, data: bytes) -> None:
        if path.name.startswith("t10k"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        write(path, data)

    write = sources.write_atomically
    monkeypatch.setattr(sources, "write_atomically", full_disk)
    caplog.clear()
    assert equal(sources.fetch("auto")[0], arrays), "no data on a full disk"
    assert "No space left" in caplog.text, "the full disk is not told"
    assert [path.name for path in cache.iterdir()] == ["lock"], "half a cache stays on the full disk"


def test_a_cache_that_can_only_be_read_is_used(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sources.fetch("auto")

    def refuse(_: Path) -> None:
        raise AssertionError("a full cache was locked, which needs the right to write")

    monkeypatch.setattr(sources, "locked", refuse)
    assert sources.fetch("auto")[1] == "Debian package (cached), verified", "the cache is not used"


def test_where_the_cache_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/someone")
    for value in ("", "relative/folder"):
        monkeypatch.setenv("XDG_CACHE_HOME", value)
        assert str(sources._cache_folder()).startswith("/home/someone/.cache/convlens/"), "not the default"
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)  # a user without a home
    assert str(sources._cache_folder()).startswith("/dev/null/"), "a folder ~ is made in the current folder"


def test_when_everything_fails_every_route_is_named(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "DEBIAN_FOLDER", tmp_path / "none")
    monkeypatch.setenv("CONVLENS_DATA", str(tmp_path / "typo"))
    monkeypatch.setenv("PATH", str(tmp_path))  # no apt-get
    start = time.monotonic()
    with pytest.raises(DataError) as caught:
        sources.fetch("auto")
    assert time.monotonic() - start < 20, "an unreachable network is noticed too late"
    text = str(caught.value)
    for part in (
        f"(1) the cache {tmp_path}/caches/convlens/fashion-mnist: nothing of use",
        f"(2) CONVLENS_DATA: {tmp_path}/typo is no folder",
        f"(3) Debian package: {tmp_path}/none is no folder",
        f"(4) Keras's cache: {tmp_path}/keras/datasets/fashion-mnist is no folder",
        "(5) tensorflow-datasets: fashion-mnist.s3-website",
        "Connection refused",
        "(6) Debian package through apt: apt-get and dpkg-deb are not here",
        "in CONVLENS_DATA with data.source auto",
        "sudo apt install dataset-fashion-mnist",
    ):
        assert part in text, f"the message lacks: {part}"


def test_a_silent_network_is_noticed_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:  # takes the call and says nothing
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{server.getsockname()[1]}")
        start = time.monotonic()
        with pytest.raises(DataError, match="can't be reached"):
            sources.fetch("tfds")
        assert time.monotonic() - start < 20, "a silent network is noticed too late"


def test_a_name_that_is_looked_up_for_ever_is_noticed_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "PROBE_SECONDS", 0.2)

    def look_up(*_: object, **__: object) -> None:
        time.sleep(8)
        raise OSError

    monkeypatch.setattr(sources.urllib.request.OpenerDirector, "open", look_up)
    start = time.monotonic()
    with pytest.raises(DataError, match=r"nowhere\.example can't be reached \(no answer within"):
        sources._probe("http://nowhere.example/x.gz")
    assert time.monotonic() - start < 6, "the probe waits longer than it says"


@pytest.fixture
def proxy(debian: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, bytes]]:
    """Stand in for the server that tensorflow-datasets asks: a proxy that has the official files."""
    content = {f"/{name}.gz": official_gz(debian, name) for name in FILES}
    asked: dict[str, set[str]] = {}

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            asked.setdefault(self.command, set()).add(self.path)
            self.send_response(200)
            self.send_header("Content-Length", str(len(content["/" + self.path.rsplit("/", 1)[1]])))
            self.end_headers()

        def do_GET(self) -> None:
            self.do_HEAD()
            self.wfile.write(content["/" + self.path.rsplit("/", 1)[1]])

        def log_message(self, *_: object) -> None:
            pass

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{server.server_address[1]}")
        yield content
        server.shutdown()
    assert asked["HEAD"] == {sources.TFDS_PROBE}, "it was not asked whether the server can be reached"
    assert asked["HEAD"] < asked["GET"], "the server that is probed is not the one that has the files"


def test_tensorflow_datasets(debian: Path, proxy: dict[str, bytes], tmp_path: Path) -> None:
    arrays, source = sources.fetch("tfds")
    assert source == "tensorflow-datasets, verified", "the route is not told"
    assert equal(arrays, sources.read_folder(debian)), "tensorflow-datasets gives other arrays"
    proxy.clear()
    assert sources.fetch("tfds")[1] == "tensorflow-datasets (cached), verified", "it is downloaded again"


def test_tensorflow_datasets_with_other_files(proxy: dict[str, bytes]) -> None:
    name = f"/{FILES[1]}.gz"
    proxy[name] = proxy[name][:-1] + b"\1"
    with pytest.raises(DataError, match=r"NonMatchingChecksumError: .*train-labels"):
        sources.fetch("tfds")


def fake(folder: Path, name: str, script: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(stat.S_IRWXU)


def test_apt_that_fails_or_hangs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "DEBIAN_FOLDER", tmp_path / "none")
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}")
    fake(tmp_path / "bin", "dpkg-deb", "exit 0")
    fake(tmp_path / "bin", "apt-get", "echo 'W: Failed to fetch x  Could not connect' >&2; echo 'E: no' >&2")
    with pytest.raises(DataError, match=r"could not download it \(W: Failed to fetch x  Could not connect"):
        sources.fetch("debian")
    fake(tmp_path / "bin", "apt-get", "touch empty.deb")
    with pytest.raises(DataError, match=r"\(3\) Debian package through apt: .* is no folder"):
        sources.fetch("debian")
    monkeypatch.setattr(sources, "COMMAND_SECONDS", 0.3)
    fake(tmp_path / "bin", "apt-get", "sleep 30")
    start = time.monotonic()
    with pytest.raises(DataError, match=r"apt-get was stopped after 0\.3 s"):
        sources.fetch("debian")
    assert time.monotonic() - start < 20, "a hanging apt-get is waited for"


@pytest.mark.deep
def test_apt_for_real(debian: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("http_proxy")
    right = sources.read_folder(debian)
    try:
        arrays = sources._from_apt()
    except DataError as error:
        pytest.skip(f"no Debian package from here: {error}")
    assert equal(arrays, right), "the package has other arrays than Debian's folder"


def test_tensorflow_stays_out(tiny: Path) -> None:
    script = "import sys; from data import fashion_mnist; print('tensorflow' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\n", "importing the data modules imports TensorFlow"
