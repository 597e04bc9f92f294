"""character_flow runs plans - YAML files that list steps - and shows every run live from files.

The public names are imported on first use (PEP 562), so that importing the package costs nothing.
"""

from importlib import import_module

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

__all__ = sorted(_HOMES)  # noqa: PLE0605  # read from the one table above


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'character_flow' has no attribute {name!r}")
    value: object = getattr(import_module(f"character_flow.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
