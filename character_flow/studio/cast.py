"""Who the nine presenters are: name, age, skin, hair and clothes, as plain values the drawing reads."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from character_flow.studio.paint import RGB

Hair: TypeAlias = Literal["long", "tousled", "afro", "undercut", "bob", "short", "scarf", "bald", "bun"]
Top: TypeAlias = Literal["sweater", "hoodie", "blouse", "overshirt", "cardigan", "collar", "tee"]
Sleeve: TypeAlias = Literal["long", "rolled", "short"]
Gesture: TypeAlias = Literal["rest", "open", "point", "chest"]


@dataclass(frozen=True, slots=True)
class Manner:
    """How a person moves: gestures in the order they come, how far and how quickly; 1 is the middle of the cast."""

    gestures: tuple[Gesture, ...] = ("open", "point", "rest")
    reach: float = 1.0
    tempo: float = 1.0
    smile: float = 1.0
    brows: float = 1.0


@dataclass(frozen=True, slots=True)
class Person:
    """One preset presenter; colours are RGB, `age` 0..1 sets lines and greying, `build` widens shoulders.

    `nose` and `eyes` are sizes about 1; `sleeve` and `manner` say how the arms look and move.
    """

    name: str
    line: str
    skin: RGB
    hair: RGB
    hair_style: Hair
    top: RGB
    top_style: Top
    iris: RGB
    lips: RGB
    backdrop: RGB
    voice: str
    pitch: int
    rate: int
    second: RGB = (245, 242, 236)
    build: float = 1.0
    jaw: float = 1.0
    age: float = 0.0
    lashes: bool = False
    beard: RGB | None = None
    stubble: bool = False
    glasses: RGB | None = None
    earrings: RGB | None = None
    freckles: bool = False
    brow_weight: float = 1.0
    sleeve: Sleeve = "long"
    nose: float = 1.0
    eyes: float = 1.0
    manner: Manner = Manner()


CAST: dict[int, Person] = {
    1: Person(
        "Maya", "Mid twenties, long dark waves, mustard knit; warm and quick.",
        skin=(205, 148, 110), hair=(52, 32, 26), hair_style="long", top=(222, 164, 58), top_style="sweater",
        iris=(84, 52, 32), lips=(178, 84, 80), backdrop=(236, 214, 196), voice="en-us+f3", pitch=52, rate=168,
        build=0.9, jaw=0.92, lashes=True, earrings=(236, 200, 110), eyes=1.04,
        manner=Manner(("open", "point", "rest"), reach=1.1, tempo=1.15, smile=1.1),
    ),
    2: Person(
        "Leo", "Twenties, tousled light brown hair, stubble, teal hoodie; easy-going.",
        skin=(240, 198, 170), hair=(132, 90, 54), hair_style="tousled", top=(42, 128, 132), top_style="hoodie",
        iris=(70, 116, 130), lips=(204, 122, 112), backdrop=(204, 222, 222), voice="en-us+m3", pitch=44,
        rate=168, jaw=1.03, stubble=True, brow_weight=1.2,
        nose=1.06,
        manner=Manner(("open", "rest", "point"), reach=0.9, tempo=0.9, smile=0.95),
    ),
    3: Person(
        "Amara", "Thirties, round natural curls, coral blouse, gold hoops; bright and sure.",
        skin=(124, 78, 56), hair=(30, 22, 24), hair_style="afro", top=(232, 104, 88), top_style="blouse",
        iris=(56, 34, 24), lips=(146, 60, 66), backdrop=(244, 216, 188), voice="en-gb+f2", pitch=48, rate=162,
        build=0.92, jaw=0.95, lashes=True, earrings=(240, 200, 96), nose=1.22, eyes=1.06,
        manner=Manner(("open", "chest", "point"), reach=1.15, tempo=1.05, smile=1.2, brows=1.2),
    ),
    4: Person(
        "Kenji", "Thirties, black undercut, round glasses, navy overshirt; calm and exact.",
        skin=(234, 194, 158), hair=(28, 26, 32), hair_style="undercut", top=(44, 62, 102),
        top_style="overshirt", iris=(50, 34, 28), lips=(192, 116, 104), backdrop=(208, 214, 228),
        voice="en-us+m1", pitch=40, rate=162, jaw=0.97, glasses=(40, 36, 40), sleeve="rolled", nose=0.94, eyes=0.92,
        manner=Manner(("point", "rest", "open"), reach=0.65, tempo=0.95, smile=0.8, brows=0.7),
    ),
    5: Person(
        "Rosa", "Sixties, silver bob, red glasses, green cardigan; kind, takes her time.",
        skin=(226, 178, 146), hair=(196, 196, 202), hair_style="bob", top=(62, 112, 84), top_style="cardigan",
        iris=(82, 92, 60), lips=(182, 84, 88), backdrop=(220, 226, 206), voice="en-gb+f4", pitch=40, rate=154,
        build=0.93, jaw=1.0, age=0.9, lashes=True, glasses=(176, 44, 52), earrings=(238, 236, 228),
        nose=1.08, eyes=0.95,
        manner=Manner(("chest", "open", "point"), reach=0.8, tempo=0.75, smile=1.15),
    ),
    6: Person(
        "Samir", "Forties, full dark beard, rust shirt; direct and friendly.",
        skin=(196, 142, 102), hair=(38, 28, 26), hair_style="short", top=(176, 84, 48), top_style="collar",
        iris=(62, 40, 24), lips=(168, 92, 80), backdrop=(232, 210, 190), voice="en-us+m7", pitch=34, rate=162,
        build=1.06, jaw=1.05, age=0.35, beard=(44, 32, 28), brow_weight=1.4,
        sleeve="rolled", nose=1.25, eyes=0.96,
        manner=Manner(("point", "open", "rest"), reach=0.95, tempo=1.0, brows=1.1),
    ),
    7: Person(
        "Nadia", "Thirties, dusty rose headscarf, cream blouse; poised and gentle.",
        skin=(232, 188, 156), hair=(196, 124, 128), hair_style="scarf", top=(240, 228, 208),
        top_style="blouse", iris=(92, 66, 40), lips=(190, 96, 96), backdrop=(228, 208, 206),
        voice="en-gb+f3", pitch=46, rate=160, build=0.9, jaw=0.94, lashes=True, eyes=1.05,
        manner=Manner(("chest", "open", "rest"), reach=0.7, tempo=0.8, smile=1.05, brows=0.8),
    ),
    8: Person(
        "Tom", "Fifties, shaved head, grey beard, denim shirt; dry humour.",
        skin=(236, 186, 160), hair=(150, 148, 150), hair_style="bald", top=(88, 118, 158), top_style="collar",
        iris=(84, 120, 150), lips=(194, 112, 104), backdrop=(206, 216, 226), voice="en-us+m2", pitch=30,
        rate=158, build=1.08, jaw=1.06, age=0.75, beard=(168, 164, 164), brow_weight=1.1,
        sleeve="rolled", nose=1.3, eyes=0.9,
        manner=Manner(("point", "rest", "open"), reach=0.7, tempo=0.8, smile=0.75, brows=1.3),
    ),
    9: Person(
        "Ivy", "About twenty, ginger bun, freckles, lilac tee; playful.",
        skin=(248, 212, 188), hair=(196, 92, 44), hair_style="bun", top=(172, 148, 212), top_style="tee",
        iris=(88, 132, 92), lips=(212, 110, 108), backdrop=(226, 218, 240), voice="en-us+f5", pitch=58,
        rate=172, build=0.86, jaw=0.9, lashes=True, freckles=True, sleeve="short", nose=0.88, eyes=1.1,
        manner=Manner(("open", "point", "open"), reach=1.3, tempo=1.2, smile=1.25, brows=1.2),
    ),
}  # fmt: skip

NAMES: dict[int, tuple[str, str]] = {number: (person.name, person.line) for number, person in CAST.items()}
