"""The pictures of the comparison, in reading order, after the glance."""

from model.comparison.accuracy_figure import accuracy
from model.comparison.disagreement_figure import disagreements
from model.comparison.learning_figure import learning
from model.comparison.mistake_figures import confusion, mistakes
from model.comparison.quality_figures import calibration
from model.report.figure import Picture

COMPARISON = (
    Picture("2-accuracy", accuracy, "models.*.accuracy and comparisons.*.interval in report.json"),
    Picture("3-learning", learning, "history.csv of every training; models.*.accuracy in report.json"),
    Picture("4-confusion", confusion, "models.*.confusion and comparisons.*.per_class in report.json"),
    Picture("5-mistakes", mistakes, "mistakes in report.json"),
    Picture(
        "6-calibration",
        calibration,
        "models.*.calibration, calibration_error, confidence and accuracy in report.json",
        only_with="models",
    ),
    Picture(
        "9-disagreements", disagreements, "comparisons.0.disagreement in report.json", only_with="comparisons"
    ),
)
