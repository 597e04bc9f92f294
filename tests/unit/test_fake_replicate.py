"""The fake service is worth believing: it speaks the wire format, keeps time and count, and fails as it is told."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from importlib.metadata import version
from pathlib import Path

import httpx
import pytest
from replicate.client import Client
from replicate.exceptions import ReplicateError

from character_flow.tools.ugc_ad import check_copy
from tests.fake_replicate import TOKEN, FakeReplicate, Fault, Script
from tests.fake_replicate_media import DESCRIPTION, DIALOG, blob_of, picture, video
from tests.unit.small_runs import wait_until

ROOT = Path(__file__).parents[2]
BODY = {"version": "openai/gpt-4o", "input": {"prompt": "x"}}


@contextmanager
def asking(fake: FakeReplicate, *, token: str = TOKEN) -> Iterator[httpx.Client]:
    """A plain HTTP client with the account's token."""
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=fake.address, headers=headers, timeout=60.0, trust_env=False) as client:
        yield client


def test_the_real_client_understands_what_it_says(tmp_path: Path) -> None:
    """The models of client 1.0.7 read its predictions, lists, files, models and account."""
    (tmp_path / "a.png").write_bytes(picture())
    with FakeReplicate() as fake:
        client = Client(api_token=TOKEN, base_url=fake.address)
        made = client.predictions.create(version="openai/gpt-4o", input={"prompt": "x"})
        assert client.predictions.get(made.id).dict() == client.predictions.list()[0].dict()
        assert (made.status, made.model, made.input) == ("succeeded", "openai/gpt-4o", {"prompt": "x"})
        assert client.predictions.cancel(made.id).status == "succeeded"
        assert client.files.create(tmp_path / "a.png").size == len(picture())
        assert client.accounts.current().username == "tester"
        assert fake.charged == 1
        client._client.close()
    assert version("replicate").startswith("1.0."), "the betas of 2.0 ask again for a POST, and pay again"


def test_a_wrong_token_an_unknown_model_and_a_missing_prediction_are_refused() -> None:
    with FakeReplicate() as fake, asking(fake) as client, asking(fake, token="r8_wrong") as stranger:
        asked = [
            stranger.post("/v1/predictions", json=BODY),
            client.post("/v1/predictions", json={**BODY, "version": "no/body"}),
            client.post("/v1/predictions", json={**BODY, "version": "0" * 64}),
            client.post("/v1/predictions", json={"input": {}}),
            client.get("/v1/predictions/none"),
            client.post("/v1/predictions/none/cancel"),
            client.get("/v1/models/no/body"),
            client.get("/v1/nothing"),
        ]
        assert [answer.status_code for answer in asked] == [401, 404, 422, 422, 404, 404, 404, 404]
        assert [answer.json()["status"] for answer in asked] == [answer.status_code for answer in asked]
        assert fake.charged == 0


def test_a_prediction_passes_through_its_states_and_may_be_cancelled_on_the_way() -> None:
    with FakeReplicate() as fake, asking(fake) as client:
        fake.script(Script(starting_s=1000, running_s=1000, output="video", times=2))
        first, second = (client.post("/v1/predictions", json=BODY).json()["id"] for _ in range(2))
        states = []
        for _ in range(3):
            states.append(client.get(f"/v1/predictions/{first}").json()["status"])
            fake.pass_time(1000)
            if len(states) == 1:
                client.post(f"/v1/predictions/{second}/cancel")
        assert states == ["starting", "processing", "succeeded"]
        assert client.get(f"/v1/predictions/{second}").json()["status"] == "canceled"
        assert fake.charged == 2


def test_a_list_comes_in_pages_newest_first() -> None:
    with FakeReplicate(page=2) as fake, asking(fake) as client:
        made = [client.post("/v1/predictions", json=BODY).json()["id"] for _ in range(5)]
        seen, address = [], "/v1/predictions"
        while address:
            page = client.get(address).json()
            seen += [one["id"] for one in page["results"]]
            address = page["next"]
        assert seen == made[::-1]


def test_a_file_is_delivered_whole_in_parts_and_not_beyond_its_end() -> None:
    with FakeReplicate() as fake, asking(fake) as client:
        fake.script(Script(output="video"))
        address = client.post("/v1/predictions", json=BODY).json()["output"]
        whole = client.get(address)
        rest = client.get(address, headers={"Range": "bytes=100-", "If-Range": whole.headers["ETag"]})
        other = client.get(address, headers={"Range": "bytes=100-", "If-Range": '"another"'})
        beyond = client.get(address, headers={"Range": f"bytes={len(video())}-"})
        assert (whole.content, rest.content, other.content) == (video(), video()[100:], video())
        assert [answer.status_code for answer in (whole, rest, other, beyond)] == [200, 206, 200, 416]
        assert rest.headers["Content-Range"] == f"bytes 100-{len(video()) - 1}/{len(video())}"


def test_a_stream_goes_on_after_the_event_it_is_told() -> None:
    with FakeReplicate() as fake, asking(fake) as client:
        fake.script(Script(pieces=["a\n", "b"]))
        address = client.post("/v1/predictions", json=BODY).json()["urls"]["stream"]
        rest = "event: output\nid: 1\ndata: b\n\nevent: done\ndata: {}\n\n"
        assert client.get(address).text == f": hello\n\nevent: output\nid: 0\ndata: a\ndata: \n\n{rest}"
        assert client.get(address, headers={"Last-Event-ID": "0"}).text == f": hello\n\n{rest}"


@pytest.mark.parametrize(
    ("fault", "charged", "error"),
    [
        (Fault("POST", "/v1/predictions", "drop_before"), 0, httpx.RemoteProtocolError),
        (Fault("POST", "/v1/predictions", "drop_after"), 1, httpx.RemoteProtocolError),
        (Fault("POST", "/v1/predictions", "half"), 1, httpx.RemoteProtocolError),
        (Fault("POST", "/v1/predictions", "wrong_length"), 1, httpx.RemoteProtocolError),
        (Fault("POST", "/v1/predictions", "wrong_json"), 1, json.JSONDecodeError),
        (Fault("POST", "/v1/predictions", "status", status=503), 0, ReplicateError),
    ],
    ids=lambda value: value.kind if isinstance(value, Fault) else "",
)
def test_a_fault_hits_one_request_and_the_count_tells_whether_it_was_accepted(
    fault: Fault, charged: int, error: type[Exception]
) -> None:
    with FakeReplicate() as fake:
        fake.fault(Fault(**vars(fault)))
        client = Client(api_token=TOKEN, base_url=fake.address)
        with pytest.raises(error):
            client.predictions.create(version="openai/gpt-4o", input={})
        assert fake.charged == charged
        client.predictions.create(version="openai/gpt-4o", input={})
        assert fake.charged == charged + 1
        client._client.close()


def test_faults_and_scripts_hit_only_what_they_name() -> None:
    with FakeReplicate() as fake, asking(fake) as client:
        fake.fault(Fault("GET", "/v1/predictions/*", "status", status=500))
        fake.script(Script(final="failed", model="google/veo-3.1-fast"))
        made = client.post("/v1/predictions", json=BODY).json()
        video_made = client.post("/v1/predictions", json={"version": "google/veo-3.1-fast", "input": {}}).json()
        assert (made["status"], video_made["status"]) == ("succeeded", "failed")
        assert client.get("/v1/predictions").status_code == 200
        assert [client.get(f"/v1/predictions/{made['id']}").status_code for _ in range(2)] == [500, 200]


def test_an_hour_later_inputs_outputs_and_files_are_gone() -> None:
    with FakeReplicate() as fake, asking(fake) as client:
        fake.script(Script(output="image"))
        made = client.post("/v1/predictions", json=BODY).json()
        fake.expire()
        later = client.get(f"/v1/predictions/{made['id']}").json()
        assert (later["input"], later["output"], later["data_removed"]) == ({}, None, True)
        assert client.get(made["output"]).status_code == 404


def test_nobody_listens_while_it_refuses_and_nothing_is_forgotten() -> None:
    with FakeReplicate() as fake, asking(fake) as client:
        client.post("/v1/predictions", json=BODY)
        with fake.refusing(), pytest.raises(httpx.ConnectError):
            httpx.get(fake.address, trust_env=False)
        assert (len(client.get("/v1/predictions").json()["results"]), fake.charged) == (1, 1)


def test_what_its_models_write_keeps_the_rules_of_the_ad() -> None:
    checked = check_copy(DESCRIPTION, DIALOG, brand="", include_cta=False, is_custom=False)
    assert checked == {"product_description": DESCRIPTION, "dialog": DIALOG, "words": len(DIALOG.split())}


def test_a_padded_file_is_as_long_as_it_says() -> None:
    blob = blob_of("out.png", size=200_000)
    assert b"".join(blob.pieces(0, blob.size)) == picture().ljust(200_000, b"\0")
    assert b"".join(blob.pieces(len(picture()) - 3, 100_000)) == picture()[-3:].ljust(
        100_000 - len(picture()) + 3, b"\0"
    )


def test_as_a_process_it_outlives_its_clients_and_its_count_outlives_it(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    command = [sys.executable, "-m", "tests.fake_replicate", "--state", str(state)]
    shown = []
    for end in (signal.SIGKILL, signal.SIGTERM):
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env=dict(os.environ)) as process:
            try:
                assert process.stdout is not None
                address = f"http://127.0.0.1:{int(process.stdout.readline())}"
                headers = {"Authorization": f"Bearer {TOKEN}"}
                with httpx.Client(base_url=address, headers=headers, timeout=60.0, trust_env=False) as client:
                    client.post("/_fake/script", json={"final": "failed", "error": "as told"})
                    client.post(
                        "/_fake/fault", json={"method": "POST", "path": "/v1/predictions", "kind": "drop_after"}
                    )
                    with pytest.raises(httpx.RemoteProtocolError):
                        client.post("/v1/predictions", json=BODY)
                    shown.append(client.get("/_fake/state").json())
                    assert client.post("/_fake/refuse", json={"seconds": 0.05}).json() == {}
                    wait_until(partial(_answers_again, address))
                    client.post("/_fake/expire")
            finally:
                process.send_signal(end)
        process.wait()
    assert [told["charged"] for told in shown] == [1, 2]
    assert [one["error"] for one in shown[1]["predictions"]] == ["as told", "as told"]
    assert [one["data_removed"] for one in shown[1]["predictions"]] == [True, False]


def _answers_again(address: str) -> bool:
    """Whether it has refused, and is over it."""
    try:
        return bool(httpx.get(f"{address}/_fake/state", trust_env=False).json()["refusals"] == 1)
    except httpx.TransportError:
        return False
