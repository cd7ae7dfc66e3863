"""Programs that use the package as a host would: by its public names only."""
