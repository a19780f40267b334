"""The empty fleet's second command works as it is copied, whatever the broker wants."""

from __future__ import annotations

import shlex

from config.servers import Broker
from dashboard.pages.publish_command import publish_words


def test_an_open_broker_wants_host_and_port_only() -> None:
    assert publish_words(Broker("127.0.0.1", 1884), accounts=False) == "-h 127.0.0.1 -p 1884"


def test_an_account_is_named_and_its_password_never_shown() -> None:
    broker = Broker("b", 1883, username="my device", password="secret")
    words = publish_words(broker, accounts=False)
    assert shlex.split(words)[-4:] == ["-u", "my device", "-P", "PASSWORD"]
    assert "secret" not in words
    assert publish_words(broker, accounts=True) == "-h b -p 1883"  # each device has its own


def test_a_broker_with_tls_wants_an_authority() -> None:
    assert "--cafile /etc/ssl/certs/ca-certificates.crt" in publish_words(
        Broker("b", 8883, tls=True), accounts=False
    )
    files = {"ca": "/a b.pem", "cert": "/c.pem", "key": "/k.pem"}
    words = shlex.split(publish_words(Broker("b", 8883, tls=True, files=files), accounts=False))
    assert words[4:] == ["--cafile", "/a b.pem", "--cert", "/c.pem", "--key", "/k.pem"]
