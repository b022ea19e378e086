"""Keeps child processes alive and carries their messages; knows nothing of what they do."""

from crossgate.supervisor.process import Child
from crossgate.supervisor.supervisor import StartError, Supervisor

__all__ = ["Child", "StartError", "Supervisor"]
