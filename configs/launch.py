"""The settings of where trainings run. They decide no number, but for the threads."""

import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from configs.networks import Section
from configs.strict_yaml import shown
from configs.values import SettingError

_ADDRESS = r"^(auto|[A-Za-z0-9][A-Za-z0-9.-]*:[1-9][0-9]{0,4})$"


def _address(text: str) -> str:
    if not re.fullmatch(_ADDRESS, text):
        raise ValueError(
            f"is {shown(text)}, which is no address of a Ray cluster. Expected auto for the one of this "
            "machine, or HOST:PORT as `ray start --head` tells it, like 10.0.0.1:6379."
        )
    return text


Address = Annotated[
    str, Field(max_length=300), AfterValidator(_address), Field(json_schema_extra={"pattern": _ADDRESS})
]


class Launch(Section):
    """Where the trainings run, and how many at once."""

    engine: Literal["local", "ray"] = Field(
        default="local", description="local: processes on this machine; ray: tasks on a Ray cluster"
    )
    workers: Annotated[int, Field(ge=1, le=256)] | Literal["auto"] = Field(
        default="auto", description="processes; auto: about one per core, fewer where memory is short"
    )
    threads_per_job: int = Field(
        default=1, ge=1, le=64, description="threads; another number rounds differently"
    )
    address: Address | None = Field(
        default=None,
        description="of a running Ray cluster: auto, or HOST:PORT; null: one is started on this machine",
    )

    @model_validator(mode="after")
    def _has_an_address_for_ray_alone(self) -> Self:
        if self.address is not None and self.engine != "ray":
            raise SettingError(
                f"is {self.address}, and launch.engine is {self.engine}, which knows no clusters. Expected "
                "null: leave it out, or take the engine ray.",
                "address",
            )
        return self
