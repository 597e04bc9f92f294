"""How Italian speaks of a product: its nouns, colours and sentences, none of which claims what cannot be seen."""

from character_flow.studio.phrases import Attributes, Hooks, Language

_THINGS = {  # "s": a masculine word before which the articles are "lo" and "uno"
    "bottle": ("bottiglia", "f"), "tube": ("tubetto", "m"), "box": ("scatola", "f"), "bag": ("sacchetto", "m"),
    "cup": ("tazza", "f"), "shoe": ("scarpa", "f"), "phone": ("telefono", "m"), "product": ("prodotto", "m"),
    "serum": ("siero", "m"), "shampoo": ("shampoo", "s"), "coffee": ("caffè", "m"), "tea": ("tè", "m"),
    "cream": ("crema", "f"), "soap": ("sapone", "m"), "lotion": ("lozione", "f"), "chocolate": ("cioccolato", "m"),
    "perfume": ("profumo", "m"), "candle": ("candela", "f"), "mist": ("spray", "s"), "gel": ("gel", "m"),
    "balm": ("balsamo", "m"), "toothpaste": ("dentifricio", "m"), "juice": ("succo", "m"), "wine": ("vino", "m"),
    "beer": ("birra", "f"), "lipstick": ("rossetto", "m"),
}  # fmt: skip
_COLOURS = {
    "black": "nero", "charcoal": "antracite", "grey": "grigio", "silver": "grigio argento", "white": "bianco",
    "cream": "color crema", "beige": "beige", "tan": "marrone chiaro", "brown": "marrone",
    "dark brown": "marrone scuro", "red": "rosso", "dark red": "bordeaux", "coral": "corallo", "pink": "rosa",
    "rose": "rosa antico", "magenta": "magenta", "orange": "arancione", "amber": "ambra", "peach": "pesca",
    "yellow": "giallo", "mustard": "senape", "lime green": "verde lime", "green": "verde",
    "dark green": "verde scuro", "olive": "verde oliva", "sage green": "verde salvia", "mint": "verde menta",
    "teal": "verde petrolio", "turquoise": "turchese", "sky blue": "azzurro", "blue": "blu", "navy": "blu notte",
    "slate blue": "grigio azzurro", "purple": "viola", "lilac": "lilla", "plum": "prugna", "gold": "dorato",
}  # fmt: skip
_HOOKS: Hooks = {
    ("creator", "friendly"): (
        "Oggi vi mostro {x} da vicino, perché mi piace davvero tanto.",
        "Allora, qui con me ho {x} e volevo parlarvene un attimo.",
        "Ho appena messo {x} sul mio tavolo, e mi fa piacere.",
        "Questo qui è {brand}, e avevo proprio voglia di mostrarvelo.",
        "Ciao a tutti, oggi con me c'è {x}, e ne sono felice.",
        "Da stamattina guardo {x} e non mi stanco ancora.",
    ),
    ("creator", "expert"): (
        "Io guardo sempre i dettagli, e oggi tocca proprio a {x}.",
        "Ho osservato {x} con calma, e vi racconto cosa vedo.",
        "Vorrei guardare {x} insieme a voi, un dettaglio alla volta.",
        "Prima di parlare io guardo da vicino, come ora con {x}.",
        "Ecco {brand}, e adesso vi indico le cose che noto.",
        "Parto sempre dalla forma e dal colore, anche con {x}.",
    ),
    ("creator", "playful"): (
        "Fermi tutti, ho qui {x} e non smetto di sorridere.",
        "Indovinate cosa ho qui con me, eh sì, è {x}.",
        "Il mio tavolo si annoiava, così ci ho messo {x}.",
        "Vi presento {brand}, da oggi noi siamo una bella squadra.",
        "Volevo solo dare un'occhiata, e adesso fisso {x} senza sosta.",
        "Io e {x} davanti alla telecamera, chissà cosa può succedere.",
    ),
    ("creator", "calm"): (
        "Mi prendo un minuto tranquillo per guardare {x} senza fretta.",
        "Ho messo {x} vicino alla finestra e guardo in silenzio.",
        "Faccio un bel respiro e vi mostro {x} con calma.",
        "A volte mi basta uno sguardo tranquillo, come ora con {x}.",
        "Qui da me c'è silenzio, e accanto ho {x}.",
    ),
    ("narrator", "friendly"): (
        "Questo è {brand}, una bella presenza da avere sul tavolo.",
        "Ecco {x}, proprio da vicino e con una bella luce.",
        "Oggi tutto gira intorno a {x}, da vicino e senza fretta.",
        "Un saluto a tutti quanti da parte di {x}.",
        "Vale la pena guardare {x} ancora una volta, con calma.",
    ),
    ("narrator", "expert"): (
        "Con {x} conviene badare ai dettagli, a partire dal colore.",
        "Ecco {x} da molto vicino, senza troppi giri di parole.",
        "La forma e il colore dicono molto, anche con {x}.",
        "Guardare {x} da vicino aiuta a capire ogni dettaglio.",
        "Chi bada ai dettagli trova sempre qualcosa anche con {x}.",
    ),
    ("narrator", "playful"): (
        "Luci, telecamera, azione, ed ecco che finalmente arriva {x}.",
        "Attenzione, fate un po' di posto sul tavolo, arriva {x}.",
        "C'è chi adora la telecamera, e {x} ne è la prova.",
        "E chi si vede adesso da queste parti, ma certo, {x}.",
        "Rullo di tamburi, per favore, perché entra in scena {x}.",
    ),
    ("narrator", "calm"): (
        "Un momento di calma, una luce morbida e {x} al centro.",
        "Senza nessuna fretta, {x} si lascia guardare nella luce.",
        "Tutto tace per un momento, e resta {x}, semplicemente.",
        "Basta una breve pausa per guardare {x} con altri occhi.",
        "Ecco come appare {x} quando la luce entra piano.",
    ),
}
_ATTRIBUTES: Attributes = {
    ("anyone", "two"): (
        "La finitura {finish} in {first} attira lo sguardo, con dettagli in {second}.",
        "Prima si nota {the_first}, poi arrivano i dettagli in {second}.",
        "{the_first} e {the_second} stanno insieme, senza fare alcun rumore.",
        "Quasi tutto è in {first}, con qualche tocco in {second}.",
        "Tanto {first}, un po' di {second}, e non serve altro.",
        "Dove finisce {the_first} comincia {the_second}, e questo si ricorda.",
        "Una finitura {finish} in {first}, e appena un tocco in {second}.",
    ),
    ("creator", "two"): (
        "Mi piace soprattutto {the_first}, e {the_second} ci sta bene.",
        "A me piace vedere insieme {the_first} e {the_second}.",
        "Io scelgo {the_first}, anche se {the_second} mi piace molto.",
    ),
    ("anyone", "one"): (
        "Tutto è in {first}, e così appare chiaro e semplice.",
        "La finitura {finish} in {first} si riconosce al primo sguardo.",
        "{the_first} copre ogni cosa e dà un senso di calma.",
        "Una finitura {finish} in {first}, e non serve nient'altro.",
        "È una sola tinta, {the_first}, da cima a fondo.",
        "Qui comanda {the_first}, e lo fa senza alzare la voce.",
    ),
    ("creator", "one"): (
        "Mi piace {the_first}, perché rende ogni cosa più chiara.",
        "A me piace molto questa finitura {finish} in {first}.",
    ),
    ("anyone", "none"): (
        "C'è poco da aggiungere, perché basta guardare con calma.",
        "Non servono grandi parole, basta uno sguardo senza fretta.",
        "Chi si ferma un attimo vede sempre qualcosa in più.",
        "A volte basta un solo sguardo per diventare curiosi.",
        "Qui non contano i discorsi, conta fermarsi a guardare.",
        "Senza rumore, senza fretta, così com'è e niente di più.",
    ),
    ("creator", "none"): (
        "Io non aggiungo altro e lascio parlare questa immagine.",
        "A me piace così, semplice e senza troppo rumore.",
    ),
}
_CALLS: Attributes = {
    ("anyone", "two"): (
        "Se vi piacciono {the_first} e {the_second}, date un'occhiata.",
        "È in {first} con tocchi in {second}, quindi date un'occhiata.",
        "I dettagli sono in {second}, il resto in {first}, date un'occhiata.",
        "Se i vostri colori sono {first} e {second}, guardate meglio.",
    ),
    ("anyone", "one"): (
        "Tutto è in {first}, quindi date un'occhiata con calma.",
        "Se vi piace {the_first}, date un'occhiata quando volete.",
        "Ha una finitura {finish} in {first}, quindi date un'occhiata.",
        "Se il vostro colore è {the_first}, allora guardate meglio.",
    ),
    ("anyone", "none"): (
        "Non servono molte parole, quindi date un'occhiata con calma.",
        "Prendetevi un momento, avvicinatevi con calma e date un'occhiata.",
        "Se siete curiosi, questo è il momento, date un'occhiata.",
        "La cosa importante è guardare, quindi date un'occhiata oggi.",
    ),
}

ITALIAN = Language(
    code="it",
    things=_THINGS,
    determiners={
        "f": {"a": "una ", "this": "questa ", "the": "la "},
        "m": {"a": "un ", "this": "questo ", "the": "il "},
        "s": {"a": "uno ", "this": "questo ", "the": "lo "},
    },
    endings={"f": {"o": "a"}, "m": {"o": "o"}, "s": {"o": "o"}},
    colours=_COLOURS,
    colour_the=("il ", "l'"),
    finishes={"glossy": "lucida", "matte": "opaca", "satin": "satinata", "simple": "semplice"},
    lights={
        "bright, even light": "luce chiara e uniforme", "low, moody light": "luce bassa e soffusa",
        "soft light from the left": "luce morbida da sinistra", "soft light from the right": "luce morbida da destra",
        "soft, even light": "luce morbida e uniforme",
    },
    grounds=("su sfondo semplice in {first}", "su sfondo vuoto", "in un ambiente naturale"),
    details=("con dettagli in {one}", "con dettagli in {one} e {two}", "di una sola tinta"),
    leads={
        ("named", True): (
            "{brand}, {a} in {first}, mostrat{o} per intero e di fronte.",
            "{brand}, {a} in {first}, mostrat{o} di fronte.",
        ),
        ("named", False): ("{brand}, {a} in una foto dove domina {the_first}.",),
        ("unnamed", True): ("{a} in {first} senza marca leggibile, mostrat{o} di fronte.",),
        ("unnamed", False): ("{a} senza marca leggibile, fotografat{o} nel suo ambiente naturale.",),
    },
    looks=(
        "Finitura {finish} in {first} {detail}, {ground}, con {light}.",
        "Finitura {finish} in {first} {detail}, {ground}.",
        "Finitura {finish} in {first} {detail}, con {light}.",
        "Finitura {finish} in {first} {detail}.",
        "Finitura {finish}, soprattutto in {first}, con una {light}.",
    ),
    settings=(
        "L'immagine è soprattutto in {first}, {detail}, con {light}.",
        "L'immagine è soprattutto in {first}, {detail}.",
        "L'immagine è soprattutto in {first}, con {light}.",
    ),
    nothing={
        "named": (
            "{brand}, anche se la foto non mostra alcun prodotto con chiarezza.",
            "Foto scattata con {light}, senza dettagli a cui dare un nome.",
        ),
        "unnamed": (
            "Un prodotto che nella foto non si distingue con chiarezza.",
            "Foto scattata con {light}, senza dettagli a cui dare un nome.",
        ),
    },
    hooks=_HOOKS,
    attributes=_ATTRIBUTES,
    calls=_CALLS,
    call_words=(
        "date un'occhiata", "dai un'occhiata", "guardate meglio", "guarda meglio", "compra", "comprate", "acquista",
        "acquistate", "ordina", "ordinate", "provalo", "provatelo", "clicca", "cliccate", "link in bio",
        "scopri", "scopritelo",
    ),
    banned=(
        "miracolo", "miracoloso", "miracolosa", "migliore", "perfetto", "perfetta", "incredibile", "rivoluzionario",
        "rivoluzionaria", "garantito", "garantita", "clinicamente", "provato", "provata", "dimostrato", "antietà",
        "impeccabile", "definitivo", "magico", "magica", "istantaneamente", "cura", "guarisce", "senza rischi",
    ),
    neutral_title="Visto da vicino",
    end_line="Così come si vede qui",
    draft_mark="Bozza creata con IA",
)  # fmt: skip
