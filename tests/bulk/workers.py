"""What stands in for workers. Workers import this module, so it is a light one."""

import os
import signal

from nerlink.bulk.tagging import ShardReport

__all__ = ["deaf", "fickle", "stillborn", "unlucky"]


def fickle(pipe, _work):
    """A worker that is killed by some shards, and cannot read others."""
    pipe.send(0)
    while True:
        shard = pipe.recv()
        if "killer" in shard.name:
            os.kill(os.getpid(), signal.SIGKILL)
        verdict = "again" if "away" in shard.name else "done"
        error = "not there" if verdict == "again" else None
        pipe.send(ShardReport(shard=shard, documents=1, error=error, verdict=verdict))


def deaf(pipe, _work):
    """A worker that tells whether Ctrl-C would reach it."""
    pipe.send(0)
    is_blocked = signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, [])
    error = "blocked" if is_blocked else "heard"
    pipe.send(ShardReport(shard=pipe.recv(), error=error, verdict="failed"))


def stillborn(*_):
    os._exit(3)


def unlucky(pipe, _work):
    pipe.send("the model is damaged")
