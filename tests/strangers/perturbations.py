"""How each kind of perturbation is told, written down anew: tests/robustness/test_figures.py asks for all."""

from typing import NamedTuple


class Told(NamedTuple):
    """How one is told: the title at its middle strength, what training has seen of it, a strength's unit."""

    title: str
    middle: float
    seen: str
    unit: str

    @property
    def at(self) -> str:
        return self.title.format(self.middle)


TOLD = {
    "shift": Told("Shifted {:g} pixels", 3, "shifts", "pixels"),
    "rotation": Told("Turned {:g} degrees", 30, "turns", "degrees"),
    "noise": Told("With noise of {:g} gray levels", 45, "noise", "gray levels"),
    "blur": Told("Blurred by {:g} pixels", 1.5, "blur", "pixels"),
    "contrast": Told("With {:g} % less contrast", 45, "other contrasts", "% less contrast"),
    "occlusion": Told("{0:g} x {0:g} pixels covered", 12, "covered parts", "pixels"),
}
