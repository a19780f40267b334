"""How many examples Hypothesis tries: all in `make test`, a fifth in `make check`, which is for
every save (`--hypothesis-profile=quick`). They are the same in each run, and those of the check are
the first of them."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

ALL = 100  # of a test that names no number
QUICK = ALL // 5


def load_profile() -> None:
    """A busy machine may pause within any example, and a run of the tests must repeat the one
    before; `--hypothesis-profile=default` looks at other examples."""
    settings.register_profile(
        "steady", max_examples=ALL, deadline=None, derandomize=True,
        suppress_health_check=[HealthCheck.too_slow],
    )  # fmt: skip
    settings.register_profile("quick", settings.get_profile("steady"), max_examples=QUICK)
    settings.load_profile("steady")


def examples(most: int) -> int:
    """For the `max_examples` of a test that names a number, which no profile changes: `most`, or
    the share of them that this run tries."""
    return max(1, most * settings().max_examples // ALL)
