"""Pages with odd names, without networks, with damaged ones: what can be shown is shown, and nothing else."""

from typing import Any

from tests.comparison.test_accuracy_figure import HOSTILE
from tests.page.conftest import choose, data_of, with_data


def test_no_name_is_more_than_text(live: Any, run_page: str) -> None:
    """Names of classes and of groups; of models there are none that could do harm."""
    parts = "[...document.querySelectorAll('.live *')].map((one) => one.tagName + one.getAttributeNames())"
    found = []
    for names in ([f"plain {number}" for number in range(len(HOSTILE))], HOSTILE):
        data = data_of(run_page, "data-live")
        count = len(data["classes"])
        data["classes"] = [names[number % len(names)] or "x" for number in range(count)]
        data["pictures"]["groups"] = {name: [number] for number, name in enumerate(names)}
        shown = live(with_data(run_page, "data-live", data))
        shown.locator("#differ .live-confusion button").first.click()
        shown.wait_for_timeout(300)
        found.append(shown.evaluate(parts))
    assert found[0] == found[1], "a name became an element or an attribute"


def test_a_page_without_networks_shows_what_it_can(live: Any, opened: Any, run_page: str) -> None:
    data = data_of(run_page, "data-live")
    data["networks"], data["not_live"] = {}, {"cnn": "it is too large"}
    shown = opened(with_data(run_page, "data-live", data))
    shown.locator("#one p", has_text="cnn is not live here: it is too large").wait_for()
    shown.locator("#differ .live-confusion").wait_for()
    data = data_of(run_page, "data-live")
    data["networks"] = {"dense": data["networks"]["dense"]}
    shown = live(with_data(run_page, "data-live", data))
    assert "None of the networks that are live here has conv" in shown.locator("#filters").inner_text()
    data = data_of(run_page, "data-live")
    data["networks"]["cnn"]["passports"] = {}
    shown = live(with_data(run_page, "data-live", data))
    assert "have not been looked into" in shown.locator("#filters .live").inner_text()
    choose(shown, 1, 0)


def test_a_damaged_network_costs_itself_alone(live: Any, run_page: str) -> None:
    data = data_of(run_page, "data-live")
    data["networks"]["cnn"]["layers"][0]["bias"] = ""
    shown = live(with_data(run_page, "data-live", data))
    said = shown.locator("#one .live-note").first.inner_text()
    assert said.startswith(
        "cnn is not live here: what this page holds of it is damaged: conv1 has 36 weights"
    )
    assert shown.locator("#one .live-bars").count() == 1, "the other network says nothing"
    shown.locator("#strain .live-bars").wait_for()
