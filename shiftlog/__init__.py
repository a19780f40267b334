"""What happened and who said what: the operators' shift log, and notes on charts."""
