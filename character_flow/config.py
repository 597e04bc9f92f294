"""What the surroundings decide: settings, read once from the environment and passed on as an argument."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from character_flow.errors import UsageError

PREFIX = "CHARACTER_FLOW_"
REPLICATE_API_TOKEN = "REPLICATE_API_TOKEN"
"""The name the provider's own client gives it."""


class Settings(BaseModel):
    """Each field is read from the environment variable `CHARACTER_FLOW_<FIELD>`; see docs/settings.md."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    dir: Path | None = Field(default=None, description="The folder that holds plan_stream.json and runs/.")
    provider: Literal["auto", "offline", "replicate"] = Field(default="auto", description="Who answers for models.")
    max_parallel: int = Field(default=16, ge=1, le=256, description="How many steps may run side by side.")
    durability: Literal["full", "none"] = Field(
        default="full",
        description="`none` skips fsync: quicker, and a power cut may lose the run's last events.",
    )
    allow_private_urls: bool = Field(
        default=False, description="Let pictures be fetched from private addresses (your own network)."
    )
    interval_s: float = Field(
        default=1.0, ge=0.2, le=60, description="How often the viewer looks for news where none can be pushed."
    )
    viewer_token: SecretStr | None = Field(
        default=None, description="What visitors must bring where the viewer can be reached from other machines."
    )
    replicate_token: SecretStr | None = Field(
        default=None, description="The key of an account at replicate.com; also read from REPLICATE_API_TOKEN."
    )


def read_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """The settings of this environment; raises UsageError naming the variable that is wrong."""
    source = os.environ if environ is None else environ
    given = {
        field: source[PREFIX + field.upper()] for field in Settings.model_fields if source.get(PREFIX + field.upper())
    }
    token = source.get(REPLICATE_API_TOKEN)
    if token and "replicate_token" not in given:
        given["replicate_token"] = token
    try:
        return Settings.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        name = PREFIX + str(first["loc"][0]).upper()
        raise UsageError(f"{name}={given.get(str(first['loc'][0]))!r}: {first['msg'].lower()}") from None
