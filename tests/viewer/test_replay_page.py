"""The replay page: any run, played again on the board, which can change nothing."""

from character_flow.stream.stream import Stream
from character_flow.viewer.component import Showing
from tests.viewer.made import make_run
from tests.viewer.shown import viewer

REPLAY = Showing(mode="replay", can_write=False, why_read_only="This is a replay.")


def test_without_runs_there_is_nothing_to_replay(stream: Stream) -> None:
    assert viewer().open("replay").text == (
        f"There are no runs yet in {stream.runs}. Once there is one, it can be replayed here."
    )


def test_the_run_of_the_address_is_replayed_and_another_can_be_chosen(stream: Stream) -> None:
    first, second = make_run(stream), make_run(stream)
    visit = viewer().open("replay", run=first.id)
    assert visit.board == REPLAY.model_copy(update={"run": first.id})
    visit.app.selectbox(key="pick_run").select(second.id)
    assert visit.run().board == REPLAY.model_copy(update={"run": second.id})
    assert visit.app.query_params == {"run": second.id}


def test_a_part_of_an_id_is_enough(stream: Stream) -> None:
    first, _second = make_run(stream), make_run(stream)
    assert viewer().open("replay", run=first.id[-6:]).board.run == first.id


def test_a_run_that_is_gone_is_said_so(stream: Stream) -> None:
    run = make_run(stream)
    make_run(stream)
    run.path.rename(stream.folder / "elsewhere")
    assert viewer().open("replay", run=run.id).text.startswith(f"there is no run '{run.id}'; did you mean ")
