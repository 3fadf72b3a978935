"""Kinds of numbers and words in report.json: what a reader takes for one."""

from typing import Annotated, Literal

from pydantic import Field

from configs.values import Seed, Words

Number = Annotated[float, Field(strict=True, ge=-1e100, le=1e100)]  # sums of squares stay finite
Share = Annotated[float, Field(strict=True, ge=0, le=1)]
Size = Annotated[int, Field(strict=True, gt=0, le=10**18)]
SeedNumber = Annotated[Seed, Field(strict=True)]
Flag = Annotated[bool, Field(strict=True)]
Over = Literal["seeds and images", "images"]  # what an interval allows for
Interval = Annotated[list[Number], Field(min_length=2, max_length=2)]
ClassName = Annotated[Words, Field(alias="class")]
