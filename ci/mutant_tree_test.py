#!/usr/bin/env python3
"""While a run of mutants has build/mutate, another one ends at once and says why."""

import contextlib
import fcntl
import subprocess
import sys

sys.dont_write_bytecode = True

import mutant_tree  # noqa: E402

SECONDS_MAX = 10  # a run that is not refused takes minutes


def refusal(command):
    done = subprocess.run([mutant_tree.REPOSITORY / "ci" / command], timeout=SECONDS_MAX,
                          capture_output=True, text=True)
    assert done.returncode == 1, done
    return done.stderr


def main():
    mutant_tree.FOLDER.mkdir(parents=True, exist_ok=True)
    commands = ["mutate", "mutate_at_random"]
    with open(mutant_tree.FOLDER / "lock", "a") as file:
        with contextlib.suppress(BlockingIOError):  # a run that has it now is as good
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        for command in commands:
            said = refusal(command)
            assert said == "mutate: another run uses build/mutate\n", said
    print(f"mutant_tree_test: looked at {len(commands)} commands")


if __name__ == "__main__":
    main()
