"""Where the four files come from, and proof that they are the right ones.

Every route ends in the strict reader of idx.py and the same digests, and so in the same arrays.
"""

import hashlib
import http.client
import io
import logging
import os
import shutil
import subprocess
import sys
import threading
import urllib.parse
import urllib.request
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from data import idx
from data.idx import DataError
from data.storage import locked, write_atomically

# Name and sha256 of the content, not of the .gz: packed copies differ in the time and name they record.
OFFICIAL = {
    "train-images-idx3-ubyte": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    "train-labels-idx1-ubyte": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    "t10k-images-idx3-ubyte": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    "t10k-labels-idx1-ubyte": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
}
FILES = tuple(OFFICIAL)
OFFICIAL_DIGEST = hashlib.sha256("".join(OFFICIAL.values()).encode()).hexdigest()  # as `digest_of` has it

DEBIAN_PACKAGE = "dataset-fashion-mnist"
DEBIAN_FOLDER = Path("/usr/share/datasets/fashion-mnist")
TFDS_PROBE = "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/t10k-labels-idx1-ubyte.gz"
PROBE_SECONDS = 4  # for a server's first answer
COMMAND_SECONDS = 60  # for what takes 5 s as a rule
DOWNLOAD_SECONDS = 600  # 31 MB, also over a slow line

Arrays = dict[str, np.ndarray]  # by name of the file: uint8 (n, 28, 28) images, uint8 (n,) labels; read-only
Routes = dict[str, Callable[[], Arrays]]  # ways to the four files by title, in the order of trying
log = logging.getLogger("convlens.data")


def read_folder(folder: Path) -> Arrays:
    """Read the four IDX files of a folder, each with or without .gz, with a dash or a dot before idx.

    Raises:
        DataError: a file is missing or not exactly right.
    """
    paths = paths_in(folder)
    train, test = idx.read_pair(*paths[:2]), idx.read_pair(*paths[2:])
    return dict(zip(FILES, (*train, *test), strict=True))


def paths_in(folder: Path) -> list[Path]:
    """Where the four files of a folder are, in the order of `FILES`; as `read_folder`, but none is read."""
    return [_find(folder, name) for name in FILES]


def digest_of(arrays: Arrays) -> str:
    """The digest of a data set: the sha256 of the digests of the four files, in their order, in hex."""
    return hashlib.sha256("".join(idx.digest(arrays[name]) for name in FILES).encode()).hexdigest()


def are_official(test_labels: np.ndarray) -> bool:
    """Whether labels uint8 (n,) are those of the official test images, by their digest alone."""
    return idx.digest(test_labels) == OFFICIAL[FILES[3]]


def fetch(source: str) -> tuple[Arrays, str]:
    """Get the official Fashion-MNIST, proved by digest, and where it is from, in a few words.

    `source` is auto, debian, tfds, or a folder, which is then the only place looked at.

    Raises:
        DataError: the files can't be had, or are not the official ones.
    """
    routes = _routes(source)
    if routes is None:
        folder = own_folder(source)
        return _verified(folder), f"folder {folder.name}, verified"
    if source == "auto":
        _warn_of_environment()
    with suppress(DataError):
        if cached := _open_cache(routes):
            return cached
    taken = None
    try:
        with locked(_cache_folder() / "lock"):
            if cached := _open_cache_again(routes):
                return cached
            taken = _first_that_works(routes)
            _fill_cache(*taken)
    except OSError as error:  # of the cache: those of the routes are dealt with
        log.warning("Going on without a cache: %s can't be written (%s).", _cache_folder(), error.strerror)
    arrays, title = taken or _first_that_works(routes)
    return arrays, f"{title}, verified"


def read_own(source: str) -> tuple[Arrays, str]:
    """Read files of the user's own, which no digest proves: as `fetch`, from a folder."""
    folder = own_folder(source)
    return read_folder(folder), f"folder {folder.name}"


def own_folder(source: str) -> Path:
    """The folder that a value of `data.source` means, whether or not it is there."""
    return Path(os.path.abspath(os.path.expanduser(source)))


def _routes(source: str) -> Routes | None:
    """Return the routes behind a value of `data.source`; None for a folder."""
    environment = {"CONVLENS_DATA": _from_environment}
    debian = {"Debian package": lambda: _verified(DEBIAN_FOLDER)}
    keras = {"Keras's cache": lambda: _verified(_keras_folder())}
    tfds = {"tensorflow-datasets": _from_tfds}
    apt = {"Debian package through apt": _from_apt}
    auto = environment | debian | keras | tfds | apt
    return {"auto": auto, "debian": debian | apt, "tfds": tfds}.get(source)


def _first_that_works(routes: Routes) -> tuple[Arrays, str]:
    failures = [f"the cache {_cache_folder()}: nothing of use"]
    for title, take in routes.items():
        try:
            return take(), title
        except (DataError, OSError) as error:
            failures.append(f"{title}: {str(error).rstrip('.')}")
    tried = "; ".join(f"({number}) {failure}" for number, failure in enumerate(failures, 1))
    raise DataError(
        f"Fashion-MNIST can't be had. Tried: {tried}. Expected the files {', '.join(FILES)}, with or without "
        ".gz. Put them into a folder and name it in data.source, or in CONVLENS_DATA with data.source auto; "
        f"or on Debian and Ubuntu: sudo apt install {DEBIAN_PACKAGE}."
    )


def _find(folder: Path, name: str) -> Path:
    dotted = name.replace("-idx", ".idx")  # as some have unpacked them
    paths = [folder / each for each in (f"{name}.gz", name, f"{dotted}.gz", dotted)]
    there = [path for path in paths if os.path.lexists(path)]
    if there:  # Kaggle's copies have folders of the same names beside the files
        return next((path for path in there if not path.is_dir()), there[0])
    if not os.path.isdir(folder):
        problem = "is no folder"
    elif not os.access(folder, os.X_OK):
        problem = "can't be looked into (permission denied)"
    else:
        problem = f"has no {name}.gz, nor without .gz"
    raise DataError(
        f"{folder} {problem}; expected a folder with the files {', '.join(FILES)}. Name another one; "
        f"{idx.packing()} makes these of pictures, CSV, npz and other IDX files."
    )


def _verified(folder: Path) -> Arrays:
    """Read a folder that must hold the official files."""
    arrays = read_folder(folder)
    for name, values in arrays.items():
        _prove(folder, name, values)
    return arrays


def _prove(folder: Path, name: str, values: np.ndarray) -> None:
    if (found := idx.digest(values)) != OFFICIAL[name]:
        raise DataError(
            f"{folder}: {name} is not the one of Fashion-MNIST (sha256 of its content {found[:12]}…, "
            f"expected {OFFICIAL[name][:12]}…). Get the official files; or, for files of your own, "
            "name their folder in data.source and give data.name another name than fashion-mnist."
        )


def _from_environment() -> Arrays:
    folder = os.environ.get("CONVLENS_DATA")
    if not folder:
        raise DataError("not set")
    return _verified(Path(folder))


def _keras_folder() -> Path:
    """Where Keras keeps the data sets that it has downloaded; it may never have."""
    return own_folder(os.environ.get("KERAS_HOME") or "~/.keras") / "datasets" / "fashion-mnist"


def _warn_of_environment() -> None:
    """Say where CONVLENS_DATA leads to nothing, wherever the images come from; its smallest file tells."""
    if folder := os.environ.get("CONVLENS_DATA"):
        try:
            paths = {name: _find(Path(folder), name) for name in FILES}
            _prove(Path(folder), FILES[3], idx.read_labels(paths[FILES[3]]))
        except DataError as error:
            log.warning("CONVLENS_DATA is set, and is of no use: %s", error)


def _from_tfds() -> Arrays:
    """Let tensorflow-datasets download, in a process of its own: it can be stopped when the line stalls."""
    _probe(TFDS_PROBE)  # offline, the download manager would try for 205 s
    with TemporaryDirectory(prefix="convlens-") as name:
        folder = Path(name)
        command = [sys.executable, "-m", "data.sources", str(folder)]
        done = _run(command, Path(__file__).parents[1], DOWNLOAD_SECONDS)
        if done.returncode:
            raise DataError((done.stderr.strip() or f"ended with {done.returncode}").splitlines()[-1])
        return _verified(folder)


def _download_with_tfds(folder: Path) -> None:
    """Download the four files, checked by the checksums registered with tensorflow-datasets."""
    import tensorflow_datasets as tfds

    tfds.disable_progress_bar()
    builder = tfds.builder("fashion_mnist", data_dir=folder / "tfds")
    manager = tfds.download.DownloadManager(
        download_dir=folder / "downloads", url_infos=builder.url_infos, dataset_name=builder.name
    )
    for url, path in manager.download({url: url for url in builder.url_infos}).items():
        os.replace(path, folder / Path(urllib.parse.urlsplit(url).path).name)


def _probe(url: str) -> None:
    """Ask a server for a sign of life; in a thread, for looking up its name has no limit of time."""
    problem = [f"no answer within {PROBE_SECONDS} s"]

    def ask() -> None:
        try:
            opener = urllib.request.build_opener()  # knows the proxies of the environment
            with opener.open(urllib.request.Request(url, method="HEAD"), timeout=PROBE_SECONDS):
                problem.clear()
        except (OSError, http.client.HTTPException) as error:
            problem[0] = str(error)

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(PROBE_SECONDS)
    if problem:
        raise DataError(f"{urllib.parse.urlsplit(url).hostname} can't be reached ({problem[0]})")


def _from_apt() -> Arrays:
    """Get Debian's package as a plain user, with lists and caches of its own: the system stays as it is."""
    if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        raise DataError("apt-get and dpkg-deb are not here, for this is not Debian or Ubuntu")
    with TemporaryDirectory(prefix="convlens-") as name:
        folder = Path(name)
        for part in ("lists/partial", "cache/archives/partial"):
            (folder / part).mkdir(parents=True)
        options = [f"Dir::State::lists={folder}/lists", f"Dir::Cache={folder}/cache", "Acquire::Retries=0"]
        options += [f"Acquire::{scheme}::Timeout={PROBE_SECONDS}" for scheme in ("http", "https")]
        apt = ["apt-get", "-qq", *(part for option in options for part in ("-o", option))]
        # that the update fails for some other package source does no harm: what counts is the package
        notes = _run([*apt, "update"], folder, COMMAND_SECONDS).stderr
        notes += _run([*apt, "download", DEBIAN_PACKAGE], folder, DOWNLOAD_SECONDS).stderr
        package = next(folder.glob("*.deb"), None)
        if package is None:
            lines = [line for line in notes.splitlines() if "Failed to fetch" in line] or notes.splitlines()
            raise DataError(f"apt-get could not download it ({lines[-1] if lines else 'without a reason'})")
        _run(["dpkg-deb", "-x", str(package), "unpacked"], folder, COMMAND_SECONDS)
        return _verified(folder / "unpacked" / DEBIAN_FOLDER.relative_to("/"))


def _run(command: Sequence[str], folder: Path, seconds: int) -> subprocess.CompletedProcess[str]:
    try:
        nothing = subprocess.DEVNULL
        return subprocess.run(
            command, cwd=folder, timeout=seconds, stdin=nothing, capture_output=True, errors="replace"
        )  # and as text, for `errors` is given
    except subprocess.TimeoutExpired:
        raise DataError(f"{Path(command[0]).name} was stopped after {seconds} s") from None


def _cache_folder() -> Path:
    """Relative folders don't count, says the XDG standard; without a home nothing is kept."""
    candidates = (os.environ.get("XDG_CACHE_HOME", ""), os.path.expanduser("~/.cache"), os.devnull)
    return Path(next(path for path in candidates if os.path.isabs(path)), "convlens", "fashion-mnist")


def _open_cache(routes: Routes) -> tuple[Arrays, str] | None:
    """Return what one of the routes has left in the cache, memory-mapped; None if nothing.

    Raises:
        DataError: there is something, but not what was put there.
    """
    folder = _cache_folder()
    paths = {name: folder / f"{name}.npy" for name in FILES}
    if not any(os.path.lexists(path) for path in paths.values()):
        return None
    try:
        title = (folder / "origin").read_text()
        arrays = {name: np.asarray(np.load(path, mmap_mode="r")) for name, path in paths.items()}
        right = all(v.dtype == np.uint8 and idx.digest(v) == OFFICIAL[name] for name, v in arrays.items())
    except Exception as error:  # a flipped bit can make anything of a file's header
        raise DataError(f"{folder}: {error}") from error
    if not right:
        raise DataError(f"{folder} does not hold what was put there")
    return (arrays, f"{title} (cached), verified") if title in routes else None


def _open_cache_again(routes: Routes) -> tuple[Arrays, str] | None:
    """Under the lock: another process may have filled it meanwhile; damage seen now is real."""
    try:
        return _open_cache(routes)
    except DataError as error:
        log.warning("The cache is damaged and is made anew: %s", error)
        return None


def _fill_cache(arrays: Arrays, title: str) -> None:
    folder = _cache_folder()
    for leftover in folder.glob(".*.tmp"):  # of a process that was killed
        leftover.unlink()
    try:
        for name, values in arrays.items():
            data = io.BytesIO()
            np.save(data, values)
            write_atomically(folder / f"{name}.npy", data.getvalue())
        write_atomically(folder / "origin", title.encode())
    except OSError:
        for name in FILES:  # part of a cache is of no use, and the disk may be full
            (folder / f"{name}.npy").unlink(missing_ok=True)
        raise


if __name__ == "__main__":
    try:
        _download_with_tfds(Path(sys.argv[1]))
    except Exception as error:  # whatever it is, it is the reason why this route leads nowhere
        sys.exit(f"{type(error).__name__}: {' '.join(str(error).split())[:300]}")
