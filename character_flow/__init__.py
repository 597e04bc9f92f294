"""character_flow runs plans - YAML files that list steps - and shows every run live from files.

The public names are imported on first use (PEP 562), so that importing the package costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # type checkers read the names here; at run time __getattr__ brings each on first use
    from character_flow.app import RunOptions, RunResult, rerun, resume_run, run_plan
    from character_flow.errors import (
        CharacterFlowError,
        InputError,
        PlanError,
        ProviderError,
        RetryableToolError,
        RunCancelledError,
        StreamBusyError,
        StreamCorruptError,
        StreamError,
        ToolError,
        UsageError,
    )
    from character_flow.events import Event
    from character_flow.hooks import ExecutionHooks
    from character_flow.plan import Plan, load_plan
    from character_flow.snapshot import Snapshot, StepRun, fold
    from character_flow.stream.follow import follow
    from character_flow.stream.reading import read_snapshot
    from character_flow.tools.registry import Question, ToolContext, ToolRegistry

__version__ = "0.1.0"

_HOMES = {
    "CharacterFlowError": "errors",
    "Event": "events",
    "ExecutionHooks": "hooks",
    "InputError": "errors",
    "Plan": "plan",
    "PlanError": "errors",
    "ProviderError": "errors",
    "Question": "tools.registry",
    "RetryableToolError": "errors",
    "RunCancelledError": "errors",
    "RunOptions": "app",
    "RunResult": "app",
    "Snapshot": "snapshot",
    "StepRun": "snapshot",
    "StreamBusyError": "errors",
    "StreamCorruptError": "errors",
    "StreamError": "errors",
    "ToolContext": "tools.registry",
    "ToolError": "errors",
    "ToolRegistry": "tools.registry",
    "UsageError": "errors",
    "fold": "snapshot",
    "follow": "stream.follow",
    "load_plan": "plan",
    "read_snapshot": "stream.reading",
    "rerun": "app",
    "resume_run": "app",
    "run_plan": "app",
}

__all__ = [
    "CharacterFlowError",
    "Event",
    "ExecutionHooks",
    "InputError",
    "Plan",
    "PlanError",
    "ProviderError",
    "Question",
    "RetryableToolError",
    "RunCancelledError",
    "RunOptions",
    "RunResult",
    "Snapshot",
    "StepRun",
    "StreamBusyError",
    "StreamCorruptError",
    "StreamError",
    "ToolContext",
    "ToolError",
    "ToolRegistry",
    "UsageError",
    "fold",
    "follow",
    "load_plan",
    "read_snapshot",
    "rerun",
    "resume_run",
    "run_plan",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'character_flow' has no attribute {name!r}")
    value: object = getattr(import_module(f"character_flow.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
