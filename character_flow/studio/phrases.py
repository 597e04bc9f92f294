"""Which sentences the words are made of: templates by voice and tone, none of which claims what cannot be seen."""

from typing import Literal, TypeAlias

Who: TypeAlias = Literal["creator", "narrator"]

TONES = ("friendly", "expert", "playful", "calm")

COLOURS = (
    "black", "charcoal", "grey", "gray", "silver", "white", "cream", "beige", "tan", "brown", "dark brown", "red",
    "dark red", "coral", "pink", "rose", "magenta", "orange", "amber", "peach", "yellow", "mustard", "lime green",
    "green", "dark green", "olive", "sage green", "mint", "teal", "turquoise", "sky blue", "blue", "navy",
    "slate blue", "purple", "lilac", "plum", "gold",
)  # fmt: skip
NOUNS = (
    "bottle", "tube", "box", "bag", "cup", "shoe", "mist", "serum", "cream", "lotion", "coffee", "tea", "candle",
    "soap", "shampoo", "phone", "mug", "jar", "can", "pouch", "sneaker", "watch", "lamp", "perfume", "lipstick",
)  # fmt: skip
FINISHES = ("glossy", "matte", "satin", "glass", "metal", "frosted", "wooden", "paper", "leather", "ceramic")

LEADS: dict[tuple[bool, bool], tuple[str, ...]] = {  # by: a brand is known, the product was cut out
    (True, True): (
        "{brand} {noun}, {article} {colour} piece shown whole and upright from the front.",
        "{brand} {noun} in {colour}, shown whole from the front.",
    ),
    (True, False): (
        "{brand} {noun}, photographed in its setting, with {colour} as the main colour.",
        "{brand} {noun}, photographed with {colour} as the main colour.",
    ),
    (False, True): ("{article} {colour} {noun} without a readable brand name, shown whole from the front.",),
    (False, False): ("{article} {noun} without a readable brand name, photographed in its own setting.",),
}
LOOKS = (
    "{finish} {colour} surface {detail}, photographed on {ground} in {light}.",
    "{finish} {colour} surface {detail}, on {ground} in {light}.",
    "{finish} {colour} surface {detail}, on {ground}.",
    "{finish} {colour} surface {detail}, seen in {light}.",
    "{finish} surface, mostly {colour}, seen in {light}.",
)
SETTINGS = (
    "The picture is mostly {colour} {detail}, taken in {light}.",
    "Mostly {colour} {detail}, photographed in {light}.",
    "The picture is mostly {colour}, taken in {light}.",
)

HOOKS: dict[tuple[str, str], tuple[str, ...]] = {
    ("creator", "friendly"): (
        "So this is {brand}, and I really wanted to show you this {noun}.",
        "Okay, I have {brand} right here, and I want you to see it.",
        "Let me show you {brand}, because I keep looking at this {noun}.",
        "I just put {brand} on my table, and I like this {noun}.",
        "Hi, I want to show you {brand} up close today.",
    ),
    ("creator", "expert"): (
        "I look at a lot of packs, and {brand} made me stop.",
        "Here is {brand}, and I want to walk you through this {noun}.",
        "I spent a moment with {brand}, and I noticed the small things.",
        "I want to look at {brand} closely with you now.",
    ),
    ("creator", "playful"): (
        "Wait, stop scrolling, I have {brand} here and it is cute.",
        "Guess what I have here, it is {brand}, and I cannot stop smiling.",
        "My table got prettier today, because I put {brand} on it.",
        "Hello from me and {brand}, we are basically a duo now.",
        "I am here with {brand}, and I am smiling.",
    ),
    ("creator", "calm"): (
        "I want to take a quiet minute with {brand} and this {noun}.",
        "Here is {brand}, and I like how still this {noun} looks.",
        "I keep {brand} where I can see it, and it feels calm.",
        "I put {brand} by the window and looked at it.",
    ),
    ("narrator", "friendly"): (
        "Meet {brand}, a {noun} that looks good on any table at home.",
        "This is {brand}, and it is worth a closer look at this {noun}.",
        "Say hello to {brand}, a {noun} with a look of its own.",
        "Here comes {brand}, up close and in good light.",
    ),
    ("narrator", "expert"): (
        "This is {brand}, a {noun} whose details reward a second look.",
        "Consider {brand}, a {noun} where shape and colour work together.",
        "A closer view of {brand} shows how this {noun} is made up.",
        "Here is {brand}, seen closely and without any hurry.",
    ),
    ("narrator", "playful"): (
        "Look who just arrived, it is {brand}, ready for a close-up.",
        "Some things just like the camera, and {brand} is one of them.",
        "Make some room on the table, because {brand} has just arrived.",
        "Here is {brand}, striking a pose just for you.",
    ),
    ("narrator", "calm"): (
        "A quiet moment, soft light, and {brand} standing in the middle.",
        "This is {brand}, a {noun} that takes its time to be seen.",
        "Slow down for a moment and see {brand} in soft light.",
        "Here is {brand}, simply standing there in the light.",
    ),
}

PLAIN_HOOKS: dict[tuple[str, str], tuple[str, ...]] = {
    ("creator", "friendly"): (
        "Okay, I really have to show you this {noun} for a second.",
        "I just put this {noun} on my table, and I like it.",
        "Let me show you this {noun}, because I keep looking at it.",
        "Hi, I want you to see this {noun} up close today.",
    ),
    ("creator", "expert"): (
        "I look at a lot of packs, and this {noun} made me stop.",
        "I want to walk you through this {noun}, one detail at a time.",
        "I spent a moment with this {noun} and noticed the small things.",
    ),
    ("creator", "playful"): (
        "Wait, stop scrolling, I need you to see this {noun} with me.",
        "My table got prettier today, because I put this {noun} on it.",
        "Hello from me and this {noun}, we are basically a duo now.",
    ),
    ("creator", "calm"): (
        "I want to take a quiet minute with you and this {noun}.",
        "I put this {noun} by the window and just looked at it.",
        "I like how still this {noun} looks when the room is quiet.",
    ),
    ("narrator", "friendly"): (
        "Here is a {noun} that looks good on any table at home.",
        "Say hello to a {noun} with a quiet look of its own.",
        "This {noun} is worth a closer look on any given day.",
    ),
    ("narrator", "expert"): (
        "This is a {noun} whose details reward a second, closer look.",
        "Consider a {noun} where shape and colour simply work well together.",
        "A closer view shows how carefully this {noun} has been put together.",
    ),
    ("narrator", "playful"): (
        "Look who just arrived, a {noun} that is ready for its close-up.",
        "Some things just like the camera, and this {noun} is one of them.",
        "Make some room on the table, because this {noun} has just arrived.",
    ),
    ("narrator", "calm"): (
        "A quiet moment, soft light, and this {noun} in the middle.",
        "Slow down for a moment and see this {noun} in the light.",
        "This is a {noun} that takes its time to be seen.",
    ),
}

ATTRIBUTES: dict[tuple[str, str], tuple[str, ...]] = {
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
        "I like how it looks from the front, plain and easy to spot.",
        "For me it is the simple shape that makes me look again.",
        "I like to let it stand there and speak for itself.",
    ),
    ("narrator", "two"): (
        "The {finish} {first} surface and the {second} details keep it simple.",
        "It comes in {first} with {second} touches, clear and easy to spot.",
        "Notice the {first} beside the {second}, with nothing loud about it.",
        "A {finish} look in {first}, set off by a little {second}.",
        "The {first} catches the eye first, and then the {second} details follow.",
    ),
    ("narrator", "one"): (
        "The {finish} {first} surface keeps the whole look clear and simple.",
        "It is {first} all over, clear and easy to spot anywhere.",
        "Notice the {finish} {first} surface, with nothing loud about it at all.",
    ),
    ("narrator", "none"): (
        "The shape is plain and clear, and it is easy to spot.",
        "Notice the simple shape, with nothing loud about it at all.",
        "It stands there quietly and lets its shape speak for itself.",
    ),
}

CALLS: dict[tuple[str, str], tuple[str, ...]] = {
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
        "I like how simple it looks, so take a closer look too.",
        "If you like plain shapes as I do, have a look.",
        "I think it speaks for itself, so have a look with me.",
    ),
    ("narrator", "two"): (
        "It comes in {first} with {second} details, so take a closer look.",
        "If {first} and {second} are your colours, have a look today.",
        "Have a look at the {first} and the {second} up close.",
    ),
    ("narrator", "one"): (
        "The surface is {finish} and {first}, so take a closer look.",
        "If {first} is your colour, then simply have a look today.",
        "Have a look at the {finish} {first} surface up close today.",
    ),
    ("narrator", "none"): (
        "The shape is plain and clear, so simply take a closer look.",
        "If you like simple shapes, then simply have a look today.",
        "It speaks for itself, so have a look at it today.",
    ),
}


def article(word: str) -> str:
    """Return "a" or "an" for the word that follows."""
    return "an" if word[:1].lower() in "aeiou" else "a"
