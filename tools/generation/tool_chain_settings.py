"""Which kinds of tool chain are written, and how often."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class ToolChainSettings(BaseModel):
    """Shares of the drafts of a tool-chain job.

    Shares are of what is asked for: a kind that is refused more often ends with a smaller share of the records.
    """

    model_config = ConfigDict(frozen=True)

    negative_share: float = Field(
        default=0.2,
        ge=0,
        le=1,
        title="Share of negatives",
        description="Drafts in which the plain call would be wrong, evenly over the kinds: no tool suits, a required "
        "argument is missing, a tool reports an error. A model that never sees them calls always; with more than "
        "about a third it hesitates where it should act. Not for the embedded model, which writes no calls.",
    )
