"""Records, workflows, plans and jobs in a database: tables, migrations, and the statements on them."""
