"""What the command line says and asks where money is spent, and that the key to it is nowhere to be read."""

import base64
import json
import re
import resource
import signal
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.fake_replicate import FakeReplicate, Fault, Script
from tests.faults.terminals import PATIENCE_S, Terminal, has_event, only_run, run, start, wait_for

TOKEN = "r8_fake/Token+of=Loopback%0123456789"  # its base64 and URL forms are others than itself
PLAN = """
name: Three paid steps
steps:
  - {name: words, tool: text.generate, with: {model: openai/gpt-4o, prompt: Say hello}}
  - {name: picture, tool: image.generate, with: {model: google/nano-banana, prompt: A bottle}}
  - {name: clip, tool: video.generate, with: {model: google/veo-3.1-fast, prompt: Hello}}
output: "{{ steps.clip.output.path }}"
"""
ESTIMATE = ["  words    up to $0.041", "  picture  up to $0.039", "  clip     up to $1.20", "  in all   up to $1.28"]


class Desk:
    """A folder with a plan, an account at the fake, and the command line."""

    def __init__(self, folder: Path, fake: FakeReplicate) -> None:
        self.folder, self.fake = folder, fake
        self.env = {"REPLICATE_BASE_URL": fake.address, "REPLICATE_API_TOKEN": TOKEN}
        (folder / "three.yaml").write_text(PLAN, encoding="utf-8")

    def run(self, *words: str, code: int = 0, **env: str) -> str:
        """What a command printed, on both channels, without a terminal."""
        done = run(*words, "--dir", ".", cwd=self.folder, **{**self.env, **env})
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with FakeReplicate(token=TOKEN) as fake:
        yield Desk(tmp_path, fake)


def test_on_a_terminal_the_estimate_is_told_and_y_pays_for_it(desk: Desk) -> None:
    with Terminal("run", "three.yaml", "--dir", ".", cwd=desk.folder, env=desk.env) as terminal:
        asked = terminal.until("y: pay for it; Enter: an offline draft, free> ")
        assert asked.splitlines()[1:6] == ["There is a token for replicate.com. Made there, this may cost:", *ESTIMATE]
        assert "unverified" in asked
        assert not (desk.folder / "runs").exists()
        terminal.type("y\r")
        assert terminal.end() == 0
        assert "Runs on replicate.com, up to $1.28; no budget" in terminal.text
        assert re.search(r"Cost +\$1\.24 and up to \$0\.041 more", terminal.text)
    assert desk.fake.charged == 3


@pytest.mark.parametrize("answer", ["\r", "n\r", "yess\r", "\x04"])
def test_anything_but_y_is_free(desk: Desk, answer: str) -> None:
    with Terminal("run", "three.yaml", "--dir", ".", cwd=desk.folder, env=desk.env) as terminal:
        terminal.until("free> ")
        terminal.type(answer)
        terminal.end()
    head = json.loads((only_run(desk.folder) / "journal.jsonl").read_text("utf-8").splitlines()[0])
    assert (head["data"]["provider"], desk.fake.seen) == ("offline", [])


def test_without_a_terminal_only_a_budget_or_its_name_makes_a_run_pay(desk: Desk) -> None:
    free = run("run", "three.yaml", "--yes", "--dir", ".", cwd=desk.folder, **desk.env)
    assert free.stdout.startswith("Runs offline: nothing is sent or paid (with --budget USD it would run on")
    assert desk.fake.seen == []
    assert desk.run("run", "three.yaml", "--budget", "2").startswith(
        "Runs on replicate.com, up to $1.28; budget $2.00\n"
    )
    assert desk.fake.charged == 3
    assert desk.run("runs").splitlines()[0].endswith("  $1.24")
    shown = desk.run("show", "last")
    assert "  cost     $1.24 and up to $0.041 more\n" in shown
    assert re.search(r"2\. Picture  \(image\.generate\)  [0-9.]+ s  \$0\.039\n", shown)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--budget", "0"), "--budget 0: an amount in USD above 0 is needed, such as --budget 2.50\n"),
        (("--budget", "nan"), "--budget nan: an amount in USD above 0 is needed, such as --budget 2.50\n"),
        (("--provider", "openai"), "--provider 'openai': must be auto, offline or replicate\n"),
    ],
)
def test_a_slip_is_told_in_one_line_and_nothing_is_made(desk: Desk, words: tuple[str, ...], told: str) -> None:
    assert desk.run("run", "three.yaml", *words, code=2) == told
    assert not (desk.folder / "runs").exists()


def test_a_dry_run_tells_what_it_may_cost(desk: Desk) -> None:
    told = desk.run("run", "three.yaml", "--dry-run").splitlines()
    assert told[4:9] == ["Free offline. On replicate.com one pass may cost:", *ESTIMATE]
    as_json = json.loads(desk.run("run", "three.yaml", "--dry-run", "--json"))
    assert as_json["estimate_usd"] == {
        "words": pytest.approx(0.040968, abs=1e-5), "picture": 0.039, "clip": 1.2,
    }  # fmt: skip
    assert desk.fake.seen == []


def _lost(desk: Desk) -> str:
    """A run whose first call was made and charged, and nobody knows; what was printed."""
    desk.fake.fault(Fault("POST", "/v1/predictions", "drop_after"))
    desk.fake.fault(Fault("GET", "/v1/predictions", "status", status=404, times=3))
    return desk.run("run", "three.yaml", "--provider", "replicate", code=3)


def test_an_uncertain_step_names_the_three_ways_on_and_each_can_be_pasted(desk: Desk) -> None:
    printed = _lost(desk)
    short = only_run(desk.folder).name[-6:]
    ways = [line.strip() for line in printed.splitlines() if f" settle {short} words --" in line]
    assert [way.partition(f" {short} words ")[2] for way in ways] == [
        "--adopt ID --dir .", "--charge-again --dir .", "--skip --dir .",
    ]  # fmt: skip
    assert f"Then    {ways[0].partition(' settle ')[0]} resume {short} --dir ." in printed
    assert f"{only_run(desk.folder).name} STEP --dir . --adopt ID\n" in desk.run("show", "last")
    assert desk.run("settle", "last", "words", code=2) == (
        "settle takes exactly one of --adopt ID, --charge-again, --skip\n"
    )
    settled = desk.run("settle", "last", "words", "--adopt", desk.fake.last_id)
    assert settled.startswith(f"run {only_run(desk.folder).name}: step words is settled; go on with: ")
    assert "re-attached to prediction" in desk.run("resume", "last").lower()
    assert desk.fake.charged == 3


def test_a_signal_names_what_goes_on_what_it_may_cost_and_how_to_stop_it(desk: Desk) -> None:
    desk.fake.script(Script(model="google/nano-banana", output="image", running_s=600))
    process = start("run", "three.yaml", "--provider", "replicate", "--dir", ".", cwd=desk.folder, **desk.env)
    wait_for(lambda: has_event(desk.folder, "prediction_submitted", times=2), "the picture is in the making")
    process.send_signal(signal.SIGINT)
    printed, _errors = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 130
    prediction_id = desk.fake.last_id
    assert f"  Goes on google/nano-banana, prediction {prediction_id}, up to $0.039\n" in printed
    stop = re.search(r"  Stop    .* (cancel \S+) --dir \.\n", printed)
    assert stop is not None
    assert desk.run(*stop[1].split()).endswith(f"  prediction {prediction_id}: stopped at its provider\n")
    assert desk.fake.predictions[prediction_id]["canceled"] is not None


def test_an_id_that_the_disk_refuses_is_printed_with_the_command_that_keeps_it(desk: Desk) -> None:
    answer = Fault("POST", "/v1/predictions", "slow", seconds=50.0)
    desk.fake.fault(answer)
    process = start("run", "three.yaml", "--provider", "replicate", "--dir", ".", cwd=desk.folder, **desk.env)
    wait_for(lambda: has_event(desk.folder, "prediction_intended"), "the call is on its way")
    size = (only_run(desk.folder) / "journal.jsonl").stat().st_size
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (size, size))  # not one byte more in that file
    answer.seconds = 0.0
    _printed, errors = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 74, errors
    told = re.search(
        r"a paid call was made and its id could not be written: .* (settle \S+ words --adopt \S+) ", errors
    )
    assert told is not None, errors
    assert told[1].endswith(desk.fake.last_id)
    desk.run(*told[1].split())
    desk.run("resume", "last")
    assert desk.fake.charged == 3


def test_a_run_in_the_background_keeps_its_budget(desk: Desk) -> None:
    desk.run("run", "three.yaml", "--background", "--budget", "1", "--allow-unknown-price", "--no-cache")
    desk.run("watch", "last", code=1)
    assert desk.fake.charged == 2
    log = only_run(desk.folder) / "run.log"
    wait_for(lambda: "Failed at step 3" in log.read_text("utf-8"), "its last words are in its log")
    again = desk.run("resume", "last", "--background", "--budget", "2").strip()
    desk.run("watch", again)
    assert desk.fake.charged == 3


def test_a_run_keeps_its_provider(desk: Desk) -> None:
    desk.run("run", "three.yaml", "--budget", "1", code=1)
    refused = desk.run("resume", "last", "--provider", "offline", code=2)
    assert refused.endswith(" runs on replicate, and goes on there; with --from STEP a new run may be elsewhere\n")
    refused = desk.run("resume", "last", code=2, REPLICATE_API_TOKEN="")
    assert refused.endswith(" runs on replicate: set REPLICATE_API_TOKEN, as at its start\n")


def test_doctor_looks_at_the_account_and_spends_nothing(desk: Desk) -> None:
    told = desk.run("doctor")
    assert "\nok   token     replicate.com answers, the account is tester\n" in told
    assert "\nok   model     ugc_ad: openai/gpt-4o is there\n" in told
    assert "cannot be looked up\n" in told
    desk.fake.models.pop("google/veo-3.1-fast")
    told = desk.run("doctor", code=1)
    assert "\nBAD  model     ugc_ad_public: google/veo-3.1-fast is not there, or not for this account\n" in told
    told = desk.run("doctor", code=1, REPLICATE_API_TOKEN="r8_wrong")
    assert "\nBAD  token     " in told
    assert "r8_wrong" not in told
    assert "note token     REPLICATE_API_TOKEN is not set" in desk.run("doctor", REPLICATE_API_TOKEN="")
    assert desk.fake.charged == 0


def test_the_token_is_on_no_disk_and_in_no_output(desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A full run, a failed one, an uncertain one, and every command that looks at them."""
    places = {"HOME": str(tmp_path_factory.mktemp("home")), "TMPDIR": str(tmp_path_factory.mktemp("tmp"))}
    desk.env |= places
    printed = [desk.run("run", "three.yaml", "--budget", "2"), desk.run("run", "three.yaml", "--budget", "1", code=1)]
    desk.fake.fault(Fault("POST", "/v1/predictions", "status", status=401, body=json.dumps({"detail": f"bad {TOKEN}"})))
    printed.append(desk.run("run", "three.yaml", "--provider", "replicate", code=1))
    (desk.folder / "elsewhere").mkdir()
    _move_runs(desk.folder)
    printed.append(_lost(desk))
    for words in (("show", "last"), ("show", "last", "--json"), ("report", "last"), ("runs", "--json"), ("doctor",)):
        printed.append(desk.run(*words))
    printed.append(desk.run("export", "last"))
    forms = _forms(TOKEN)
    assert [form for form in forms for text in printed if form in text] == []
    roots = (desk.folder, *(Path(place) for place in places.values()))
    written = [path for root in roots for path in root.rglob("*") if path.is_file()]
    assert {path.name for path in written} >= {"journal.jsonl", "snapshot.json", "plan_stream.json", "video.mp4"}
    contents = [(str(path), path.read_bytes()) for path in written]
    for path in written:
        if path.suffix == ".zip":
            with zipfile.ZipFile(path) as bundle:
                contents += [(name, bundle.read(name)) for name in bundle.namelist()]
    assert len(contents) > len(written)
    assert [(name, form) for name, content in contents for form in forms if form.encode() in content] == []


def _move_runs(folder: Path) -> None:
    """Set the runs so far aside; they are looked through with the rest."""
    (folder / "runs").rename(folder / "elsewhere" / "runs")


def _forms(token: str) -> list[str]:
    """The token as it is, URL-encoded, and in base64 wherever in a longer text it begins."""
    encoded = [base64.b64encode(b"x" * before + token.encode()).decode() for before in range(3)]
    inner = [text[4:-4] for text in encoded]
    return [token, quote(token, safe=""), quote(token), *inner, *(quote(text, safe="") for text in inner)]
