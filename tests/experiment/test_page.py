"""report.html: all is shown as text, every picture is in it and told in words, nothing is fetched."""

import base64
import hashlib
import json
import re
from dataclasses import asdict, replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from configs.schema import Cnn
from data.splits import NumDuplicates
from model.experiment import page as page_file
from model.experiment.sections import SECTIONS, filled
from model.networks.facts import summary
from model.page.contents import block
from model.page.render import NUMBERS
from model.report.figure import Figure
from tests.cells import in_html
from tests.comparison.test_accuracy_figure import HOSTILE, LOOK, report_of
from tests.records import parsed
from tests.reports import told_apart

PNG = Image.new("RGB", (60, 30), "red")


class Reader(HTMLParser):
    """Collects what a browser would see: tags with their attributes, and text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text, self.within = "", [("", "")]
        self.inside: dict[tuple[str, str], str] = {}  # what scripts and the style hold, by tag and id
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attributes)))
        if tag in ("script", "style"):
            self.within.append((tag, dict(attributes).get("id") or ""))

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self.within.pop()

    def handle_data(self, data: str) -> None:
        if self.within[-1] == ("", ""):
            self.text += data
        else:
            self.inside[self.within[-1]] = self.inside.get(self.within[-1], "") + data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for found, attributes in self.tags if found == tag]


def figures_in(folder: Path, *names: str) -> list[Figure]:
    """Pictures that exist, with awkward words."""
    found = []
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        PNG.save(path)
        found.append(Figure(path, f'{name} "finds" <b>', f'{name} "finds" <b>, 1 and 2'))
    return found


def page(report: dict[str, Any], *others: Any) -> str:
    return page_file.page(parsed(report), *others)


def limits(report: dict[str, Any]) -> list[str]:
    return page_file.limits(parsed(report))


COMPARISON = [
    f"figures/{name}.png"
    for name in ("1-at-a-glance", "2-accuracy", "3-learning", "4-confusion", "5-mistakes")
]


def read(report: dict[str, Any], folder: Path, config: str = "name: x") -> Reader:
    inside = {
        "dense": figures_in(folder, "dense/inspection/units.png"),
        "c n&n#1": figures_in(folder, "c n&n#1/inspection/a.png", "c n&n#1/inspection/b.png"),
    }
    return Reader(page(report, figures_in(folder, *COMPARISON), inside, folder, config))


def test_the_verdict_comes_first_then_the_first_picture(tmp_path: Path) -> None:
    report = report_of({"dense": 0.8, "cnn": 0.9})
    reader = read(report, tmp_path)
    order = [tag for tag, _ in reader.tags if tag in ("h1", "img", "table")]
    assert order[:3] == ["h1", "img", "table"], "verdict, the run at a glance, then the numbers"
    verdict = " ".join(report["comparisons"][0]["verdict"].split())
    told = " ".join(reader.text.split()).replace(" About", ": about")
    assert verdict in told, "the page's verdict is not report.json's"


def test_a_guess_stands_word_for_word_above_the_verdict(tmp_path: Path) -> None:
    guess = "</script><script>alert(1)</script> & <b>more</b> {{ 1 }}"
    reader = read(report_of({"dense": 0.8, "cnn": 0.9}) | {"guess": guess}, tmp_path)
    order = [attributes.get("class") or tag for tag, attributes in reader.tags if tag in ("p", "h1")]
    assert order[:3] == ["kicker", "guess", "h1"], "it stands above the verdict"
    assert f"You guessed: {guess}" in reader.text, "it is not told as it was given"
    assert json.loads(reader.inside["script", "data-guess"]) == guess, "programs can't read it"
    assert len(reader.all("script")) == 4, "a guess became a script"
    without = read(report_of({"dense": 0.8, "cnn": 0.9}), tmp_path)
    assert ("script", "data-guess") not in without.inside, "nobody guessed anything"
    assert "You guessed" not in without.text


def test_pictures_are_in_the_page_and_told_in_words(tmp_path: Path) -> None:
    reader = read(report_of({"dense": 0.8, "cnn": 0.9}), tmp_path)
    pictures = [image for image in reader.all("img") if image["alt"]]
    assert len({image["data-file"] for image in pictures}) == len(pictures) == 8, "each is there, once"
    for image in reader.all("img"):
        assert re.match(r"data:image/(webp|png);base64,", image["src"] or ""), "the page needs another file"
    for image in pictures:
        assert '"finds" <b>, 1 and 2' in (image["alt"] or ""), "a picture without words"
        assert (image["width"], image["height"]) == ("60", "30"), "the page moves when pictures appear"


def test_the_page_asks_for_nothing(tmp_path: Path) -> None:
    html = page(report_of({"a": 0.9}), figures_in(tmp_path, *COMPARISON), {}, tmp_path)
    addresses = set(re.findall(r"https?://[^\s\"'`)<]+", html))
    assert addresses <= {"http://www.w3.org/2000/svg"}, "a request to elsewhere"  # the name of a language
    for tag, attributes in Reader(html).tags:
        assert "style" not in attributes, "the policy forbids styles that stand at an element"
        for name in ("src", "href", "action", "srcset", "poster"):
            address = attributes.get(name) or "#"
            assert address.startswith(("#", "data:")), f"<{tag}> asks for {address[:60]}"


def test_every_picture_has_its_section(tmp_path: Path) -> None:
    """In the open the glance, the maps of the model of most interest before confusion and mistakes."""
    report = report_of({"dense": 0.8, "other": 0.85, "cnn": 0.9})
    report["models"]["cnn"]["convolution_parameters"] = 9
    names = ("1-at-a-glance", "2-accuracy", "3-learning", "4-confusion", "5-mistakes", "6-calibration")
    figures = figures_in(tmp_path, *(f"figures/{name}.png" for name in (*names, "robustness-blur")))
    of_each = ("conv1-filters", "conv1-activations", "conv1-passports", "conv2-activations", "odd")
    inside = {m: figures_in(tmp_path, *(f"{m}/{one}.png" for one in of_each)) for m in ("other", "cnn")}
    html = page(report, figures, inside, tmp_path)
    sections = dict(re.findall(r'<section id="(\w+)">(.*?)</section>', html, re.DOTALL))
    front = {
        id: re.findall(r'data-file="([^"]*)"', re.sub(r"<details>.*?</details>", "", text, flags=re.DOTALL))
        for id, text in sections.items()
    }
    order = ["result", "one", "filters", "classes", "differ", "strain", "learning", "limits", "made"]
    assert list(sections) == order
    assert set(front["one"]) == {"cnn/conv1-activations.png"}
    assert set(front["filters"]) == {"cnn/conv1-filters.png"}
    assert front["result"] == ["figures/1-at-a-glance.png", "figures/2-accuracy.png"]
    assert set(front["classes"]) == {"figures/4-confusion.png"}
    assert set(front["differ"]) == {"figures/5-mistakes.png"}
    assert set(front["strain"]) == {"figures/robustness-blur.png"}, "none is in the open"
    assert set(front["learning"]) == {"figures/3-learning.png"}
    assert "cnn/odd.png" in sections["made"], "a picture without a section is lost"
    headings = re.findall(r"<h3>Inside (\w+)</h3>", sections["one"])
    assert headings == ["cnn", "other"], "the model of most interest comes first"
    for text in re.findall(r"<summary>(.*?)</summary>", sections["one"]):
        assert re.search(r'<img src="data:.*<span.*>(cnn|other)/.*finds', text), (
            "what is folded away has no title or thumbnail"
        )


def test_what_is_live_has_its_place_and_takes_that_of_pictures(tmp_path: Path) -> None:
    figures = figures_in(tmp_path, "figures/4-confusion.png", "figures/5-mistakes.png")
    names = ("conv1-filters", "conv1-activations", "conv1-passports", "keep-best", "why-3")
    inside = {m: figures_in(tmp_path, *(f"{m}/{one}.png" for one in names)) for m in ("cnn", "other")}
    networks = {"cnn": {"passports": {"conv1": {"filters": []}}}, "other": {"passports": {}}}

    report = report_of({"cnn": 0.9, "other": 0.8})
    report["models"]["cnn"]["convolution_parameters"] = 9

    def parts(networks: dict[str, Any]) -> tuple[list[str], str]:
        html = page(report, figures, inside, tmp_path, "", None, {"networks": networks})
        return re.findall(r'<div class="live" data-part="(\w+)"></div>', html), html

    found, html = parts(networks)
    assert found == [section.id for section in SECTIONS if section.is_live], "a live part has no place"
    assert html.count("<noscript>") == len(found), "without a script nobody learns why there is nothing"
    shown = {image["data-file"] for image in Reader(html).all("img") if image["alt"]}
    taken = {f"cnn/{name}.png" for name in ("conv1-filters", "conv1-activations", "conv1-passports")}
    everything = [*figures, *inside["cnn"], *inside["other"]]
    assert shown == {one.path.relative_to(tmp_path).as_posix() for one in everything} - taken, (
        "a picture is there that the script draws, or another one is lost"
    )
    assert '<p class="answer" data-file="cnn/conv1-activations.png"' in html, "what it finds is not said"
    folded = "".join(re.findall(r"<details>.*?</details>", html, re.DOTALL))
    assert 'data-file="figures/5-mistakes.png"' in folded, "the same pictures are in the open twice"
    assert 'data-file="figures/4-confusion.png"' not in folded
    needs_none = [section.id for section in SECTIONS if section.is_live and not section.needs_networks]
    assert needs_none, "this test asks nothing"
    assert parts({})[0] == needs_none, "what runs a network stands there without one"
    assert not parts({})[1].count('class="answer" data-file="cnn/conv1-a'), "its picture says so already"


def test_a_picture_that_could_not_be_drawn_answers_no_question(tmp_path: Path) -> None:
    names = ("robustness-shift", "robustness-blur", "robustness-noise")
    shift, blur, noise = figures_in(tmp_path, *(f"figures/{name}.png" for name in names))
    missing = [replace(one, title="", alt="", fault="no disk left") for one in (shift, blur)]
    [strain] = [part for part in filled([*missing, noise], {}, [], tmp_path) if part.section.id == "strain"]
    assert strain.first, "nothing answers"
    assert strain.first.figure == noise, "what is missing answers the question of the section"
    assert {one.figure for one in strain.pictures} == {*missing, noise}, "a picture is lost"


def test_the_list_of_contents_leads_to_every_section(tmp_path: Path) -> None:
    for failed in ((), ({"model": "cnn", "seed": 9, "reason": "loss not finite at epoch 2"},)):
        reader = read(report_of({"dense": 0.8, "cnn": 0.9}, failed=failed), tmp_path)
        sections = [section["id"] for section in reader.all("section")]
        links = [(link["href"] or "").removeprefix("#") for link in reader.all("a")]
        listed = links[1 : len(sections) + 1]
        assert listed == sections, "a section can't be reached, or a link leads nowhere"
        assert set(links) <= {*sections, "main"}


def test_a_section_without_anything_to_show_is_left_out(tmp_path: Path) -> None:
    reader = Reader(page(report_of({"dense": 0.8, "cnn": 0.9}), [], {}, tmp_path))
    shown = [section["id"] for section in reader.all("section")]
    assert shown == ["result", "classes", "learning", "limits", "made"]
    assert "What is a convolution?" not in reader.text


def test_the_row_of_mirror_images_is_explained_where_there_is_one(tmp_path: Path) -> None:
    told = "mirror_mean: what comes before it once more, of the mirror image, and the mean of both."
    for flips in (False, True):
        report = report_of({"dense": 0.8, "cnn": 0.9})
        report["models"]["cnn"]["layers"] = [asdict(row) for row in summary(Cnn(flip_at_test=flips), 10)]
        assert (told in page(report, [], {}, tmp_path)) == flips


def test_what_has_no_room_is_told_without_its_pixels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    figures, report = figures_in(tmp_path, *COMPARISON), report_of({"dense": 0.8, "cnn": 0.9})
    monkeypatch.setattr(page_file, "LARGEST", 0)
    html = page(report, figures, {}, tmp_path)
    assert "<img" not in html
    assert "The picture stands in figures/1-at-a-glance.png." in html, "nobody knows where to look"
    assert html.count("1 and 2</p>") == len(COMPARISON), "what a picture shows must be told all the same"


def test_a_picture_that_can_not_be_read_costs_itself_alone(tmp_path: Path) -> None:
    figures = figures_in(tmp_path, *COMPARISON)
    figures[1].path.write_bytes(b"\x89PNG and no more")
    figures[2].path.unlink()
    html = page(report_of({"dense": 0.8, "cnn": 0.9}), figures, {}, tmp_path)
    assert "The picture stands in figures/2-accuracy.png." in html
    assert "The picture stands in figures/3-learning.png." in html
    assert len({one["data-file"] for one in Reader(html).all("img") if one["alt"]}) == 3


def test_the_page_carries_its_numbers_for_programs(tmp_path: Path) -> None:
    report = report_of({"dense": 0.8, "cnn": 0.9}, names=["</script><script>alert(1)</script>", *"bcdefghij"])
    config = "name: </script><!-- & \u2028"
    data = {"predictions": block({"models": {"</script>": {"0": "AA=="}}})}
    reader = Reader(page(report, [], {}, tmp_path, config, data))
    read_back = {id: json.loads(text) for (tag, id), text in reader.inside.items() if id.startswith("data-")}
    assert read_back["data-report"]["models"].keys() == report["models"].keys()
    assert read_back["data-report"]["data"]["classes"][0] == "</script><script>alert(1)</script>"
    assert read_back["data-config"] == config
    assert read_back["data-predictions"] == {"models": {"</script>": {"0": "AA=="}}}
    assert len(reader.all("script")) == 4, "text of a block became an element"
    kinds = [script.get("type") for script in reader.all("script")]
    assert kinds == ["application/json"] * 3 + [None], "data could run"


@pytest.mark.parametrize("name", HOSTILE)
def test_whatever_stands_in_a_report_is_text(name: str, tmp_path: Path) -> None:
    names = [name or "x", "</table><img src=x onerror=alert(1)>", *map(str, range(8))]
    failed = ({"model": "cnn", "seed": 9, "reason": f"</ul><script>{name}</script>"},)
    report = report_of({"dense": 0.8, "cnn": 0.9}, names=names, failed=failed)
    report["environment"] = {"a<b>": "</script><script>alert(1)</script>"}
    report["data"]["source"] = "<iframe src=x>"
    reader = read(report, tmp_path, config="</pre><script>alert(1)</script>")
    assert [one["id"] for one in reader.all("script")] == ["data-report", "data-config", "script"], (
        "text of the report became a script"
    )
    assert len([one for one in reader.all("img") if one["alt"]]) == 8, "text of the report became a picture"
    assert not reader.all("iframe"), "text of the report became an element"
    assert names[1] in reader.text, "a class name is not shown as it is"
    assert not any("onerror" in attributes or "onclick" in attributes for _, attributes in reader.tags)


def test_only_the_page_s_own_script_may_run_and_only_its_style_be_set(tmp_path: Path) -> None:
    reader = read(report_of({"dense": 0.8, "cnn": 0.9}), tmp_path)
    policy = next(meta["content"] for meta in reader.all("meta") if "http-equiv" in meta) or ""
    for kind, text in (
        ("script", reader.inside["script", "script"]),
        ("style", reader.inside["style", ""]),
    ):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}';" in policy, (
            f"another {kind} could be used, or the own could not"
        )
    assert policy.startswith("default-src 'none'; "), "something could be fetched"
    assert "unsafe" not in policy
    assert not re.search(r"(?:https?|\*|'self')", policy)


@pytest.mark.parametrize(
    ("shares", "options"),
    [
        ({"cnn": 0.9}, {"num_seeds": 1, "num_classes": 2, "num_images": 100}),
        ({f"model-{number}": 0.8 + number / 100 for number in range(8)}, {"num_images": 200}),
        ({"dense": 0.0, "cnn": 0.9}, {"num_images": 300}),
        ({"dense": 0.9, "cnn": 0.9}, {"num_seeds": 0}),
        ({"dense": 0.8, "cnn": 0.9}, {"num_classes": 10, "num_images": 9}),
    ],
    ids=["one model", "eight models", "broken", "nothing finished", "class without pictures"],
)
def test_odd_runs_have_a_page(shares: dict[str, float], options: dict[str, Any], tmp_path: Path) -> None:
    report = report_of(shares, **options)
    reader = read(report, tmp_path)
    assert not re.search("None|nan", reader.text), "a number that is missing is shown as such"
    for pair in report["not_compared"]:
        assert pair["verdict"].split(":")[0] in reader.text, "why there is no comparison is not said"


def test_bold_is_what_stays_clear(tmp_path: Path) -> None:
    report = report_of({"dense": 0.8, "cnn": 0.9})
    for row in report["comparisons"][0]["per_class"]:
        row["clear"] = False
    html = page(report, [], {}, tmp_path)
    table = html[html.index('<section id="classes">') :]
    assert "<b>" not in table, "a difference that isn't clear is set in bold"


def test_failures_are_named_with_their_reason(tmp_path: Path) -> None:
    failed = ({"model": "cnn", "seed": 9, "reason": "loss not finite at epoch 2"},)
    text = read(report_of({"dense": 0.8, "cnn": 0.9}, failed=failed), tmp_path).text
    assert "1 training failed" in text
    assert "cnn, seed 9: loss not finite at epoch 2" in text


def test_a_failed_look_inside_is_not_counted_as_a_training(tmp_path: Path) -> None:
    training = {"model": "cnn", "seed": 9, "reason": "loss not finite at epoch 2"}
    text = read(report_of({"dense": 0.8, "cnn": 0.9}, failed=(training, LOOK)), tmp_path).text
    assert "1 training and 1 look inside failed" in text
    assert "looking inside cnn, seed 0: no disk left" in text
    scoring, reading = (training | {"stage": stage, "seed": 8} for stage in ("scoring", "reading"))
    missing = [{"file": f"figures/{name}.png", "reason": "no disk left"} for name in ("2-accuracy", "4-x")]
    failed = (training, scoring, reading, LOOK)
    report = report_of({"dense": 0.8, "cnn": 0.9}, failed=failed) | {"not_drawn": missing}
    told = "1 training, 1 scoring, 1 reading, 1 look inside and 2 pictures failed"
    assert told in read(report, tmp_path).text
    assert "training" not in read(report_of({"cnn": 0.9}, failed=(LOOK,)), tmp_path).text.split("failed:")[0]


def test_numbers_on_the_page_are_written_in_the_unit_of_their_column() -> None:
    shown = [NUMBERS["points"](difference) for difference in (0.026, -0.0123, -0.0004, 0, None)]
    assert shown == ["+2.6", "−1.2", "0.0", "0.0", "–"], "nothing has no sign"
    assert NUMBERS["ends"]((-0.0004, 0.0123)) == "0.0 to 1.2"
    assert NUMBERS["ends"]((-0.0123, -0.0004)) == "−1.2 to 0.0"
    assert NUMBERS["ends"](None) == ""
    assert [NUMBERS["percent"](share) for share in (0.9172, None)] == ["91.7 %", "–"]
    shown = [NUMBERS["mega"](flops) for flops in (9_970_000, 9_940_000, 203_264, 12_345, 1_234_567_890)]
    assert shown == ["10", "9.9", "0.2", "0.012", "1,235"], "9.97 is no 10.0"
    shown = [NUMBERS["seconds"](seconds) for seconds in (9.97, 9.94, 0.97, 0.9, 1234.5, None)]
    assert shown == ["10 s", "9.9 s", "1.0 s", "0.90 s", "1,234 s", "–"]
    assert [NUMBERS["milliseconds"](seconds) for seconds in (0.00042, None)] == ["0.42 ms", "–"]


def test_limits_are_those_of_this_run() -> None:
    report = report_of({"dense": 0.8, "cnn": 0.9}, num_seeds=1)
    told = " ".join(limits(report))
    assert "another training" in told, "one training per model must be called that"
    assert "near-duplicate" not in told, "a flaw of Fashion-MNIST is told of other data"
    assert "Pictures give the numbers" not in told
    by_number = report | {"classes_by_number": [1]}
    assert f"the numbers of the classes {report['data']['classes'][1]} and not" in " ".join(limits(by_number))
    assert "these models differ in size" not in told, "they are equally large"
    larger = report_of({"dense": 0.8, "cnn": 0.9})
    larger["comparisons"][0]["words"]["cost"] = "It is also 2.0 times as large"
    for parameters, flops, what in ((2, 9, "size and arithmetic"), (1.1, 1, "size"), (1, 9, "arithmetic")):
        larger["models"]["cnn"] |= {"parameters": int(1000 * parameters), "flops_per_image": 10_000 * flops}
        told_of_size = " ".join(limits(larger))
        assert f"Why one model is better: these models differ in {what}, too." in told_of_size
    assert "another training would give" not in told_of_size, "three seeds tell what another would give"
    report["data"]["name"], report["test_looks_words"] = "fashion-mnist", "14 settings have been scored."
    told = " ".join(limits(report))
    assert "(arXiv 1906.08255), and" in told, "of a report of before it is not known whether any is exact"
    assert "14 settings" in told
    for count in (0, 1):
        report["data"]["duplicates"] = dict.fromkeys(NumDuplicates.__annotations__, count)
        exact = "none is equal in every pixel" in " ".join(limits(report))
        assert exact == (count == 0), "that no duplicate is exact must follow from the count"


def test_every_number_stands_under_its_heading_in_the_row_of_its_model(tmp_path: Path) -> None:
    models, pairs, classes, quality, of_answers, cost = in_html(page(told_apart(), [], {}, tmp_path))
    assert models == {
        "dense": {"right": "89.1 %", "95 %": "88.7 to 89.6", "validation": "90.7 %",
                "single trainings": "89.0, 89.1, 89.2",
                  "parameters": "101,770", "MFLOP a picture": "0.2", "training": "3.4 s"},
        "cnn": {"right": "91.7 %", "95 %": "91.3 to 92.2", "validation": "92.5 %",
                "single trainings": "91.6, 91.7, 91.8",
                "parameters": "243,786", "MFLOP a picture": "10", "training": "50 s"},
    }  # fmt: skip
    assert cost == {
        "dense": {"parameters": "101,770", "in convolutions": "0", "MFLOP a picture": "0.2",
                  "epochs": "9 to 10", "training": "3.4 s", "one picture": "0.21 ms",
                  "all test pictures": "0.05 s"},
        "cnn": {"parameters": "243,786", "in convolutions": "37,568", "MFLOP a picture": "10", "epochs": "4",
                "training": "50 s", "one picture": "0.42 ms", "all test pictures": "1.5 s"},
    }  # fmt: skip
    assert pairs == {
        "cnn against dense": {"points": "+2.6", "95 %": "2.2 to 3.1", "only the first right": "57, 58, 59",
                              "only the second right": "31, 32, 33"},
    }  # fmt: skip
    assert classes == {
        "top": {
            "pictures": "190",
            "dense": "79.1 %",
            "cnn": "81.7 %",
            "cnn − dense": "−1.2",
            "95 %": "−2.0 to 3.0",
        },
        "coat": {
            "pictures": "191",
            "dense": "84.1 %",
            "cnn": "86.7 %",
            "cnn − dense": "+0.8",
            "95 %": "−2.0 to 4.0",
        },
        "bag": {
            "pictures": "192",
            "dense": "89.1 %",
            "cnn": "91.7 %",
            "cnn − dense": "+2.8",
            "95 %": "−2.0 to 5.0",
        },
    }
    assert quality == {
        "dense": {"among its first two": "96.1 %", "log loss": "0.311", "Brier score": "0.161",
                  "calibration error": "3.2 %", "right when the least sure tenth is left out": "92.1 %",
                  "how sure": "87.1 %", "trained in": "float32"},
        "cnn": {"among its first two": "98.3 %", "log loss": "0.233", "Brier score": "0.122",
                "calibration error": "1.2 %", "right when the least sure tenth is left out": "94.7 %",
                "how sure": "93.4 %", "trained in": "bfloat16"},
    }  # fmt: skip
    assert of_answers["coat"] == {
        "dense: precision": "83.0 %", "F1": "83.6 %", "cnn: precision": "85.6 %", "F1 2": "86.2 %",
    }  # fmt: skip
    html = page(told_apart(), [], {}, tmp_path)
    assert html.count("<b>+2.8</b>") == 1, "the class that is clear, and only it, is bold"
    assert "<b>+0.8</b>" not in html


def test_what_an_interval_allows_for_is_told_of_these_models(tmp_path: Path) -> None:
    def told(num_seeds: int) -> str:
        return page(report_of({"dense": 0.8, "cnn": 0.9}, num_seeds=num_seeds), [], {}, tmp_path)

    assert "the interval allows for new seeds and new pictures." in told(3)
    assert "the interval allows for other test pictures." in told(1), "one training says nothing of seeds"
    mixed = report_of({"dense": 0.8, "cnn": 0.9})
    mixed["models"]["cnn"]["accuracy"]["over"] = "images"
    told_of_both = "for new seeds and new pictures, but cnn with other test pictures only."
    assert told_of_both in page(mixed, [], {}, tmp_path)


def test_a_figure_stands_above_where_its_own_numbers_are(tmp_path: Path) -> None:
    figures = [replace(one, numbers=f"{one.path.stem}.csv") for one in figures_in(tmp_path, "a.png", "b.png")]
    html = page(
        report_of({"cnn": 0.9}), figures, {"cnn": figures_in(tmp_path, "cnn/inspection/c.png")}, tmp_path
    )
    told = re.findall(
        r'alt="\w[^>]*" data-file="(?:\w+/)*(\w)\.png".*?Numbers, in the run folder: (.*?)\.</figcaption>',
        html,
        re.DOTALL,
    )
    assert told == [("a", "a.csv"), ("b", "b.csv"), ("c", "the .json and .npz files in cnn/inspection")]


def test_a_model_is_written_below_the_headline_as_it_is_called(tmp_path: Path) -> None:
    report = report_of({"dense": 0.8, "cnn": 0.9})
    for rest in ("cnn is behind by 3.1 points.", "about 20 fewer mistakes."):
        report["comparisons"][0]["verdict"] = f"No difference can be seen: {rest}"
        [told] = re.findall(r'<p class="lead">(.*?)</p>', page(report, [], {}, tmp_path))
        expected = rest if rest.startswith("cnn") else rest.capitalize()
        assert told == expected, f"the page says {told!r}: a model's name must stay, a sentence begins large"
