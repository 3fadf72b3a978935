"""Which jobs an experiment has left to do, and what each costs. No TensorFlow."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, get_args

from configs.networks import Form
from configs.schema import Cnn, Config
from data.splits import Splits
from model.attribution.job import explain_model
from model.experiment.parts import (
    Kind,
    Task,
    is_sound,
    is_there,
    lacks_answers_alone,
    settings_of,
    state_of,
    tasks_of,
    unreadable,
)
from model.inspection.job import inspect_model
from model.networks.facts import LayerFacts, flops_per_image, layer_facts, summary
from model.robustness.measure import measure_robustness, num_questions
from model.run.arithmetic import Arithmetic, Precision
from model.run.capacity import memory_of_training, memory_of_worker
from model.run.checkpoints import newest_epoch
from model.run.folder import ORIGINAL, RECORDS, RunFolder
from model.run.identity import digests_of_before, identity_of_training
from model.run.jobs import Job
from model.run.looks import Look
from model.run.manifest import Manifest
from model.run.rules import STATISTICS_IMAGES, STATISTICS_IMAGES_OF_CURVE, rules_of
from model.training.elsewhere import take_in, try_pixels
from model.training.job import score_again, train_and_score

FORWARD_AND_BACKWARD = 3  # a training step does the forward arithmetic, and twice as much backward
# Looks into the model of the first seed, and what they take, in images passed forward:
LOOKS: dict[Kind, Callable[..., None]] = {"inspection": inspect_model, "attribution": explain_model}
LOOK_IMAGES: dict[Kind, int] = {"inspection": 300_000, "attribution": 120_000}

# What jobs cost, fitted to runs of the configs here; seconds are those of a core that convolves at REFERENCE.
REFERENCE = 1e11  # FLOP/s in float32
TYPICAL_SPEED = {"float32": 5e10, "bfloat16": 1e11}  # FLOP/s of one core, until a probe has found them
SHARE_OF_SPEED = {"float32": 0.8, "bfloat16": 0.75}  # of one convolution's that whole training steps reach
STEP_SECONDS = 0.0002  # what a step takes beside its arithmetic
BEGIN_SECONDS = 1.0  # of a job: its graphs and files
REPORT_SECONDS = 5.0  # comparing, drawing and putting the page together, when all jobs are done
GAIN_SIDE_BY_SIDE = 1.2  # how much faster a job goes that has the cores of two


@dataclass(frozen=True)
class Plan:
    """The jobs of one config on its data, in its folder.

    `manifest` is what the run vouches for. `speeds` are FLOP/s of one core by precision, typical ones until a
    worker has been asked; where it dies of bfloat16, `arithmetic` changes, too. `untried` says by model why
    one of `trials` has failed.
    """

    config: Config
    splits: Splits
    run: RunFolder
    manifest: Manifest
    arithmetic: Arithmetic
    environment: dict[str, Any] = field(default_factory=dict)
    speeds: Mapping[str, float] = field(default_factory=lambda: TYPICAL_SPEED)
    untried: Mapping[str, str] = field(default_factory=dict)

    def left(self, train: bool = True) -> list[Task]:
        """What is not done yet: trainings, and looks at the models that are trained or will be.

        A training of which a file can't be read is not made again: it may be whole.
        """
        tasks = tasks_of(self.config)
        trainings = [task for task in tasks if task.kind == "training" and train]
        trainings = [task for task in trainings if not (self._is_whole(task) or unreadable(self.run, task))]
        made = {(task.model, task.seed) for task in trainings if not self.is_scored_again(task)}
        looks = [task for task in tasks if task.kind != "training"]
        wanted = [task for task in looks if (task.model, task.seed) in made or self._is_wanted(task)]
        return trainings + wanted

    def is_scored_again(self, task: Task) -> bool:
        """Whether what there is to do of a training is no more than to have its network answer once more."""
        return task.kind == "training" and lacks_answers_alone(self.manifest, self.config, task)

    def looked_into(self, model: str) -> list[dict[str, Any]]:
        """The records of the looks into a model that are done."""
        looks = [task for task in tasks_of(self.config) if task.model == model and task.kind in RECORDS]
        records = [self.run.look(model, task.kind) for task in looks if is_there(self.manifest, task)]
        return [record for record in records if record is not None]

    def _is_whole(self, task: Task) -> bool:
        return state_of(self.manifest, self.config, task, thoroughly=True) == "whole"

    def _is_wanted(self, look: Task) -> bool:
        """Whether a look is to be taken at a model that is trained."""
        metrics = self.run.metrics(look.model, look.seed)
        if metrics is None or not is_sound(metrics) or self.manifest.state_of_file(look.network) != "whole":
            return False
        record = self.run.look(look.model, look.kind) if look.kind in RECORDS else None
        lacking = [figure for figure in (record or {"figures": ()})["figures"] if figure.get("fault")]
        return bool(lacking) or not self._is_whole(look)

    def job(self, task: Task) -> Job:
        """What does a task, and what that costs as far as is known by now."""
        if self.is_scored_again(task):
            return self._scoring(task)
        return self._training(task) if task.kind == "training" else self._look(task)

    def memory(self, task: Task) -> float:
        """The bytes that a worker needs to do a task, as far as that is known."""
        train, validation, test = self.splits.train, self.splits.validation, self.splits.test
        worker = memory_of_worker(sum(split.images.nbytes for split in (train, validation, test)))
        if task.kind != "training" or task.model in self.config.elsewhere or self.is_scored_again(task):
            return worker
        batch_size = self.config.training_of(task.model).batch_size
        return max(worker, memory_of_training(batch_size, self.facts(task.model), train.images.nbytes))

    def _training(self, task: Task) -> Job:
        """Train and score one model with one seed, from the newest checkpoint on; or take it in."""
        if task.model in self.config.elsewhere:
            return self._taking_in(task)
        model, seed = task.model, task.seed
        recipe, folder = self.config.training_of(model), self.run.seed_folder(model, seed)
        precision = self.precision_of(model)
        begun = min(newest_epoch(folder) / recipe.epochs, 0.99)
        num_images = len(self.splits.train.labels)
        arithmetic = num_images * self._flops_of_a_step(model)
        epoch = arithmetic / (SHARE_OF_SPEED[precision] * self.speeds[precision])
        epoch += self.slowness * STEP_SECONDS * num_images / recipe.batch_size
        epoch += self._seconds_of_statistics(model, STATISTICS_IMAGES_OF_CURVE)
        begin_and_end = self.slowness * BEGIN_SECONDS + self._seconds_of_statistics(model, STATISTICS_IMAGES)
        return Job(
            task.name,
            train_and_score,
            {
                "network": self.config.models[model],
                "recipe": recipe,
                "augmentation": self.config.data.augmentation,
                "seed": seed,
                "arithmetic": replace(self.arithmetic, precision=precision),
                "environment": self.environment,
                "folder": folder,
                "identity": self._identity(task),
                "begun_as": tuple(digests_of_before(self.config)) if begun else (),
            },
            cost=begin_and_end + epoch * recipe.epochs * (1 - begun),
            begun=begun,
            leads_on=is_sound,
            anywhere=True,
        )

    def _scoring(self, task: Task) -> Job:
        """Have a trained model answer once more."""
        num_images = len(self.splits.test.labels) + len(self.splits.validation.labels)
        cost = self._seconds_of_questions(task.model, num_images)
        network, folder = self.config.models[task.model], self.run.seed_folder(task.model, task.seed)
        arguments = {"network": network, "folder": folder}
        shown = task.called(task.model in self.config.elsewhere)
        return Job(task.name, score_again, arguments, cost, leads_on=is_sound, shown=shown)

    def _taking_in(self, task: Task) -> Job:
        """Score a network that was trained elsewhere."""
        found = self.config.elsewhere[task.model].found
        if found is None:  # `with_files` has read it
            raise ValueError(task.model)
        num_images = len(self.splits.validation.labels) + len(self.splits.test.labels)
        folder = self.run.seed_folder(task.model, task.seed)
        return Job(
            task.name,
            take_in,
            {
                "original": folder / ORIGINAL,
                "sha256": found.sha256[self.config.seeds.index(task.seed)],
                "pixels": found.pixels,
                "untried": self.untried.get(task.model, ""),
                "environment": self.environment,
                "folder": folder,
                "identity": self._identity(task),
            },
            cost=self._seconds_of_questions(task.model, num_images),
            leads_on=is_sound,
            shown=task.called(elsewhere=True),
        )

    def trials(self) -> list[Job]:
        """What finds out how networks that were trained elsewhere read pixels, where that is not known."""
        jobs = []
        for model, network in self.config.elsewhere.items():
            if network.found is None or network.found.pixels is not None:
                continue
            files = [self.run.seed_folder(model, seed) / ORIGINAL for seed in self.config.seeds]
            forms = get_args(Form) if network.pixels == "auto" else (network.pixels,)
            jobs.append(Job(model, try_pixels, {"files": files, "forms": forms}))
        return jobs

    def _look(self, task: Task) -> Job:
        """Take one look at a trained model."""
        kind, model, seed = task
        settings, folder = settings_of(self.config, task), self.run.seed_folder(model, seed)
        saved, training = folder / "model.keras", Task("training", model, seed).name
        if kind == "robustness":
            function, num_images = measure_robustness, num_questions(settings, self.splits.test.labels)
        else:
            function, num_images = LOOKS[kind], LOOK_IMAGES[kind]
            folder = self.run.inspection_folder(model)
        look = Look(model, seed, self.config.models[model], settings, saved, folder, self._identity(task))
        cost = self._seconds_of_questions(model, num_images)
        shown = task.called(model in self.config.elsewhere)
        return Job(task.name, function, {"look": look}, cost, after=training, shown=shown)

    def _identity(self, task: Task) -> dict[str, str]:
        """What tells of which training all is that a task makes."""
        return identity_of_training(self.config, task.model, task.seed, self.splits.digest)

    def _seconds_of_questions(self, model: str, num_images: int) -> float:
        """To pass images forward, in a job that does no more."""
        flops = flops_per_image(self.config.models[model], len(self.splits.class_names))
        return self.slowness * BEGIN_SECONDS + num_images * flops / self.speeds["float32"]

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
        trained = self.config.models.keys() - self.config.elsewhere.keys()
        return {self.precision_of(model) for model in trained} or {"float32"}

    def facts(self, model: str) -> list[LayerFacts]:
        """The layers of a model."""
        return layer_facts(self.config.models[model], len(self.splits.class_names))

    def _seconds_of_statistics(self, model: str, most_images: int) -> float:
        """To take those of batch normalization: for each, all that comes before it is done once more."""
        if rules_of(self.environment)["statistics"] == 1:
            return 0.0
        flops = before = 0
        for row in summary(self.config.models[model], len(self.splits.class_names)):
            flops += before * (row.type == "BatchNormalization")
            before += row.flops
        return min(most_images, len(self.splits.train.labels)) * flops / self.speeds["float32"]

    def _flops_of_a_step(self, model: str) -> int:
        """Per image. Kernels that never learn need no gradients; their inputs do if normalization learns."""
        network, passes = self.config.models[model], FORWARD_AND_BACKWARD
        if isinstance(network, Cnn) and network.kernels != "learned":
            passes = 2 if network.batch_normalization else 1
        return sum(
            fact.flops * (passes if fact.kind == "conv" else FORWARD_AND_BACKWARD)
            for fact in self.facts(model)
        )
