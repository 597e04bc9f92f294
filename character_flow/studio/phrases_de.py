"""How German speaks of a product: its nouns, colours and sentences, none of which claims what cannot be seen."""

from character_flow.studio.phrases import Attributes, Hooks, Language

_THINGS = {
    "bottle": ("Flasche", "f"), "tube": ("Tube", "f"), "box": ("Schachtel", "f"), "bag": ("Beutel", "m"),
    "cup": ("Becher", "m"), "shoe": ("Schuh", "m"), "phone": ("Handy", "n"), "product": ("Produkt", "n"),
    "serum": ("Serum", "n"), "shampoo": ("Shampoo", "n"), "coffee": ("Kaffee", "m"), "tea": ("Tee", "m"),
    "cream": ("Creme", "f"), "soap": ("Seife", "f"), "lotion": ("Lotion", "f"), "chocolate": ("Schokolade", "f"),
    "perfume": ("Parfum", "n"), "candle": ("Kerze", "f"), "mist": ("Spray", "n"), "gel": ("Gel", "n"),
    "balm": ("Balsam", "m"), "toothpaste": ("Zahnpasta", "f"), "juice": ("Saft", "m"), "wine": ("Wein", "m"),
    "beer": ("Bier", "n"), "lipstick": ("Lippenstift", "m"),
}  # fmt: skip
_COLOURS = {
    "black": "Schwarz", "charcoal": "Anthrazit", "grey": "Grau", "silver": "Silbergrau", "white": "Weiß",
    "cream": "Cremeweiß", "beige": "Beige", "tan": "Hellbraun", "brown": "Braun", "dark brown": "Dunkelbraun",
    "red": "Rot", "dark red": "Dunkelrot", "coral": "Korallenrot", "pink": "Rosa", "rose": "Altrosa",
    "magenta": "Magenta", "orange": "Orange", "amber": "Bernsteingelb", "peach": "Apricot", "yellow": "Gelb",
    "mustard": "Senfgelb", "lime green": "Limettengrün", "green": "Grün", "dark green": "Dunkelgrün",
    "olive": "Olivgrün", "sage green": "Salbeigrün", "mint": "Mintgrün", "teal": "Petrol", "turquoise": "Türkis",
    "sky blue": "Himmelblau", "blue": "Blau", "navy": "Marineblau", "slate blue": "Taubenblau", "purple": "Lila",
    "lilac": "Flieder", "plum": "Pflaume", "gold": "Goldgelb",
}  # fmt: skip
_HOOKS: Hooks = {
    ("creator", "friendly"): (
        "Ich zeige euch heute {x_acc}, und zwar ganz aus der Nähe.",
        "Seht mal, ich habe {x_acc} hier und mag den Anblick sehr.",
        "Seit heute steht {x} bei mir auf dem Tisch, schön, oder?",
        "Das hier ist {brand}, und ich wollte euch das unbedingt zeigen.",
        "Kommt mal näher, denn ich muss euch {x_acc} einfach zeigen.",
        "Hallo ihr Lieben, heute habe ich {x_acc} für euch dabei.",
    ),
    ("creator", "expert"): (
        "Ich sehe mir {x_acc} jetzt ganz genau an, Stück für Stück.",
        "Bei mir kommt es auf Details an, also zuerst zu {x_dat}.",
        "Ich achte immer auf Form und Farbe, heute bei {x_dat}.",
        "Hier ist {brand}, und ich gehe die Details mit euch durch.",
        "Ich habe mir {x_acc} genauer angesehen und einiges entdeckt.",
        "Mein Blick bleibt oft an Kleinigkeiten hängen, auch bei {x_dat}.",
    ),
    ("creator", "playful"): (
        "Moment, nicht weiterscrollen, ich habe {x_acc} hier und muss grinsen.",
        "Ratet mal, was ich hier habe, genau, es ist {x}.",
        "Darf ich vorstellen, das ist {brand}, und wir sind ein Team.",
        "Mein Tisch sah langweilig aus, dann habe ich {x_acc} draufgestellt.",
        "Ich wollte nur kurz gucken, jetzt bin ich Fan von {x_dat}.",
        "Ich und {x} vor der Kamera, das kann ja heiter werden.",
    ),
    ("creator", "calm"): (
        "Ich nehme mir eine ruhige Minute nur für {x_acc}.",
        "Bei mir ist es gerade still, und ich betrachte {x_acc}.",
        "Ich habe {x_acc} ans Fenster gestellt und einfach nur hingeschaut.",
        "Manchmal reicht mir ein ruhiger Blick, so wie auf {x_acc}.",
        "Ich atme kurz durch und zeige euch in Ruhe {x_acc}.",
    ),
    ("narrator", "friendly"): (
        "Das ist {brand}, ein Anblick, der auf jedem Tisch Freude macht.",
        "Hier kommt {x}, ganz nah und in schönem Licht.",
        "Heute steht {x} im Mittelpunkt, ganz nah und ohne jede Eile.",
        "Ein freundliches Hallo an alle, denn heute geht es um {x_acc}.",
        "Für {x_acc} lohnt sich ein zweiter Blick zu jeder Zeit.",
    ),
    ("narrator", "expert"): (
        "Bei {x_dat} lohnt es sich, auf die Einzelheiten zu achten.",
        "Hier ist {x}, genau betrachtet und ganz ohne Umwege.",
        "Form und Farbe sagen viel, das zeigt sich auch bei {x_dat}.",
        "Ein genauer Blick auf {x_acc} zeigt, wie alles zusammenpasst.",
        "Wer gern genau hinsieht, wird bei {x_dat} schnell fündig.",
    ),
    ("narrator", "playful"): (
        "Bühne frei für {x_acc}, das Licht ist an, die Kamera läuft.",
        "Achtung, Platz machen auf dem Tisch, denn jetzt kommt {x}.",
        "Wer steht denn da vor der Kamera, natürlich, es ist {x}.",
        "Manche Dinge lieben die Kamera, und dazu gehört auch {x}.",
        "Trommelwirbel bitte, denn hier kommt {x} ganz groß ins Bild.",
    ),
    ("narrator", "calm"): (
        "Ein ruhiger Moment, weiches Licht, und mittendrin steht {x}.",
        "Ganz ohne Eile zeigt sich {x} hier von der ruhigen Seite.",
        "Es ist still im Raum, und da steht einfach {x}.",
        "Einmal tief durchatmen und dann in Ruhe {x_acc} ansehen.",
        "So sieht es aus, wenn {x} einfach im Licht steht.",
    ),
}
_ATTRIBUTES: Attributes = {
    ("anyone", "two"): (
        "Die {finish} Oberfläche in {first} wirkt klar, dazu Details in {second}.",
        "Erst fällt {the_first} auf, dann kommen die Details in {second}.",
        "{first} und {second} stehen hier nebeneinander, ganz ohne laut zu sein.",
        "Alles ist in {first} gehalten, mit ein paar Akzenten in {second}.",
        "Zu {first} kommt hier {second}, und genau das bleibt im Kopf.",
        "Viel {first}, ein wenig {second}, mehr braucht dieser Auftritt nicht.",
        "Eine {finish} Fläche in {first}, und dazu ein Hauch von {second}.",
    ),
    ("creator", "two"): (
        "Mir gefällt besonders {the_first}, und dazu passt {the_second} richtig gut.",
        "Ich mag, wie {first} und {second} hier zusammen aussehen.",
        "Für mich macht {the_first} zusammen mit {second} den ganzen Reiz aus.",
    ),
    ("anyone", "one"): (
        "Alles ist in {first} gehalten, das wirkt klar und ruhig.",
        "Die {finish} Oberfläche in {first} bleibt sofort im Blick.",
        "{the_first} zieht sich über alles und wirkt angenehm schlicht.",
        "Eine {finish} Fläche in {first}, mehr braucht es hier nicht.",
        "Es ist ein einziger Ton, {first}, von oben bis unten.",
        "Hier spielt {the_first} die Hauptrolle, und das ganz ohne Lärm.",
    ),
    ("creator", "one"): (
        "Mir gefällt {the_first}, weil es alles so klar macht.",
        "Ich mag die {finish} Oberfläche in {first} wirklich gern.",
    ),
    ("anyone", "none"): (
        "Mehr muss man dazu kaum sagen, der Anblick spricht für sich.",
        "Es braucht keine großen Worte, ein ruhiger Blick genügt völlig.",
        "Wer kurz innehält, sieht am Ende einfach ein wenig mehr.",
        "Manchmal reicht ein kurzer Blick, um wirklich neugierig zu werden.",
        "Hier geht es nicht um große Worte, sondern ums Hinsehen.",
        "Ganz ohne Trubel, ganz ohne Eile, einfach so, wie es ist.",
    ),
    ("creator", "none"): (
        "Ich sage dazu nicht viel und lasse es einfach wirken.",
        "Für mich darf das genau so bleiben, schlicht und ohne Trubel.",
    ),
}
_CALLS: Attributes = {
    ("anyone", "two"): (
        "{first} und {second} gehören hier zusammen, also schaut genauer hin.",
        "Ihr mögt {first} und {second}, dann werft einen Blick darauf.",
        "Die Details sind in {second}, das Ganze in {first}, schaut genauer hin.",
        "Wenn {first} und {second} eure Farben sind, schaut es euch an.",
    ),
    ("anyone", "one"): (
        "Alles ist in {first} gehalten, also schaut gern genauer hin.",
        "Wenn {first} eure Farbe ist, dann werft einen Blick darauf.",
        "Die {finish} Oberfläche ist in {first}, schaut es euch an.",
        "Ihr mögt {first} auch so gern, dann schaut genauer hin.",
    ),
    ("anyone", "none"): (
        "Viele Worte braucht es nicht, also schaut genauer hin.",
        "Macht euch selbst ein Bild davon und werft einen Blick darauf.",
        "Nehmt euch einen kurzen Moment Zeit und schaut genauer hin.",
        "Wenn ihr neugierig geworden seid, dann schaut es euch an.",
    ),
}

GERMAN = Language(
    code="de",
    things=_THINGS,
    determiners={
        "f": {"a": "eine ", "this": "diese ", "this_acc": "diese ", "this_dat": "dieser ", "the": "die "},
        "m": {"a": "ein ", "this": "dieser ", "this_acc": "diesen ", "this_dat": "diesem ", "the": "der "},
        "n": {"a": "ein ", "this": "dieses ", "this_acc": "dieses ", "this_dat": "diesem ", "the": "das "},
    },
    endings={},
    colours=_COLOURS,
    colour_the=("das ", "das "),
    finishes={"glossy": "glänzende", "matte": "matte", "satin": "seidige", "simple": "schlichte"},
    lights={
        "bright, even light": "hellem, gleichmäßigem Licht", "low, moody light": "dunklem, stimmungsvollem Licht",
        "soft light from the left": "weichem Licht von links", "soft light from the right": "weichem Licht von rechts",
        "soft, even light": "weichem, gleichmäßigem Licht",
    },
    grounds=("vor schlichtem Hintergrund in {first}", "vor leerem Hintergrund", "in natürlicher Umgebung"),
    details=("mit Details in {one}", "mit Details in {one} und {two}", "in einem einzigen Farbton"),
    leads={
        ("named", True): (
            "{brand}, {a} in {first}, aufrecht und ganz von vorn gezeigt.",
            "{brand}, {a} in {first}, ganz von vorn gezeigt.",
        ),
        ("named", False): ("{brand}, {a} auf einem Foto, auf dem {first} den Ton angibt.",),
        ("unnamed", True): ("{a} in {first} ohne lesbaren Markennamen, ganz von vorn gezeigt.",),
        ("unnamed", False): ("{a} ohne lesbaren Markennamen, in der eigenen Umgebung fotografiert.",),
    },
    looks=(
        "{finish} Oberfläche in {first} {detail}, {ground}, bei {light}.",
        "{finish} Oberfläche in {first} {detail}, {ground}.",
        "{finish} Oberfläche in {first} {detail}, bei {light}.",
        "{finish} Oberfläche, vor allem in {first}, bei {light} fotografiert.",
    ),
    settings=(
        "Das Bild zeigt vor allem {first} {detail}, aufgenommen bei {light}.",
        "Vor allem {first} {detail}, aufgenommen bei {light}.",
        "Das Bild zeigt vor allem {first}, aufgenommen bei {light}.",
    ),
    nothing={
        "named": (
            "{brand}, doch auf dem Bild ist kein einzelnes Produkt zu erkennen.",
            "Aufgenommen bei {light}, ohne ein Detail, das sich benennen lässt.",
        ),
        "unnamed": (
            "Ein Produkt, das auf dem Bild selbst nicht zu erkennen ist.",
            "Aufgenommen bei {light}, ohne ein Detail, das sich benennen lässt.",
        ),
    },
    hooks=_HOOKS,
    attributes=_ATTRIBUTES,
    calls=_CALLS,
    call_words=(
        "schau genauer hin", "schaut genauer hin", "schaut gern genauer hin", "schaut es euch an", "schau es dir an",
        "seht es euch an", "sieh es dir an", "jetzt kaufen", "kauf", "kauft", "bestell", "bestellt", "bestellen",
        "hol dir", "holt euch", "probier", "probiert", "link in der bio", "klick", "klickt", "wirf einen blick",
        "werft einen blick",
    ),
    banned=(
        "wunder", "wundermittel", "beste", "bester", "bestes", "besten", "perfekt", "perfekte", "unglaublich",
        "revolutionär", "garantiert", "klinisch", "bewiesen", "erwiesen", "anti-aging", "makellos", "ultimativ",
        "ultimative", "magisch", "sofortige wirkung", "heilt", "risikofrei",
    ),
    neutral_title="Aus der Nähe",
    end_line="So, wie es hier zu sehen ist",
    draft_mark="KI-Entwurf",
)  # fmt: skip
