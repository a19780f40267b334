"""What a rule would have done over what is stored, before it is switched on."""
