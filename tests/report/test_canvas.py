import base64
import io
import pickle
import re

import numpy as np
import pytest
from matplotlib import cbook
from matplotlib.font_manager import findfont, fontManager, get_font
from PIL import Image

from data.splits import Split, Splits
from model.report import canvas
from model.report.canvas import Sheet, attribution, enlarge, garment, limit_of, response, share_cut


def read(path):
    return np.asarray(Image.open(path).convert("RGB"))


def test_a_sheet_has_its_size_and_whole_pixels(tmp_path):
    rgb = enlarge(np.random.default_rng(0).integers(0, 256, (26, 26, 3), dtype=np.uint8), 5)
    sheet = Sheet(400, "A title with $x^2$ and a \\frac", "how to read it")
    sheet.place(101, 157, rgb)
    sheet.save(tmp_path / "x.png")
    pixels = read(tmp_path / "x.png")
    assert pixels.shape == (400, 1200, 3), "a figure is 1200 pixels wide and as high as was asked"
    found = pixels[157 : 157 + 130, 101 : 101 + 130]
    np.testing.assert_array_equal(
        found, rgb, err_msg="a map's pixel must be a block of one colour, at its place"
    )


def test_a_sheet_of_any_size_keeps_its_last_row():
    sizes = [size for size in range(100, 1501) if int(size / 100 * 100) < size]
    assert sizes, "there are sizes that come back smaller"
    for size in sizes[:20]:
        inches = Sheet(size, "", width=size).figure.get_size_inches()
        assert (inches * 100).astype(int).tolist() == [size, size], "matplotlib 3.9 rounds down"


def test_a_frame_stands_around_its_picture(tmp_path):
    sheet = Sheet(200, "t")
    sheet.place(50, 100, np.full((10, 10, 3), 9, np.uint8), frame="#ff0000")
    sheet.save(tmp_path / "x.png")
    pixels = read(tmp_path / "x.png")
    assert pixels[98:112, 48:62].reshape(-1, 3).tolist().count([255, 0, 0]) == 14 * 14 - 10 * 10
    assert (pixels[97, 48:62] == 255).all(), "the frame is wider than it should be"


def test_white_is_zero_red_is_more_blue_is_less():
    colours = response(np.array([[-2.0, -1.0, 0.0, 1.0, 2.0]]), limit=1.0, block=1)[0].astype(int)
    assert (colours[2] >= 246).all(), "0 must be white"
    assert colours[3][0] > colours[3][2], "positive must be red"
    assert colours[1][2] > colours[1][0], "negative must be blue"
    assert (colours[4] == colours[3]).all(), "what lies beyond the limit has the limit's colour"
    orange = attribution(np.array([[0.7]]), 1.0, 1)[0, 0].astype(int)
    assert orange[0] > orange[2], "what speaks for the class must be orange"


def test_garments_are_shown_as_they_are():
    image = np.array([[0, 128], [255, 7]], np.uint8)
    assert (garment(image, 3)[::3, ::3] == image[..., None]).all(), "gray from 0 to 255, never rescaled"


def test_one_limit_for_all_that_is_shown():
    limit = limit_of(np.arange(500), -np.arange(500, 1000))
    assert limit == pytest.approx(np.percentile(np.arange(1000), 99.5))
    assert share_cut(limit, np.arange(1000)) == 0.005
    assert limit_of(np.zeros(4)) == 1.0, "all zero must be drawn white, not fail"


LONG = "日本の長い長い長い長い長い長い長い長い長い長い名前です"


@pytest.fixture
def only_latin(monkeypatch):
    """No font here has anything but ASCII."""
    monkeypatch.setattr(
        canvas, "_family_of", lambda character: canvas.FAMILY if character.isascii() else None
    )
    canvas._advance.cache_clear()
    yield
    canvas._advance.cache_clear()


def work_on(*names):
    """Make the data set of such classes, as whoever draws them has done."""
    images = Split(np.zeros((1, 28, 28), np.uint8), np.zeros(1, np.uint8))
    return Splits(images, images, images, names, "title", "source", "digest")


@pytest.fixture
def another_font(monkeypatch):
    """A font for formulas, which matplotlib brings along, stands for one of any other script."""
    path = cbook._get_data_path("fonts/ttf/STIXGeneral.ttf")
    monkeypatch.setattr(fontManager, "ttflist", [*fontManager.ttflist])
    fontManager.addfont(path)
    canvas._family_of.cache_clear()
    yield path
    canvas._family_of.cache_clear()


def test_a_character_that_our_font_lacks_is_drawn_in_one_that_has_it(another_font, tmp_path):
    path = another_font
    ours = get_font(findfont("DejaVu Sans"))
    others = [chr(code) for code in get_font(path).get_charmap() if not ours.get_char_index(code)]
    # Two letters of one block, which a font of last resort would draw as the same box.
    first, second = [character for character in others if 0x1D400 <= ord(character) < 0x1D500][:2]
    pictures = []
    for number, text in enumerate((first, second)):
        sheet = Sheet(100, "title")
        sheet.text(100, 60, text, size=30)
        sheet.axes(200, 50, 50, 20).annotate(text, (0.5, 0.5))
        sheet.save(tmp_path / f"{number}.png")
        pictures.append(read(tmp_path / f"{number}.png"))
    for left in (100, 200):
        one, other = (picture[50:, left : left + 90] for picture in pictures)
        assert (one != other).any(), f"{first!a} and {second!a} are drawn as the same box"
    assert canvas.classes_by_number([first, "b"]) == [], "a name that can be drawn is drawn"


def test_of_a_name_that_no_font_has_the_number_is_drawn(only_latin):
    work_on("shirt", LONG, "日本")
    assert canvas.classes_by_number(["shirt", LONG, "日本"]) == [1, 2]
    sheet = Sheet(100, "日本 is mixed up with shirt")
    sheet.text(0, 0, canvas.shortened(LONG, 60))
    assert [text.get_text() for text in sheet.figure.texts] == ["class 2 is mixed up with shirt", "class 1"]
    work_on("shirt")
    assert canvas.classes_by_number(["shirt"]) == []
    assert Sheet(100, "日本").figure.texts[0].get_text() == "日本", "the names of another run are replaced"


def test_a_process_that_is_sent_a_data_set_knows_its_classes(only_latin):
    """Workers are: there, nobody has made the data set."""
    sent = pickle.dumps(work_on("shirt", "日本"))
    work_on("shirt", "bag")
    found = pickle.loads(sent)
    assert found.class_names == ("shirt", "日本")
    assert Sheet(100, "日本").figure.texts[0].get_text() == "class 1", "a worker draws boxes for the name"


@pytest.mark.parametrize("name", ["מעיל", "حذاء", "boot מעיל"])
def test_a_name_from_right_to_left_is_given_by_number(name):
    """Our font has Hebrew and Arabic, but matplotlib turns them round, or the line in which they stand."""
    work_on("shirt", name)
    assert canvas.classes_by_number(["shirt", name]) == [1]
    assert Sheet(100, f"{name}, 12 of 1,000").figure.texts[0].get_text() == "class 1, 12 of 1,000"


def test_a_sheet_as_svg_has_the_same_pixels_and_its_text_as_outlines(tmp_path):
    rgb = enlarge(np.random.default_rng(0).integers(0, 256, (26, 26, 3), dtype=np.uint8), 5)

    def draw(path):
        sheet = Sheet(400, "A title", "how to read it")
        sheet.place(101, 157, rgb)
        sheet.axes(500, 150, 200, 100).plot([0, 1])
        sheet.save(path)

    with canvas.as_svg(tmp_path):
        draw(tmp_path / "x.png")
    assert [path.name for path in tmp_path.iterdir()] == ["x.svg"], "within the block nothing is a PNG"
    text = (tmp_path / "x.svg").read_text()
    [encoded] = re.findall(r'xlink:href="data:image/png;base64,([^"]+)"', text)
    pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(encoded))).convert("RGB"))
    np.testing.assert_array_equal(pixels[157 : 157 + 130, 101 : 101 + 130], rgb, "a map's pixels")
    assert (np.delete(pixels, slice(157, 287), 0) == 255).all(), "text and axes are no pixels"
    assert "image-rendering:pixelated" in text, "blocks must stay sharp where they are enlarged"
    assert "DejaVuSans-Bold" in text, "text has no outlines of its font"
    with canvas.as_svg(tmp_path):
        draw(tmp_path / "y.png")
    assert (tmp_path / "y.svg").read_text() == text, "the same sheet gives another file"
    draw(tmp_path / "z.png")
    assert (tmp_path / "z.png").exists(), "after the block pictures are PNG again"


def test_a_sheet_as_svg_goes_nowhere_else(tmp_path):
    with canvas.as_svg(tmp_path / "in"), pytest.raises(ValueError, match="is not in"):
        Sheet(200, "t").save(tmp_path / "in" / "why-" / ".." / ".." / "out.png")
    assert not list(tmp_path.rglob("*")), "a name in a stranger's file leads out of the folder"
