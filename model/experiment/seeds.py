"""Seeds that are added to a run: it becomes that of the larger config, and keeps what it has."""

from configs.schema import Config, dump
from data.storage import write_atomically
from model.experiment.adoption import taken_up
from model.experiment.opening import decides_the_same, put_aside
from model.experiment.progress import short_path
from model.report.words import names
from model.run.folder import RunFolder


def add_seeds(
    run: RunFolder, made: Config, config: Config, identity: dict[str, str], guess: str | None
) -> list[str]:
    """Make a run that of a config with seeds more than it was `made` with; what to say of that.

    What is there is vouched for as what it was made as. Then config.yaml is the larger one, which a user may
    have written there, too; then the record: killed before that, the run is still the smaller one.
    """
    manifest, notes = taken_up(run, made, run.environment() or {}, guess), []
    if not decides_the_same(run, config):
        notes = [put_aside(run)]
        write_atomically(run.path / "config.yaml", dump(config).encode())
    manifest.config, manifest.environment = config.model_dump(mode="json"), manifest.environment | identity
    manifest.write()
    return [added_in_words(run, made, config), *notes]


def added_in_words(run: RunFolder, made: Config, config: Config) -> str:
    """Which seeds a run is given, which it has, and what of it is made anew."""
    added = [seed for seed in config.seeds if seed not in made.seeds]
    kind = "file" if len(config.elsewhere) == len(config.models) else "seed"
    told, there = (
        f"{kind}{'s' * (len(seeds) > 1)} {names([str(seed) for seed in seeds], most=8)}"
        for seeds in (added, made.seeds)
    )
    told = f"{told} {'are' if len(added) > 1 else 'is'} added to {short_path(run.path)}, which has {there}"
    if made.seeds[0] != config.seeds[0]:
        told += f"; the first is {config.seeds[0]} now, and what is shown of the inside is of it"
    return told
