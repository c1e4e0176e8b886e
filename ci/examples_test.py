#!/usr/bin/python3
"""Follows examples/ci/ as another project would: its shell steps one after the other in a folder of
its own, with a clone of this repository as the one that is fetched, and our server as theirs. The
first file builds the suite (a minute, with what ccache has); the second one has it in its cache."""

import contextlib
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

sys.dont_write_bytecode = True

import suite  # noqa: E402
import yaml  # noqa: E402
from server import environment, free_port  # noqa: E402

EXAMPLES = suite.REPOSITORY / "examples" / "ci"
SHELL = ["bash", "-e", "-o", "pipefail"]
MADE = ("conformance.xml", "conformance.html")


def github():
    """The variables, the shell of each step, and the files that are kept."""
    workflow = yaml.safe_load((EXAMPLES / "github-actions.yml").read_text())
    (job,) = workflow["jobs"].values()
    assert workflow[True] == ["push", "pull_request"]  # `on` is a word of YAML
    return workflow["env"], [step["run"] for step in job["steps"] if "run" in step]


def gitlab():
    """As a runner does it: all in one shell."""
    (job,) = yaml.safe_load((EXAMPLES / "gitlab-ci.yml").read_text()).values()
    assert job["cache"]["paths"] == [suite.suite_program().name]
    assert {*job["artifacts"]["paths"], job["artifacts"]["reports"]["junit"]} == set(MADE)
    return job["variables"], ["\n".join(job["before_script"] + job["script"])]


def write_server(folder):
    """Their server: ours, with the users of the examples."""
    path = folder / "your-server"
    path.write_text(
        "#!/bin/sh\nexport SYNC_HOST=127.0.0.1 SYNC_PORT=$SERVER_PORT SYNC_BASE=data\n"
        "export SYNC_USER1=suite:secret SYNC_USER2=other:hidden\n"
        f"exec {suite.programs()}/server/ankiwire\n"
    )
    path.chmod(0o755)


def run_step(step, folder, variables):
    """In a session of its own, so that nothing which it starts outlives it."""
    shell = subprocess.Popen(
        [*SHELL, "-c", step], cwd=folder, env=environment(**variables), start_new_session=True
    )
    try:
        assert shell.wait(timeout=1200) == 0, step
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(shell.pid, signal.SIGKILL)


def follow(example, folder):
    """Returns how many cases passed."""
    variables, steps = example()
    commit = subprocess.check_output(["git", "rev-parse", "HEAD"], cwd=suite.REPOSITORY, text=True)
    own = {
        "ANKIWIRE_REPOSITORY": str(suite.REPOSITORY),
        "ANKIWIRE_COMMIT": commit.strip(),
        "SERVER_PORT": str(free_port()),
    }
    assert variables.keys() == own.keys(), variables
    write_server(folder)
    for step in steps:
        subprocess.run([*SHELL, "-n", "-c", step], check=True)
        run_step(step, folder, own)
    results = xml.etree.ElementTree.parse(folder / MADE[0]).getroot()
    assert results.get("failures") == "0"
    for name in MADE:
        (folder / name).unlink()
    return int(results.get("tests")) - int(results.get("skipped"))


def main():
    with tempfile.TemporaryDirectory() as folder:
        passed = [follow(example, pathlib.Path(folder)) for example in (github, gitlab)]
    assert passed[0] == passed[1] > 1000, passed
    print(f"examples_test: looked at {len(passed)} examples, in which {passed[0]} cases passed")


if __name__ == "__main__":
    main()
