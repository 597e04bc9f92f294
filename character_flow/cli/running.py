"""How a run is started from what was typed: inputs asked for or taken, then executed here or handed over."""

import json
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from pydantic import JsonValue

from character_flow.app import RunOptions, RunResult, rerun, resume_run, run_plan, run_queued
from character_flow.background import start_resume, start_run
from character_flow.cli import speech
from character_flow.cli.given import given_inputs
from character_flow.cli.launch import Manner, in_foreground
from character_flow.cli.money_words import estimate_lines, price_note
from character_flow.cli.options import Start
from character_flow.cli.run import Again, Request
from character_flow.cli.signals import Interrupted, Signals
from character_flow.cli.speech import complain
from character_flow.cli.words import count, one_line
from character_flow.errors import UsageError
from character_flow.events import PlanHead
from character_flow.input_specs import InputSpec
from character_flow.inputs import check_inputs, check_local_file
from character_flow.money import PRICES, plan_estimate
from character_flow.plan import Plan, load_plan, parse_plan
from character_flow.shipped import find_plan
from character_flow.stream.files import refusals
from character_flow.stream.journal import read_events
from character_flow.stream.runs import find_run
from character_flow.stream.stream import RunFolder


def run_here(start: Start, request: Request) -> int:
    """Run a plan in this process."""
    plan = find_plan(request.plan or "")
    options = _options(start, request)
    manner = replace(_manner(start, request, options), plan=plan)
    with Signals() as signals:
        given = _inputs(plan, request, options, manner)
        options = _agreed(plan, given, options, asks=manner.asks and not request.yes)
        return in_foreground(
            lambda wired: run_plan(plan, given, options=wired), options, manner=manner, signals=signals
        )


def run_queued_here(start: Start, request: Request) -> int:
    """Execute a queued run in this process."""
    options = replace(_options(start, request), publish=None)
    manner = _manner(start, request, options)
    with Signals() as signals:
        return in_foreground(
            lambda wired: run_queued(request.run_id or "", options=wired), options, manner=manner, signals=signals
        )


def resume_here(start: Start, request: Request, again: Again, *, report_to: int | None = None) -> int:
    """Go on with a run in this process; `report_to` is told its id, when another process waits for that."""
    options = _options(start, request)
    manner = replace(_manner(start, request, options), plan=again.plan)
    if report_to is not None:
        options = replace(options, publish=None)
        manner = replace(manner, begun=lambda run: _report(run, report_to))
    given = given_inputs(_specs_of(again, options), again.inputs) if again.inputs else {}

    _check_provider(again, options)

    def execute(wired: RunOptions) -> RunResult:
        if not again.makes_new_run:
            return resume_run(again.run, options=wired)
        return rerun(
            again.run, from_step=again.from_step, inputs=given, plan=again.plan, salvage=again.salvage, options=wired
        )

    with Signals() as signals:
        return in_foreground(execute, options, manner=manner, signals=signals)


def _check_provider(again: Again, options: RunOptions) -> None:
    """A run keeps its provider, for its calls are there; a new run of it may have another."""
    if again.makes_new_run or options.provider in (None, "auto"):
        return
    run = find_run(options.stream, again.run)
    head = next((event.fact for event in read_events(run.journal)), None)
    own = (head.provider or "offline") if isinstance(head, PlanHead) else "offline"
    if own != options.provider:
        raise UsageError(f"run {run.id} runs on {own}, and goes on there; with --from STEP a new run may be elsewhere")


def _specs_of(again: Again, options: RunOptions) -> Mapping[str, InputSpec]:
    if again.plan is not None:
        return load_plan(again.plan, tools=options.registry).inputs
    run = find_run(options.stream, again.run)
    with refusals(run.plan):
        text = run.plan.read_text(encoding="utf-8")
    return parse_plan(text, path=str(run.plan), plan_id="plan").inputs


def start_in_background(start: Start, request: Request) -> int:
    """Make a run, start a process of its own that executes it, print its id and come back."""
    plan = find_plan(request.plan or "")
    options = _options(start, request)
    manner = replace(_manner(start, request, options), plan=plan)
    given = _inputs(plan, request, options, manner)
    options = _agreed(plan, given, options, asks=manner.asks and not request.yes)
    run = start_run(options.stream, plan, given, words=_handed_on(request), options=options)
    print(run.id, flush=True)
    return 0


def resume_in_background(start: Start, request: Request, again: Again) -> int:
    """Start a process that goes on with a run; comes back when that has begun, or with its error and exit code."""
    options = _options(start, request)
    words = _handed_on(request)
    words += ["--provider", request.provider] if request.provider else []
    words += ["--plan", str(again.plan.absolute())] if again.plan else []
    words += ["--salvage"] if again.salvage else []
    words += [word for pair in again.inputs for word in ("-i", pair)]
    run = find_run(options.stream, again.run)
    resumed = start_resume(options.stream, run.id, from_step=again.from_step, words=words)
    if resumed.run_id:
        print(resumed.run_id, flush=True)
    else:
        complain(resumed.problem)
    return resumed.exit_code


def _report(run: RunFolder, fd: int) -> None:
    """In the background: the run has begun, so what is printed from here on goes to its log."""
    with run.log.open("ab") as log:
        for standard in (1, 2):
            os.dup2(log.fileno(), standard)
    with open(fd, "w", encoding="utf-8") as waiting:
        waiting.write(run.id)


def _handed_on(request: Request) -> list[str]:
    words = ["--max-parallel", str(request.max_parallel)] if request.max_parallel else []
    words += ["--durability", request.durability] if request.durability else []
    words += ["--budget", repr(request.budget)] if request.budget is not None else []
    words += ["--allow-unknown-price"] if request.allow_unknown_price else []
    words += ["--no-cache"] if request.no_cache else []
    return words + (["--yes"] if request.yes else [])


def dry_run(start: Start, request: Request) -> int:
    """Check plan and inputs, and show what would run; nothing is created and no lock is needed."""
    plan = find_plan(request.plan or "")
    options = _options(start, request)
    loaded = load_plan(plan, tools=options.registry)
    given = given_inputs(loaded.inputs, request.inputs, file=request.inputs_file)
    values = check_inputs(loaded.inputs, given, base=plan.parent.absolute(), env=os.environ)
    for name, spec in loaded.inputs.items():
        check_local_file(name, spec, values[name], base=plan.parent.absolute())
    estimates = plan_estimate(loaded, values, PRICES)
    if request.as_lines:
        steps = [{"name": step.name, "tool": step.tool, "needs": list(step.needs)} for step in loaded.steps]
        told = {"plan": loaded.id, "inputs": values, "steps": steps, "estimate_usd": dict(estimates)}
        print(json.dumps(told, ensure_ascii=False))
        return 0
    print(f"{one_line(loaded.name)}: {count(len(loaded.steps), 'step')}, would run in {options.stream.folder}")
    for name, value in values.items():
        shown = "-" if value is None else one_line(str(value), limit=90)
        print(f"  {name} = {shown}")
    for step in loaded.steps:
        needs = f" after {', '.join(step.needs)}" if step.needs else " at once"
        when = f", when {one_line(step.when)}" if step.when else ""
        print(f"  {step.number}. {one_line(step.task)} ({one_line(step.tool)}){needs}{when}")
    if estimates:
        print("Free offline. On replicate.com one pass may cost:")
        print("\n".join([*estimate_lines(estimates), price_note()]))
    return 0


def _agreed(plan: Path, given: Mapping[str, JsonValue], options: RunOptions, *, asks: bool) -> RunOptions:
    """The provider a person agrees to pay, where that is left open, there is a token, and somebody to ask."""
    wanted = options.provider or options.settings.provider
    if wanted != "auto" or not asks or not options.token or options.budget_usd is not None:
        return options
    loaded, base = load_plan(plan, tools=options.registry), plan.parent.absolute()
    estimates = plan_estimate(loaded, check_inputs(loaded.inputs, given, base=base, env=os.environ), PRICES)
    if not estimates:
        return options
    speech.say("There is a token for replicate.com. Made there, this may cost:", "bold")
    for line in estimate_lines(estimates):
        speech.say(line)
    speech.say(f"{price_note()}. A step that is done again costs again.", "dim")
    try:
        answer = speech.ask("y: pay for it; Enter: an offline draft, free")
    except EOFError:
        answer = ""
    speech.say("", "")
    return replace(options, provider="replicate" if answer.strip().lower() in ("y", "yes") else "offline")


def _options(start: Start, request: Request) -> RunOptions:
    return RunOptions(
        folder=start.folder(request.folder),
        provider=request.provider,
        budget_usd=request.budget,
        allow_unknown_price=request.allow_unknown_price,
        use_cache=not request.no_cache,
        max_parallel=request.max_parallel,
        durability=request.durability,
    )


def _manner(start: Start, request: Request, options: RunOptions) -> Manner:
    return Manner(
        start,
        request.folder,
        yes=request.yes,
        quiet=request.quiet,
        as_lines=request.as_lines,
        tell_provider=request.provider != "offline",
        budget_usd=request.budget,
        has_token=bool(options.token),
    )


def _inputs(plan: Path, request: Request, options: RunOptions, manner: Manner) -> dict[str, JsonValue]:
    """What was given, and what a person at the terminal answers to the rest."""
    asks = manner.asks and not request.yes
    if not asks and not request.inputs and request.inputs_file is None:
        return {}
    loaded: Plan = load_plan(plan, tools=options.registry)
    given = given_inputs(loaded.inputs, request.inputs, file=request.inputs_file)
    return _asked(loaded, given, plan.parent.absolute()) if asks else given


def _asked(plan: Plan, given: Mapping[str, JsonValue], base: Path) -> dict[str, JsonValue]:
    from character_flow.cli.prompts import Prompts  # only where there is a person

    if any(name not in given for name in plan.inputs):
        speech.say(one_line(plan.name), "bold")
        speech.say("Enter takes what stands in brackets.", "dim")
    prompts = Prompts(ask=speech.ask, ask_hidden=speech.ask_hidden, say=speech.say, base=base)
    try:
        answers = prompts.fill(plan.inputs, given)
    except EOFError:
        speech.say("", "")
        raise Interrupted("SIGINT") from None
    speech.say("", "")
    return answers
