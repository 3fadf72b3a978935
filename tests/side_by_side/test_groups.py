"""Runs that share their test pictures: which is compared with, and what is said to set them apart."""

from pathlib import Path

from model.side_by_side.compare_runs import compare_runs
from model.side_by_side.text import answers, notes
from tests.compared_folders import call_classes, make_run, read_report, write_report


def failing(run: Path) -> Path:
    """The run, all of whose trainings failed."""
    report = read_report(run)
    failed = [{"model": name, "seed": 0, "reason": "loss not finite"} for name in report["models"]]
    write_report(run, report | {"models": {}, "comparisons": [], "failed": failed})
    return run


def test_the_first_run_with_a_result_is_compared_with_and_that_is_said_once(tmp_path: Path) -> None:
    one = failing(make_run(tmp_path / "one", {"dense": 0.85, "cnn": 0.9}))
    two = make_run(tmp_path / "two", {"dense": 0.86, "cnn": 0.9}, seeds=(3, 4, 5))
    three = make_run(tmp_path / "three", {"dense": 0.87, "cnn": 0.95}, seeds=(6, 7, 8))
    found = compare_runs([one, two, three], tmp_path)
    pairs = [(pair.baseline, pair.candidate) for pair in found.comparisons]
    assert pairs == [("two/dense", "three/dense"), ("two/cnn", "three/cnn")], "both sound runs are compared"
    assert found.not_compared == [], "that one has no result is no sentence for each pair"
    said = "No model of one has a result: two is the first run here."
    assert answers(found).count(said) == 1
    assert answers(found)[0] == said, "before what is compared with it"
    assert [(fault.run, fault.problem.split(" failed")[0]) for fault in found.faults] == [
        ("one", "dense, seed 0"),
        ("one", "cnn, seed 0"),
    ], "why it has none is told"
    again = failing(make_run(tmp_path / "again", {"cnn": 0.9}))
    found = compare_runs([one, again, two, three], tmp_path)
    assert answers(found)[0] == "No model of one and again has a result: two is the first run here."


def test_a_first_run_with_a_result_goes_without_saying(tmp_path: Path) -> None:
    one = make_run(tmp_path / "one", {"dense": 0.86, "cnn": 0.9})
    two = failing(make_run(tmp_path / "two", {"cnn": 0.95}))
    found = compare_runs([one, two], tmp_path)
    assert [tested.baseline_words for tested in found.test_sets] == [None]
    assert [pair.candidate for pair in found.not_compared] == ["two/cnn"], "a later one is said to have none"
    nobody = compare_runs([two, failing(one)], tmp_path)
    assert [tested.baseline_words for tested in nobody.test_sets] == [None], "no other takes its place"


def test_the_same_pictures_are_compared_whatever_their_classes_are_called(tmp_path: Path) -> None:
    one = make_run(tmp_path / "one", {"cnn": 0.9})
    two = call_classes(make_run(tmp_path / "two", {"cnn": 0.95}, seeds=(3, 4, 5)), "Top", "Coat", "Bag")
    three = call_classes(make_run(tmp_path / "three", {"cnn": 0.8}, seeds=(6, 7, 8)), "Coat", "Shirt", "Bag")
    found = compare_runs([one, two, three], tmp_path)
    assert [pair.candidate for pair in found.comparisons] == ["two/cnn", "three/cnn"]
    said = (
        "The test pictures are the same, but classes have other names than in one, whose names are used "
        'here: in two "Shirt" is "Top"; in three "Shirt" is "Coat" and "Coat" is "Shirt".'
    )
    assert said in notes(found)
    assert not any("different test pictures" in note for note in notes(found))
    alike = compare_runs([two, two, call_classes(three, "Top", "Coat", "Bag")], tmp_path)
    assert [tested.classes_words for tested in alike.test_sets] == [None]


def test_what_has_one_digest_and_other_classes_is_told_apart(tmp_path: Path) -> None:
    one = make_run(tmp_path / "one", {"cnn": 0.9})
    two = call_classes(make_run(tmp_path / "two", {"cnn": 0.95}), "Shirt", "Coat", "Bag", "Dress")
    told = " ".join(notes(compare_runs([one, two], tmp_path)))
    assert (
        "(one: Fashion-MNIST, digest abababab, 3,000 pictures of 3 classes; "
        "two: Fashion-MNIST, digest abababab, 3,000 pictures of 4 classes)"
    ) in told
