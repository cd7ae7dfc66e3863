"""What terminal and pages show alike: tables, progress, records, plots."""
