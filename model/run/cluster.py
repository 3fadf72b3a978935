"""A Ray cluster: whether it can be had, on which terms, and how it is joined or started. It knows no jobs."""

import importlib.util
import os
import secrets
import shutil
import signal
import socket
import tempfile
from pathlib import Path
from typing import Any

from configs.launch import Launch
from configs.schema import ConfigError
from model.run.environment import REPOSITORY
from model.run.quiet import quiet
from model.run.signals import Interrupted

SECONDS = 5  # that an address has to answer
PACKAGES = ("configs", "data", "model")  # all that a node needs of this program
TERMS = {"RAY_USAGE_STATS_ENABLED": "0"}  # Ray tells its makers nothing
TERMS_OF_JOINING = {  # without these, Ray waits minutes for what does not answer
    "RAY_gcs_rpc_server_connect_timeout_s": "3",
    "RAY_py_gcs_connect_timeout_s": str(SECONDS),
    "RAY_NUM_REDIS_GET_RETRIES": "1",
}
TERMS_OF_STARTING = {
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",  # so that Ray listens on the loopback address alone, anywhere
    "RAY_AUTH_MODE": "token",  # others on this machine can't use it
    "RAY_worker_niceness": "1",  # as that of local workers; by itself it is 15
}
LONGEST = 40  # letters of the path of a folder where Ray makes sockets, whose paths must not be too long


def must_be_usable(launch: Launch) -> None:
    """Raise ConfigError where the engine of a config can't be had; it is asked before anything is written."""
    if launch.engine != "ray":
        return
    if importlib.util.find_spec("ray") is None:
        raise ConfigError(
            "launch.engine is ray, and Ray is not installed. Expected it: "
            '`python -m pip install -e ".[ray]"` installs it; launch.engine=local does without.'
        )
    if launch.address in (None, "auto"):
        return
    host, _, port = launch.address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=SECONDS).close()
    except (OSError, OverflowError, UnicodeError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise ConfigError(_unreachable(launch.address, why[:1].lower() + why[1:])) from None


def set_terms(address: str | None) -> None:
    """Say on which terms Ray is used; it reads them as it is imported, which is not to be earlier."""
    os.environ |= TERMS
    if address is None:
        os.environ |= TERMS_OF_STARTING | {"RAY_AUTH_TOKEN": secrets.token_hex()}
    else:
        for name, value in TERMS_OF_JOINING.items():
            os.environ.setdefault(name, value)


class Cluster:
    """The cluster at an `address`; or one of so many `cores` that is started on this machine, for None.

    That one listens on the loopback address, asks for a password that is made up for it, and ends with
    `leave`. Processes of nodes get this program and the `variables` of the environment. `debug`: leave on
    screen what they print.

    Raises:
        ConfigError: there is no such cluster, or it does not take this program.
    """

    def __init__(self, address: str | None, cores: int, variables: dict[str, str], debug: bool) -> None:
        import ray

        self._own = None if address else _short_folder()
        how: dict[str, Any] = {"address": address}
        if self._own:
            how = {"address": "local", "num_cpus": cores, "include_dashboard": False}
            how |= {"_temp_dir": str(self._own)}
            variables = variables | {"TMPDIR": str(self._own)}
        modules = [str(REPOSITORY / name) for name in PACKAGES]
        how["runtime_env"] = {"py_modules": modules, "excludes": ["__pycache__"], "env_vars": variables}
        if not debug:  # it would stand in the midst of what is displayed; what became of a job is told by us
            ray._private.worker.print_to_stdstream = lambda *_, **__: None
        before = signal.getsignal(signal.SIGTERM)  # Ray puts its own in its place
        try:
            with quiet():
                ray.init(**how, log_to_driver=debug, logging_level="ERROR")
        except SystemExit:
            self.leave()
            raise Interrupted(signal.SIGTERM) from None
        except (ConnectionError, RuntimeError, ValueError) as error:
            self.leave()
            raise ConfigError(_refused(address, error)) from None
        except BaseException:
            self.leave()
            raise
        finally:
            signal.signal(signal.SIGTERM, before)

    def num_jobs(self, threads: int) -> int:
        """How many jobs of so many threads there is room for.

        Raises:
            ConfigError: there is none, so that they would wait for ever.
        """
        import ray

        nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
        number = sum(int(resources.get("CPU", 0) // threads) for resources in nodes)
        if not number:
            raise ConfigError(
                f"launch.threads_per_job is {threads}, and no node of the Ray cluster has so many cores. "
                "Expected no more than a node has: lower it, or add a node."
            )
        return number

    def leave(self) -> None:
        """Leave the cluster, whatever runs there for this program; the one of its own ends."""
        import ray

        ray.shutdown()
        if self._own:
            shutil.rmtree(self._own, ignore_errors=True)


def _short_folder() -> Path:
    """A new folder for what Ray writes."""
    usual = tempfile.gettempdir()
    return Path(tempfile.mkdtemp(prefix="convlens-", dir=usual if len(usual) < LONGEST - 20 else "/tmp"))


def _refused(address: str | None, error: Exception) -> str:
    """Why a cluster can't be had, and what to do."""
    why = " ".join(str(error).split())
    if address is None:
        return f"launch.engine is ray, and Ray can't start here: {why} launch.engine=local does without."
    if isinstance(error, ConnectionError):
        return _unreachable(address, why.partition(". ")[0].rstrip("."))
    return f"launch.address is {address}, and the Ray cluster there does not take this program: {why}"


def _unreachable(address: str, why: str) -> str:
    return (
        f"launch.address is {address}, and no Ray cluster answers there ({why}). Expected one that runs: "
        "`ray start --head` starts one and tells its address; launch.address=null starts one for this run."
    )
