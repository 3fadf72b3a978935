"""Which jobs an experiment has, and what each costs. No TensorFlow."""

from dataclasses import dataclass
from typing import Any

from configs.schema import Config
from data.splits import Splits
from model.jobs import explain_model, inspect_model, train_and_score
from model.launch import Job
from model.layer_facts import LayerFacts, layer_facts
from model.robustness import measure_robustness, num_questions
from model.run_folder import RunFolder

FORWARD_AND_BACKWARD = 3  # a training step does the forward arithmetic, and twice as much backward
LOOKS = {"inside": inspect_model, "why": explain_model}
PERTURBED = "perturbed"  # a look of its own: at any seed, and drawn with the report
LOOK_IMAGES = {"inside": 270_000, "why": 80_000}  # what a look takes, in images passed forward
SHARE_OF_SPEED = 0.65  # of one convolution's speed that whole training steps reach
OVERHEAD_SECONDS = 15.0  # beside the jobs' arithmetic: TensorFlow's import, graphs, the report

Training = tuple[str, int]  # model and seed
Look = tuple[str, str, int]  # kind, model and seed


@dataclass(frozen=True)
class Plan:
    """The jobs of one config on its data, in its folder.

    `identity` is what makes two experiments the same one.
    """

    config: Config
    splits: Splits
    run: RunFolder
    identity: dict[str, str]

    def all_trainings(self) -> list[Training]:
        """Each model with each seed."""
        return [(model, seed) for model in self.config.models for seed in self.config.seeds]

    def all_looks(self) -> list[Look]:
        """The models of the first seed are looked into; those of others may be asked, too."""
        config = self.config
        looks = [(kind, model, config.seeds[0]) for model in config.models for kind in LOOKS]
        return looks + [
            (PERTURBED, model, seed) for model in config.models for seed in config.seeds_perturbed
        ]

    def training(self, model: str, seed: int) -> Job:
        """Train and score one model with one seed; how it computes is told when that is known."""
        recipe = self.config.training_of(model)
        return Job(
            f"{model} seed {seed}",
            train_and_score,
            {
                "network": self.config.models[model],
                "recipe": recipe,
                "augmentation": self.config.data.augmentation,
                "seed": seed,
                "folder": self.run.seed_folder(model, seed),
                "identity": self.identity,
            },
            cost=FORWARD_AND_BACKWARD * recipe.epochs * len(self.splits.train.labels) * self._flops(model),
        )

    def look(self, kind: str, model: str, seed: int) -> Job:
        """Take one look at a trained model."""
        folder = self.run.seed_folder(model, seed)
        arguments: dict[str, Any] = {"network": self.config.models[model], "seed": seed}
        arguments |= {"saved": folder / "model.keras", "identity": self.identity}
        if kind == PERTURBED:
            settings = self.config.robustness
            arguments |= {"settings": settings, "folder": folder}
            cost = num_questions(settings, self.splits.test.labels) * self._flops(model)
            return Job(f"{model} seed {seed} {kind}", measure_robustness, arguments, cost)
        arguments |= {"settings": self.config.inspection, "folder": self.run.inspection_folder(model)}
        cost = LOOK_IMAGES[kind] * self._flops(model)
        return Job(f"{model} {kind}", LOOKS[kind], arguments | {"name": model}, cost)

    def facts(self, model: str) -> list[LayerFacts]:
        """The layers of a model."""
        return layer_facts(self.config.models[model], len(self.splits.class_names))

    def _flops(self, model: str) -> int:
        return sum(fact.flops for fact in self.facts(model))
