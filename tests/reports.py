"""A report.json put together by hand, for all that is made of one."""

from typing import Any

from tests.comparison.test_accuracy_figure import report_of


def told_apart() -> dict[str, Any]:
    """A report of two models in which no two numbers are the same."""
    report = report_of(
        {"dense": 0.8, "cnn": 0.9}, num_classes=3, num_images=600, names=["top", "coat", "bag"]
    )
    numbers: dict[str, dict[str, Any]] = {
        "dense": {"parameters": 101_770, "convolution_parameters": 0, "flops_per_image": 203_264,
                  "epochs": 10, "epochs_per_seed": {"0": 9, "1": 10, "2": 10}, "precision": "float32",
                  "train_seconds": 3.4, "predict_one_seconds": 0.00021, "predict_seconds": 0.05,
                  "calibration_error": 0.0321, "confidence": 0.871,
                  "validation_accuracy": {"0": 0.906, "1": 0.907, "2": 0.908}},
        "cnn": {"parameters": 243_786, "convolution_parameters": 37_568, "flops_per_image": 10_045_952,
                "epochs": 4, "epochs_per_seed": {}, "precision": "bfloat16",
                "seeds": [0, 2, 5],
                "train_seconds": 49.7, "predict_one_seconds": 0.00042, "predict_seconds": 1.52,
                "calibration_error": 0.0123, "confidence": 0.934,
                "validation_accuracy": {"0": 0.924, "1": 0.1, "2": 0.925, "5": 0.926}},
    }  # fmt: skip
    measured = {
        "dense": {"accuracy": 0.891, "top_2": 0.961, "loss": 0.311, "brier": 0.161},
        "cnn": {"accuracy": 0.917, "top_2": 0.983, "loss": 0.233, "brier": 0.122},
    }
    for name, entry in report["models"].items():
        for key, mean in measured[name].items():
            interval, values = [mean - 0.004, mean + 0.005], [mean - 0.001, mean, mean + 0.001]
            entry[key] = entry[key] | {"mean": mean, "std": 0.001, "interval": interval, "values": values}
        for label, row in enumerate(entry["per_class"]):
            share = measured[name]["accuracy"] - 0.1 + 0.05 * label
            row |= {
                "images": 190 + label,
                "accuracy": share,
                "precision": share - 0.011,
                "f1": share - 0.005,
            }
        entry["rejection"][2]["accuracy"] = measured[name]["accuracy"] + 0.03
        entry |= numbers[name]
    pair = report["comparisons"][0]
    pair |= {"difference": 0.026, "interval": [0.022, 0.031]}
    pair["mcnemar"] = [
        {
            "seed": seed,
            "only_baseline_correct": 31 + seed,
            "only_candidate_correct": 57 + seed,
            "p_value": 0.01,
        }
        for seed in (0, 1, 2)
    ]
    for label, row in enumerate(pair["per_class"]):
        row |= {
            "difference": 0.02 * label - 0.012,
            "interval": [-0.02, 0.03 + 0.01 * label],
            "clear": label == 2,
        }
    return report
