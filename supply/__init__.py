"""What Pulseboard is made of: its pins, their licences, a bill of materials, and an audit of them.

Apart from the application, which imports none of it.
"""
