"""Which jobs an experiment has, and what each costs. No TensorFlow."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from configs.schema import Config
from data.splits import Splits
from model.attribution.job import explain_model
from model.inspection.job import inspect_model
from model.networks.facts import LayerFacts, layer_facts
from model.robustness.measure import measure_robustness, num_questions
from model.run.arithmetic import Arithmetic, Precision
from model.run.checkpoints import newest_epoch
from model.run.folder import RunFolder
from model.run.workers import Job
from model.training.job import train_and_score

FORWARD_AND_BACKWARD = 3  # a training step does the forward arithmetic, and twice as much backward
LOOKS = {"inside": inspect_model, "why": explain_model}
PERTURBED = "perturbed"  # a look of its own: at any seed, and drawn with the report

# What jobs cost, fitted to runs of the configs here; seconds are those of a core that convolves at REFERENCE.
REFERENCE = 1e11  # FLOP/s in float32
TYPICAL_SPEED = {"float32": 5e10, "bfloat16": 1e11}  # FLOP/s of one core, until a probe has found them
SHARE_OF_SPEED = {"float32": 0.8, "bfloat16": 0.75}  # of one convolution's that whole training steps reach
STEP_SECONDS = 0.0002  # what a step takes beside its arithmetic
BEGIN_SECONDS = 1.0  # of a job: its graphs and files
LOOK_IMAGES = {"inside": 300_000, "why": 120_000}  # what a look takes, in images passed forward
REPORT_SECONDS = 2.0  # comparing and drawing, when all jobs are done
GAIN_SIDE_BY_SIDE = 1.2  # how much faster a job goes that has the cores of two

Training = tuple[str, int]  # model and seed
Look = tuple[str, str, int]  # kind, model and seed


@dataclass(frozen=True)
class Plan:
    """The jobs of one config on its data, in its folder.

    `identity` is what makes two experiments the same one. `speeds` are FLOP/s of one core by precision,
    typical ones until a worker has been asked; where it dies of bfloat16, `arithmetic` changes, too.
    """

    config: Config
    splits: Splits
    run: RunFolder
    identity: dict[str, str]
    arithmetic: Arithmetic
    environment: dict[str, Any] = field(default_factory=dict)
    speeds: Mapping[str, float] = field(default_factory=lambda: TYPICAL_SPEED)

    def all_looks(self) -> list[Look]:
        """The models of the first seed are looked into; those of others may be asked, too."""
        config = self.config
        looks = [(kind, model, config.seeds[0]) for model in config.models for kind in LOOKS]
        return looks + [
            (PERTURBED, model, seed) for model in config.models for seed in config.seeds_perturbed
        ]

    def training(self, model: str, seed: int) -> Job:
        """Train and score one model with one seed, from the newest checkpoint on."""
        recipe, folder = self.config.training_of(model), self.run.seed_folder(model, seed)
        precision = self.precision_of(model)
        begun = min(newest_epoch(folder) / recipe.epochs, 0.99)
        num_images = len(self.splits.train.labels)
        arithmetic = FORWARD_AND_BACKWARD * num_images * self._flops(model)
        epoch = arithmetic / (SHARE_OF_SPEED[precision] * self.speeds[precision])
        epoch += self.slowness * STEP_SECONDS * num_images / recipe.batch_size
        return Job(
            f"{model} seed {seed}",
            train_and_score,
            {
                "network": self.config.models[model],
                "recipe": recipe,
                "augmentation": self.config.data.augmentation,
                "seed": seed,
                "arithmetic": replace(self.arithmetic, precision=precision),
                "environment": self.environment,
                "folder": folder,
                "identity": self.identity,
            },
            cost=self.slowness * BEGIN_SECONDS + epoch * recipe.epochs * (1 - begun),
            begun=begun,
        )

    def look(self, kind: str, model: str, seed: int) -> Job:
        """Take one look at a trained model."""
        folder = self.run.seed_folder(model, seed)
        arguments: dict[str, Any] = {"network": self.config.models[model], "seed": seed}
        arguments |= {"saved": folder / "model.keras", "identity": self.identity}
        training = f"{model} seed {seed}"
        function: Callable[..., None]
        if kind == PERTURBED:
            settings = self.config.robustness
            arguments |= {"settings": settings, "folder": folder}
            name, function = f"{training} {kind}", measure_robustness
            num_images = num_questions(settings, self.splits.test.labels)
        else:
            arguments |= {"settings": self.config.inspection, "folder": self.run.inspection_folder(model)}
            arguments |= {"name": model}
            name, function, num_images = f"{model} {kind}", LOOKS[kind], LOOK_IMAGES[kind]
        cost = self.slowness * BEGIN_SECONDS + num_images * self._flops(model) / self.speeds["float32"]
        return Job(name, function, arguments, cost, after=training)

    @property
    def slowness(self) -> float:
        """How much longer work takes here that is no convolution, as far as that can be told from one."""
        return REFERENCE / self.speeds["float32"]

    def precision_of(self, model: str) -> Precision:
        """What a model trains in."""
        precision = self.config.training_of(model).precision
        return self.arithmetic.precision if precision == "auto" else precision

    @property
    def precisions(self) -> set[Precision]:
        """What the models train in."""
        return {self.precision_of(model) for model in self.config.models}

    def facts(self, model: str) -> list[LayerFacts]:
        """The layers of a model."""
        return layer_facts(self.config.models[model], len(self.splits.class_names))

    def _flops(self, model: str) -> int:
        return sum(fact.flops for fact in self.facts(model))
