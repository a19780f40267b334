"""From batches to durable rows: in the database, or in the spool while it is away."""
