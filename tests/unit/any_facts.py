"""Any fact of ours with any content: what laws about all facts are tested with."""

from hypothesis import strategies as st

from character_flow.events import Fact


def built(cls: type[Fact], **more: st.SearchStrategy[object]) -> st.SearchStrategy[Fact]:
    """Any fact of a type; what must be given and is a number is a finite one, as JSON has no other."""
    numbers = [name for name, one in cls.model_fields.items() if one.is_required() and one.annotation is float]
    return st.builds(cls, **{**dict.fromkeys(numbers, st.floats(-1e9, 1e9)), **more})
