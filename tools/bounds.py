"""How large a number that a person sets may be: beyond it, it is a slip or an attack, and refused where it is set.

All fit into the store's 64-bit integers with room for sums, and into a float exactly.
"""

from __future__ import annotations

MOST_TOKENS = 10**12
"""Of a budget: more than all models write in a day."""
MOST_USD = 1_000_000
"""Of a budget."""
MOST_LISTED = 10**9
"""Of records, topics and messages: how many are shown or wanted, and their numbers."""
LEAST_WEIGHT, MOST_WEIGHT = 1e-9, float(2**53)
"""Of a topic's target; beyond the upper one, whole numbers are no longer exact."""
