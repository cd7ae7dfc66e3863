"""Topics for records that have none: assigned from a taxonomy, or discovered; with calibrated confidence."""
