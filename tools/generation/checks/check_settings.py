"""What a user may change about the checks."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class CheckSettings(BaseModel):
    """How strict the checks are. Shares are of the dataset's own real records that may fail."""

    model_config = ConfigDict(frozen=True)

    topic_false_alarms: float = Field(
        default=0.025,
        ge=0,
        le=0.5,
        title="Topic: false alarms",
        description="Share of the real records that may read like another topic than theirs. Higher finds more records "
        "that strayed from their topic, and refuses more that did not.",
    )
    semantic: bool = Field(
        default=True,
        title="Duplicates by meaning",
        description="Whether texts are compared by meaning too, and variations with their sources. Without it no "
        "vector of a written text is computed, which the embedded model takes some milliseconds for.",
    )
