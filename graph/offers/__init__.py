"""What lies on the table: the offer, the plan stored with it, and the form that chat pages show."""
