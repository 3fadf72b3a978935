"""Mutation testing: one small fault at a time is put into a module, and a test must notice.

    python -m tests.mutation --sample 300 --seed 0      # of all modules, every mutant as likely
    python -m tests.mutation data/idx.py                # all mutants of a module

The tests run in a copy of the checkout in which the module is changed, also for the programs that they
start; each mutant in a fork of this process, which has the heavy libraries loaded. Which tests may notice is
found by running them once (tests/reach.py): those that execute the changed line, the quickest first, then the
others of their files, then those that start a program which executes it. Who notices must also pass on the
unchanged module, or it is not asked again. What no test notices survives: a gap in the tests, or equal to the
original in all that anyone can see. The survivors go to tests/mutation.json, where a `reason` written beside
one stays; what was interrupted goes on with the same command, as long as no module of it has changed.
"""

import argparse
import ast
import hashlib
import json
import os
import random
import resource
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests import mutants, reach
from tests.mutants import Mutant, count, mutant

RESULTS = Path(__file__).with_suffix(".json")
MOST_MEMORY = 8 << 30  # bytes of addresses that a mutant may take beside what this process has
MOST_SECONDS = 600  # by the clock, for a test that waits for what never comes; the machine may be busy
PATIENCE = 5  # seconds of the processor that any test may take, beside four times its own
QUICK = 1.0  # seconds; slower tests are asked after these
BUDGET = {"test": 60, "program": 120}  # seconds of tests that a mutant may cost, by what they run in


@dataclass(frozen=True)
class Ask:
    """A test that may notice.

    test: none: importing the module, or the tests.
    seconds: that it takes, and that the slowest of its file takes, which has made what both use.
    by: "test" or "program", in which the change is executed.
    """

    test: str
    seconds: float = 0
    at_most: float = 0
    by: str = "test"


class _Asked:
    """Runs chosen tests in their order and notes which one is running; a test that never ends is ended."""

    def __init__(self, asks: list[Ask], note: Path) -> None:
        self._asks, self._note = {ask.test: (rank, ask) for rank, ask in enumerate(asks)}, note

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        chosen = [item for item in items if item.nodeid in self._asks]
        items[:] = sorted(chosen, key=lambda item: self._asks[item.nodeid][0])

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self._note.write_text(nodeid)
        seconds = self._asks[nodeid][1].at_most  # when time is up, the signal ends this process
        signal.setitimer(signal.ITIMER_PROF, PATIENCE + 4 * seconds)  # of the processor
        signal.setitimer(signal.ITIMER_REAL, MOST_SECONDS + 20 * seconds)


class Bench:
    """A copy of the checkout, and what is known of its tests."""

    def __init__(self, checkout: Path) -> None:
        self._checkout, self._note = checkout, checkout.parent / "note"
        self._reaches = reach.reaches(checkout)
        self._importers = _importers(checkout)
        self._texts = {file: (checkout / file).read_text() for file in self._reaches}
        self._trusted: dict[tuple[str, str], bool] = {}
        self._changes = 0

    def source(self, path: str) -> str:
        return (self._checkout / path).read_text()

    def asks(self, path: str, found: Mutant) -> list[Ask]:
        """The tests that may notice, in the order in which they are asked."""
        ranked = sorted(
            (tier, file, test, seconds)
            for file in self._reaches
            for tier, test, seconds in self._tiers(path, found, file)
            if self._trusted.get((path, test), True)
        )
        slowest: dict[Any, float] = {}
        for tier, file, _, seconds in ranked:
            for key in ((tier, file), file):
                slowest[key] = max(slowest.get(key, 0), seconds)
        ranked.sort(key=lambda entry: (entry[0], slowest[entry[:2]], entry[1], entry[3]))
        asks, spent = [], Counter[str]()
        for tier, file, test, seconds in ranked:
            by = "program" if tier == 3 else "test"
            if spent[by] + seconds <= BUDGET[by]:
                spent[by] += seconds
                asks.append(Ask(test, seconds, slowest[file], by))
        return asks

    def _tiers(self, path: str, found: Mutant, file: str) -> Iterator[tuple[int, str, float]]:
        """The tests of a file that may notice.

        0: quick ones that execute the line, 1: slow ones, 2: others of their file, 3: starters of programs.
        What importing executes matters wherever the module is used: 0 and 1 execute a function of it, or
        import it themselves, and 2 execute a module that imports from it.
        """
        known = self._reaches[file]
        own, started = self._executing(path, found, file)
        others = set(range(len(known.seconds))) if own else set()
        if not found.inside and not own:
            others = set().union(*(_all_of(known.lines.get(user, {})) for user in self._importers[path]))
        for number, (test, seconds) in enumerate(known.seconds.items()):
            if test in known.starters:
                if own or started:
                    yield 3, test, seconds
            elif number in own | others:
                yield (2 if number not in own else 0 if seconds < QUICK else 1), test, seconds

    def _executing(self, path: str, found: Mutant, file: str) -> tuple[set[int], bool]:
        """The numbers of the tests of a file that execute the line; whether programs that they start do."""
        known = self._reaches[file]
        of_path, of_programs = known.lines.get(path, {}), known.started.get(path, [])
        if found.inside:
            lines = range(found.lines[0], found.lines[1] + 1)
            started = any(line in lines for line in of_programs)
            if not started or known.starters:  # else importing has called this function
                return {test for line in lines for test in of_path.get(str(line), ())}, started
        own = _all_of(of_path)
        if not own and path.removesuffix(".py").replace("/", ".") in self._texts[file]:
            own = set(range(len(known.seconds)))
        return own, bool(of_programs)

    def notice(self, path: str, found: Mutant) -> tuple[Ask | None, int]:
        """Ask tests until one notices -> the one that did, and how many were asked."""
        while True:
            asks = self.asks(path, found)
            noticed = self._run(path, found.code, asks)
            if noticed is None or self._trust(path, noticed, asks):
                return noticed, len(asks)

    def _trust(self, path: str, noticed: Ask, asks: list[Ask]) -> bool:
        """Whether a test passes on the unchanged module, without its comments as a mutant is."""
        if (path, noticed.test) not in self._trusted:
            firsts = {ask.test.partition("::")[0]: ask for ask in asks}
            code = ast.unparse(ast.parse(self.source(path)))
            failed = self._run(path, code, [noticed] if noticed.test else list(firsts.values()))
            if failed and not failed.test:
                sys.exit(f"{path}: the tests can't be loaded, although nothing is changed")
            if failed:
                print(f"{failed.test} also fails on the unchanged {path}: not asked again", flush=True)
            self._trusted[path, (failed or noticed).test] = not failed
        return self._trusted.get((path, noticed.test), False)

    def _run(self, path: str, code: str, asks: list[Ask]) -> Ask | None:
        """Run tests on changed code -> the one that failed, if any."""
        if not asks:
            return None
        file = self._checkout / path
        original, times = file.read_bytes(), file.stat()
        self._note.write_text("")
        try:
            file.write_text(code)
            self._changes += 1  # a time of its own, for compiled code is known by it
            os.utime(file, (self._changes, self._changes))
            seconds = sum(ask.seconds for ask in asks) + max(ask.at_most for ask in asks)
            log, most = self._checkout.parent / "log", 2 * MOST_SECONDS + 20 * seconds
            result = reach.in_fork(lambda: self._ask(asks), log, most)
        finally:
            file.write_bytes(original)
            os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
        if result in (0, 5):  # all passed; none is left
            return None
        at = self._note.read_text()
        return next((ask for ask in asks if ask.test == at), Ask(""))

    def _ask(self, asks: list[Ask]) -> int:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        most = pages * resource.getpagesize() + MOST_MEMORY
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
        files = list(dict.fromkeys(ask.test.partition("::")[0] for ask in asks))
        return reach.run_pytest(self._checkout, ["-x", *files], _Asked(asks, self._note))


def _all_of(lines: dict[str, list[int]]) -> set[int]:
    return {test for tests in lines.values() for test in tests}


def _importers(checkout: Path) -> dict[str, set[str]]:
    """By module: the modules that import from it."""
    importers: dict[str, set[str]] = {path: set() for path in reach.modules(checkout)}
    for path in importers:
        for node in ast.walk(ast.parse((checkout / path).read_text())):
            if isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
                for name in names:
                    importers.get(f"{name.replace('.', '/')}.py", set()).add(path)
    return importers


def draw(bench: Bench, paths: list[str], size: int | None, seed: int) -> list[tuple[str, int]]:
    """Module and number of the mutants to try: all of these modules, or a sample without repetition.

    A sample is in random order, so that as much of it as was tried is a sample, too.
    """
    numbers = [(path, number) for path in paths for number in range(count(bench.source(path)))]
    return numbers if size is None else random.Random(seed).sample(numbers, min(size, len(numbers)))


def begin(bench: Bench, drawn: list[tuple[str, int]], earlier: dict[str, Any] | None) -> dict[str, Any]:
    """What is found before anything is tried; or, of the same mutants of the same code, what was by then."""
    texts = [bench.source(path) for path in sorted({path for path, _ in drawn})]
    maker = Path(mutants.__file__).read_text()  # a number may stand for another mutant by now
    code = hashlib.sha256("".join([maker, *texts, repr(drawn)]).encode()).hexdigest()[:16]
    if earlier and earlier.get("code") == code and earlier["tried"] < earlier["mutants"] == len(drawn):
        return earlier
    by = {"test": 0, "program": 0, "nothing": 0}
    return {"code": code, "mutants": len(drawn), "tried": 0, "noticed_by": by, "share": 0.0, "survivors": []}


def try_mutants(
    bench: Bench, drawn: list[tuple[str, int]], reasons: dict[tuple[str, ...], str], found: dict[str, Any]
) -> Iterator[None]:
    """Try the mutants that are left, pausing after each: how many were noticed, by what, and the survivors.

    Args:
        bench: of the checkout.
        drawn: the mutants.
        reasons: of survivors, as `known_reasons` gives them.
        found: what `begin` gave; it is changed.
    """
    for path, which in drawn[found["tried"] :]:
        one = mutant(bench.source(path), which)
        start = time.monotonic()
        noticed, asked = bench.notice(path, one)
        found["tried"] += 1
        found["noticed_by"][noticed.by if noticed else "nothing"] += 1
        who = noticed.test if noticed else f"SURVIVES {asked} tests"
        place = f"{path}:{one.line}  {one.change}"
        print(f"{found['tried']}/{len(drawn)} {time.monotonic() - start:.0f} s  {place}  {who}", flush=True)
        if not noticed:
            kept = {"path": path, "line": one.line, "source": one.source, "change": one.change}
            kept["asked"] = f"{asked} tests" if asked else "no test executes it"
            reason = reasons.get((path, one.source, one.change))
            found["survivors"].append(kept | ({"reason": reason} if reason else {}))
        found["share"] = round(1 - len(found["survivors"]) / found["tried"], 4)
        yield


def known_reasons(results: dict[str, Any]) -> dict[tuple[str, ...], str]:
    """Why survivors survive, by path, line as it stands, and change."""
    return {
        (survivor["path"], survivor["source"], survivor["change"]): survivor["reason"]
        for found in results.values()
        for survivor in found["survivors"]
        if "reason" in survivor
    }


def main(arguments: list[str]) -> None:
    """Try mutants, and record the result."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation")
    parser.add_argument("paths", nargs="*", metavar="PATH", help="modules (default: all)")
    parser.add_argument("--sample", type=int, metavar="N", help="this many of their mutants (default: all)")
    parser.add_argument("--seed", type=int, default=0, help="of the sample (default: 0)")
    asked = parser.parse_args(arguments)
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    reach.load_heavy()
    with tempfile.TemporaryDirectory(prefix="convlens-mutation-") as folder:
        bench = Bench(reach.copy_checkout(Path(folder) / "checkout"))
        drawn = draw(bench, asked.paths or reach.modules(), asked.sample, asked.seed)
        command = " ".join(["python -m tests.mutation", *arguments])
        unfinished = f"{command}, unfinished"
        found = begin(bench, drawn, results.get(unfinished))
        for _ in try_mutants(bench, drawn, known_reasons(results), found):
            if found["tried"] == len(drawn):
                results.pop(unfinished, None)
                unfinished = command
            text = json.dumps(results | {unfinished: found}, indent=1, ensure_ascii=False)
            RESULTS.write_text(text + "\n")
    print(f"{found['tried'] - len(found['survivors'])} of {found['tried']} noticed ({found['share']:.1%})")


if __name__ == "__main__":
    main(sys.argv[1:])
