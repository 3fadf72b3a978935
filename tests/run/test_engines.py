"""Which engine a config gets, and what is said where it can't be had: soon, and before anything is done."""

import importlib.util
import socket
import time

import pytest

from configs.launch import Launch
from configs.schema import ConfigError
from model.run import cluster
from model.run.cluster import must_be_usable
from model.run.engines import engine_of
from model.run.workers import Workers


def test_local_workers_are_the_engine_of_a_config_that_says_nothing():
    must_be_usable(Launch())
    engine = engine_of(Launch(workers=1), 0, None)
    assert isinstance(engine, Workers)
    engine.close()


def test_where_ray_is_not_installed_the_command_that_installs_it_is_told(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    must_be_usable(Launch())
    with pytest.raises(ConfigError, match=r'pip install -e "\.\[ray\]"'):
        must_be_usable(Launch(engine="ray"))


@pytest.mark.parametrize("host", ["127.0.0.1", "no-such-host.invalid"])
def test_an_address_at_which_nobody_listens_is_told_at_once(monkeypatch, host):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: "there")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    started = time.monotonic()
    with pytest.raises(ConfigError, match=rf"launch.address is {host}:{port}, and no Ray cluster answers"):
        must_be_usable(Launch(engine="ray", address=f"{host}:{port}"))
    assert time.monotonic() - started < 20, "nobody waits that long for an address that is wrong"


def test_what_ray_says_of_a_cluster_that_refuses_is_told_in_one_line():
    address = "10.0.0.1:6379"
    told = cluster._refused(address, RuntimeError("Version mismatch:\n    Ray: 2.60.0\n  Python: 3.12"))
    assert told.endswith("does not take this program: Version mismatch: Ray: 2.60.0 Python: 3.12")
    told = cluster._refused(address, ConnectionError("Failed to connect. And much more."))
    assert "no Ray cluster answers there (Failed to connect)" in told
    assert "launch.engine=local does without" in cluster._refused(None, RuntimeError("no."))
