"""How English speaks of a product: its nouns, colours and sentences, none of which claims what cannot be seen."""

from character_flow.studio.phrases import Attributes, Hooks, Language

_NAMES = (
    "bottle", "tube", "box", "bag", "cup", "shoe", "phone", "product", "serum", "shampoo", "coffee", "tea", "cream",
    "soap", "lotion", "chocolate", "perfume", "candle", "mist", "gel", "balm", "toothpaste", "juice", "wine",
    "beer", "lipstick", "mug", "jar", "can", "pouch", "sneaker", "watch", "lamp",
)  # fmt: skip
_COLOURS = (
    "black", "charcoal", "grey", "gray", "silver", "white", "cream", "beige", "tan", "brown", "dark brown", "red",
    "dark red", "coral", "pink", "rose", "magenta", "orange", "amber", "peach", "yellow", "mustard", "lime green",
    "green", "dark green", "olive", "sage green", "mint", "teal", "turquoise", "sky blue", "blue", "navy",
    "slate blue", "purple", "lilac", "plum", "gold",
)  # fmt: skip
_FINISHES = (
    "glossy", "matte", "satin", "glass", "metal", "frosted", "wooden", "paper", "leather", "ceramic", "simple",
)  # fmt: skip
_LIGHTS = (
    "bright, even light", "low, moody light", "soft light from the left", "soft light from the right",
    "soft, even light",
)  # fmt: skip

_HOOKS: Hooks = {
    ("creator", "friendly"): (
        "So this is {brand}, and I really wanted to show you {this}.",
        "Okay, I have {brand} right here, and I want you to see it.",
        "Let me show you {brand}, because I keep looking at {this}.",
        "I just put {brand} on my table, and I like {this}.",
        "Hi, I want to show you {brand} up close today.",
        "Okay, I really have to show you {this} for a second.",
        "I just put {this} on my table, and I like it.",
        "Let me show you {this}, because I keep looking at it.",
        "Hi, I want you to see {this} up close today.",
    ),
    ("creator", "expert"): (
        "I look at a lot of packs, and {brand} made me stop.",
        "Here is {brand}, and I want to walk you through {this}.",
        "I spent a moment with {brand}, and I noticed the small things.",
        "I want to look at {brand} closely with you now.",
        "I look at a lot of packs, and {this} made me stop.",
        "I want to walk you through {this}, one detail at a time.",
        "I spent a moment with {this} and noticed the small things.",
    ),
    ("creator", "playful"): (
        "Wait, stop scrolling, I have {brand} here and it is cute.",
        "Guess what I have here, it is {brand}, and I cannot stop smiling.",
        "My table got prettier today, because I put {brand} on it.",
        "Hello from me and {brand}, we are basically a duo now.",
        "I am here with {brand}, and I am smiling.",
        "Wait, stop scrolling, I need you to see {this} with me.",
        "My table got prettier today, because I put {this} on it.",
        "Hello from me and {this}, we are basically a duo now.",
    ),
    ("creator", "calm"): (
        "I want to take a quiet minute with {brand} and {this}.",
        "Here is {brand}, and I like how still {this} looks.",
        "I keep {brand} where I can see it, and it feels calm.",
        "I put {brand} by the window and looked at it.",
        "I want to take a quiet minute with you and {this}.",
        "I put {this} by the window and just looked at it.",
        "I like how still {this} looks when the room is quiet.",
    ),
    ("narrator", "friendly"): (
        "Meet {brand}, {a} that looks good on any table at home.",
        "This is {brand}, and it is worth a closer look at {this}.",
        "Say hello to {brand}, {a} with a look of its own.",
        "Here comes {brand}, up close and in good light.",
        "Here is {a} that looks good on any table at home.",
        "Say hello to {a} with a quiet look of its own.",
        "This {noun} is worth a closer look on any given day.",
    ),
    ("narrator", "expert"): (
        "This is {brand}, {a} whose details reward a second look.",
        "Consider {brand}, {a} where shape and colour work together.",
        "A closer view of {brand} shows how {this} is made up.",
        "Here is {brand}, seen closely and without any hurry.",
        "This is {a} whose details reward a second, closer look.",
        "Consider {a} where shape and colour simply work well together.",
        "A closer view shows how carefully {this} has been put together.",
    ),
    ("narrator", "playful"): (
        "Look who just arrived, it is {brand}, ready for a close-up.",
        "Some things just like the camera, and {brand} is one of them.",
        "Make some room on the table, because {brand} has just arrived.",
        "Here is {brand}, striking a pose just for you.",
        "Look who just arrived, {a} that is ready for its close-up.",
        "Some things just like the camera, and {this} is one of them.",
        "Make some room on the table, because {this} has just arrived.",
    ),
    ("narrator", "calm"): (
        "A quiet moment, soft light, and {brand} standing in the middle.",
        "This is {brand}, {a} that takes its time to be seen.",
        "Slow down for a moment and see {brand} in soft light.",
        "Here is {brand}, simply standing there in the light.",
        "A quiet moment, soft light, and {this} in the middle.",
        "Slow down for a moment and see {this} in the light.",
        "This is {a} that takes its time to be seen.",
    ),
}
_ATTRIBUTES: Attributes = {
    ("creator", "two"): (
        "I like the {finish} {first} look, and the {second} details keep it simple.",
        "The {first} caught my eye first, then I saw the {second} details.",
        "It is {first} with {second} touches, and I enjoy that pairing.",
        "For me it is all about the {first} next to the {second}.",
        "I love how the {first} sits beside the {second}, nothing loud about it.",
        "My favourite part is the {finish} {first}, set off by a little {second}.",
    ),
    ("creator", "one"): (
        "I like the {finish} {first} look, because it keeps everything simple.",
        "It is {first} all over, and I enjoy how clear that looks.",
        "For me it is all about that {finish} {first} surface up close.",
    ),
    ("creator", "none"): (
        "I like how it looks up close, without any big words.",
        "For me there is something here that makes me look again.",
        "I like to let it stand there and speak for itself.",
    ),
    ("anyone", "two"): (
        "A lot of {first}, a little {second}, and nothing more is needed.",
        "The {finish} {first} surface and the {second} details keep it simple.",
        "It comes in {first} with {second} touches, clear and easy to spot.",
        "Notice the {first} beside the {second}, with nothing loud about it.",
        "A {finish} look in {first}, set off by a little {second}.",
        "The {first} catches the eye first, and then the {second} details follow.",
    ),
    ("anyone", "one"): (
        "The {first} does all the talking here, without raising its voice.",
        "There is one single colour, {first}, from the top to the bottom.",
        "The {finish} {first} surface keeps the whole look clear and simple.",
        "It is {first} all over, clear and easy to spot anywhere.",
        "Notice the {finish} {first} surface, with nothing loud about it at all.",
    ),
    ("anyone", "none"): (
        "There is little to add, a calm look says it all.",
        "No big words are needed here, only a little time.",
        "It stays quiet and lets the picture speak for itself.",
        "Pause for a moment, and there is always more to see.",
        "Sometimes one short look is enough to make people curious.",
        "No noise, no hurry, simply as it is and nothing more.",
    ),
}
_CALLS: Attributes = {
    ("creator", "two"): (
        "I like the {first} with the {second}, so take a closer look.",
        "It is {first} with {second} touches, so have a look with me.",
        "If you like {first} and {second} as I do, have a look.",
    ),
    ("creator", "one"): (
        "I like that {finish} {first} look, so take a closer look too.",
        "If you like {first} as much as I do, have a look.",
        "It is {first} all over, and I say take a look.",
    ),
    ("creator", "none"): (
        "I could say a lot more, so take a closer look.",
        "If you are as curious as I am, have a look.",
        "I think it speaks for itself, so have a look with me.",
    ),
    ("anyone", "two"): (
        "A lot of {first}, a little {second}, so take a closer look.",
        "The {first} leads and the {second} follows, have a look.",
        "It comes in {first} with {second} details, so take a closer look.",
        "If {first} and {second} are your colours, have a look today.",
        "Have a look at the {first} and the {second} up close.",
    ),
    ("anyone", "one"): (
        "The {first} does all the talking here, so have a look.",
        "There is one colour here, {first}, so take a closer look.",
        "The surface is {finish} and {first}, so take a closer look.",
        "If {first} is your colour, then simply have a look today.",
        "Have a look at the {finish} {first} surface up close today.",
    ),
    ("anyone", "none"): (
        "Sometimes one look is enough, so have a look at it.",
        "Take your time, come closer, and have a look at it.",
        "There is little to add, so simply take a closer look.",
        "If this makes you curious, then simply have a look today.",
        "It speaks for itself, so have a look at it today.",
    ),
}

ENGLISH = Language(
    code="en",
    things={name: (name, "v" if name[0] in "aeiou" else "c") for name in _NAMES},
    determiners={
        "c": {"a": "a ", "this": "this ", "the": "the "},
        "v": {"a": "an ", "this": "this ", "the": "the "},
    },
    endings={},
    colours={name: name for name in _COLOURS},
    colour_the=("the ", "the "),
    finishes={name: name for name in _FINISHES},
    lights={name: name for name in _LIGHTS},
    grounds=("a plain {first} background", "a clear background", "a natural setting"),
    details=("with {one} details", "with {one} and {two} details", "in one even colour"),
    leads={
        ("named", True): (
            "{brand} {noun} in {first}, shown whole and upright from the front.",
            "{brand} {noun} in {first}, shown whole from the front.",
        ),
        ("named", False): (
            "{brand} {noun}, photographed in its setting, with {first} as the main colour.",
            "{brand} {noun}, photographed with {first} as the main colour.",
        ),
        ("unnamed", True): ("{a} in {first} without a readable brand name, shown whole from the front.",),
        ("unnamed", False): ("{a} without a readable brand name, photographed in its own setting.",),
    },
    looks=(
        "{finish} {first} surface {detail}, photographed on {ground} in {light}.",
        "{finish} {first} surface {detail}, on {ground} in {light}.",
        "{finish} {first} surface {detail}, on {ground}.",
        "{finish} {first} surface {detail}, seen in {light}.",
        "{finish} surface, mostly {first}, seen in {light}.",
    ),
    settings=(
        "The picture is mostly {first} {detail}, taken in {light}.",
        "Mostly {first} {detail}, photographed in {light}.",
        "The picture is mostly {first}, taken in {light}.",
    ),
    nothing={
        "named": (
            "{brand}, with a picture that shows no single product clearly.",
            "Seen in {light}, without a detail that could be named.",
        ),
        "unnamed": (
            "A product that cannot be made out in the picture itself.",
            "Seen in {light}, without a detail that could be named.",
        ),
    },
    hooks=_HOOKS,
    attributes=_ATTRIBUTES,
    calls=_CALLS,
    call_words=(
        "shop now", "buy", "order now", "order yours", "get yours", "try it", "check it out", "take a look",
        "take a closer look", "tap the link", "link in bio", "grab one", "have a look", "see it for yourself",
    ),
    banned=(
        "miracle", "best", "perfect", "amazing", "revolutionary", "guaranteed", "clinically", "proven", "anti-aging",
        "flawless", "ultimate", "magical", "instantly", "cure", "cures", "risk-free",
    ),
    neutral_title="A closer look",
    end_line="Seen here as it is",
    draft_mark="AI-made draft",
)  # fmt: skip
