"""Which kinds of tool chain are written, and how often."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class ToolChainSettings(BaseModel):
    """Shares of the drafts of a tool-chain job; what a topic's traces do not allow is left out.

    Shares are of what is asked for: a kind that is refused more often ends with a smaller share of the records.
    """

    model_config = ConfigDict(frozen=True)

    negative_share: float = Field(
        default=0.2,
        ge=0,
        le=1,
        title="Share of negatives",
        description="Drafts in which the plain call would be wrong, evenly over the kinds that the traces allow: no "
        "tool suits, a required argument is missing, a tool reports an error. A model that never sees them calls "
        "always; with more than about a third it hesitates where it should act.",
    )
    recombined_share: float = Field(
        default=0.25,
        ge=0,
        le=1,
        title="Share of recombined chains",
        description="Drafts whose calls come from several traces, along transitions that were observed and only "
        "where every argument still has its source. The others are chains as they were observed.",
    )
    replayed_share: float = Field(
        default=0.25,
        ge=0,
        le=1,
        title="Share of replayed chains",
        description="Drafts that keep the arguments of the trace, so that its results are replayed as they are. The "
        "others get new arguments, and simulated results where no trace has exactly these.",
    )
