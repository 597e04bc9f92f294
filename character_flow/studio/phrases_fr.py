"""How French speaks of a product: its nouns, colours and sentences, none of which claims what cannot be seen."""

from character_flow.studio.phrases import Attributes, Hooks, Language

_THINGS = {
    "bottle": ("bouteille", "f"), "tube": ("tube", "m"), "box": ("boîte", "f"), "bag": ("sac", "m"),
    "cup": ("tasse", "f"), "shoe": ("chaussure", "f"), "phone": ("téléphone", "m"), "product": ("produit", "m"),
    "serum": ("sérum", "m"), "shampoo": ("shampooing", "m"), "coffee": ("café", "m"), "tea": ("thé", "m"),
    "cream": ("crème", "f"), "soap": ("savon", "m"), "lotion": ("lotion", "f"), "chocolate": ("chocolat", "m"),
    "perfume": ("parfum", "m"), "candle": ("bougie", "f"), "mist": ("brume", "f"), "gel": ("gel", "m"),
    "balm": ("baume", "m"), "toothpaste": ("dentifrice", "m"), "juice": ("jus", "m"), "wine": ("vin", "m"),
    "beer": ("bière", "f"), "lipstick": ("rouge à lèvres", "m"),
}  # fmt: skip
_COLOURS = {
    "black": "noir", "charcoal": "anthracite", "grey": "gris", "silver": "gris argenté", "white": "blanc",
    "cream": "crème", "beige": "beige", "tan": "camel", "brown": "marron", "dark brown": "marron foncé",
    "red": "rouge", "dark red": "bordeaux", "coral": "corail", "pink": "rose", "rose": "vieux rose",
    "magenta": "magenta", "orange": "orange", "amber": "ambre", "peach": "pêche", "yellow": "jaune",
    "mustard": "moutarde", "lime green": "vert citron", "green": "vert", "dark green": "vert foncé",
    "olive": "vert olive", "sage green": "vert sauge", "mint": "vert menthe", "teal": "bleu pétrole",
    "turquoise": "turquoise", "sky blue": "bleu ciel", "blue": "bleu", "navy": "bleu marine",
    "slate blue": "bleu ardoise", "purple": "violet", "lilac": "lilas", "plum": "prune", "gold": "doré",
}  # fmt: skip
_HOOKS: Hooks = {
    ("creator", "friendly"): (
        "Je vous montre {x} de tout près, parce que ça me plaît.",
        "Alors voilà, j'ai {x} avec moi et je voulais vous montrer ça.",
        "Je viens de poser {x} sur ma table, et ça me réjouit.",
        "Voici {brand}, et j'avais vraiment envie de vous en parler.",
        "Bonjour à tous, aujourd'hui je vous présente {x} de plus près.",
        "J'ai {x} sous les yeux depuis ce matin, et ça me plaît.",
    ),
    ("creator", "expert"): (
        "Je regarde toujours les détails, et aujourd'hui je commence par {x}.",
        "J'ai pris le temps d'observer {x}, et je vous raconte.",
        "Je vous propose d'examiner {x} avec moi, un détail après l'autre.",
        "Avant d'en parler, je regarde de près, ici avec {x}.",
        "Voici {brand}, et je vous explique ce que j'y vois.",
        "La forme et la couleur d'abord, c'est ma règle avec {x}.",
    ),
    ("creator", "playful"): (
        "Stop, on ne bouge plus, j'ai {x} ici et je souris déjà.",
        "Devinez ce que j'ai avec moi, eh oui, c'est {x}.",
        "Ma table s'ennuyait un peu, alors j'ai posé {x} dessus.",
        "Je vous présente {brand}, désormais on forme une belle équipe.",
        "Je voulais juste jeter un œil, et maintenant je fixe {x}.",
        "Moi et {x} devant la caméra, ça promet de bons moments.",
    ),
    ("creator", "calm"): (
        "Je prends une minute de calme pour regarder {x}.",
        "J'ai posé {x} près de la fenêtre et je regarde, simplement.",
        "Je respire un grand coup et je vous montre {x}.",
        "Parfois, un regard tranquille me suffit, comme ici avec {x}.",
        "Tout est calme chez moi, et j'ai {x} sous les yeux.",
    ),
    ("narrator", "friendly"): (
        "Voici {brand}, une jolie présence à avoir sur sa table.",
        "Voilà {x}, de tout près et sous une belle lumière.",
        "Aujourd'hui, place à {x}, de près et sans se presser.",
        "Avec {x}, un second regard vaut toujours la peine.",
        "On s'arrête un instant devant {x}, juste pour le plaisir.",
    ),
    ("narrator", "expert"): (
        "Avec {x}, ce sont les détails qui méritent l'attention.",
        "Voici {x} de très près, sans détour ni grand discours.",
        "La forme et la couleur parlent déjà, ici avec {x}.",
        "Regarder {x} de près permet de comprendre chaque détail.",
        "Un œil attentif trouve toujours quelque chose à voir avec {x}.",
    ),
    ("narrator", "playful"): (
        "Lumières, caméra, action, et voilà {x} qui entre en scène.",
        "Faites un peu de place sur la table, voilà {x}.",
        "Certains adorent la caméra, et c'est aussi le cas avec {x}.",
        "Mais qui arrive donc par ici, eh bien, c'est {x}.",
        "Roulement de tambour, s'il vous plaît, car voilà {x}.",
    ),
    ("narrator", "calm"): (
        "Un instant de calme, une lumière douce, et {x} au milieu.",
        "Sans se presser, {x} prend doucement la lumière du jour.",
        "Le silence se fait, et il reste {x}, simplement là.",
        "Une courte pause suffit souvent pour voir {x} autrement.",
        "C'est calme ici, avec {x} dans la lumière du matin.",
    ),
}
_ATTRIBUTES: Attributes = {
    ("anyone", "two"): (
        "La finition {finish} en {first} attire l'œil, avec des détails en {second}.",
        "On voit d'abord {the_first}, puis viennent les détails en {second}.",
        "{the_first} et {the_second} vont ensemble, sans faire de bruit.",
        "Presque tout est en {first}, avec quelques touches en {second}.",
        "En {first} d'abord, en {second} ensuite, et rien de trop.",
        "Là où finit {the_first} commence {the_second}, et ça se remarque.",
        "Une finition {finish} en {first}, et juste une touche en {second}.",
    ),
    ("creator", "two"): (
        "J'aime surtout {the_first}, et {the_second} va très bien avec.",
        "Moi, j'aime voir ensemble {the_first} et {the_second}, tout simplement.",
        "Je retiens {the_first}, même si {the_second} me plaît aussi.",
    ),
    ("anyone", "one"): (
        "Tout est en {first}, et le regard s'y retrouve tout de suite.",
        "La finition {finish} en {first} se reconnaît dès le premier regard.",
        "{the_first} couvre tout et donne une impression de calme.",
        "Une finition {finish} en {first}, et il n'en faut pas plus.",
        "C'est une seule teinte, {the_first}, du haut jusqu'en bas.",
        "Ici, {the_first} a le premier rôle, sans hausser le ton.",
    ),
    ("creator", "one"): (
        "J'aime {the_first}, parce que tout paraît plus clair avec.",
        "Moi, j'aime vraiment beaucoup cette finition {finish} en {first}.",
    ),
    ("anyone", "none"): (
        "Pas besoin d'en dire plus, il suffit de regarder.",
        "Les grands mots sont inutiles, un regard calme suffit.",
        "En s'arrêtant un instant, on voit toujours un peu plus.",
        "Parfois, un simple coup d'œil suffit à rendre curieux.",
        "Ici, pas de longs discours, juste le plaisir de regarder.",
        "Sans bruit, sans hâte, tel quel et rien de plus.",
    ),
    ("creator", "none"): (
        "Je n'en dis pas plus et je laisse parler l'image.",
        "Moi, j'aime que tout reste simple et sans bruit.",
    ),
}
_CALLS: Attributes = {
    ("anyone", "two"): (
        "Si vous aimez {the_first} et {the_second}, jetez-y un œil.",
        "C'est en {first} avec des touches en {second}, regardez de plus près.",
        "Les détails sont en {second}, le reste en {first}, jetez-y un œil.",
        "Vos couleurs sont {the_first} et {the_second}, alors jetez-y un œil.",
    ),
    ("anyone", "one"): (
        "Tout est en {first}, alors jetez-y un œil quand vous voulez.",
        "Si vous aimez {the_first}, regardez de plus près sans hésiter.",
        "La finition est {finish}, en {first}, alors jetez-y un œil.",
        "Votre couleur, c'est {the_first}, alors regardez de plus près.",
    ),
    ("anyone", "none"): (
        "Pas besoin de longs discours, alors jetez-y un œil.",
        "Prenez un petit moment et regardez de plus près.",
        "Si la curiosité est là, c'est le moment, jetez-y un œil.",
        "Le plus simple est de voir, alors regardez de plus près.",
    ),
}

FRENCH = Language(
    code="fr",
    things=_THINGS,
    determiners={
        "f": {"a": "une ", "this": "cette ", "the": "la "},
        "m": {"a": "un ", "this": "ce ", "the": "le "},
    },
    endings={"f": {"e": "e"}, "m": {"e": ""}},
    colours=_COLOURS,
    colour_the=("le ", "l'"),
    finishes={"glossy": "brillante", "matte": "mate", "satin": "satinée", "simple": "sobre"},
    lights={
        "bright, even light": "lumière claire et uniforme", "low, moody light": "lumière basse et feutrée",
        "soft light from the left": "lumière douce venant de la gauche",
        "soft light from the right": "lumière douce venant de la droite",
        "soft, even light": "lumière douce et uniforme",
    },
    grounds=("sur fond uni en {first}", "sur fond vide", "dans un décor naturel"),
    details=("avec des détails en {one}", "avec des détails en {one} et {two}", "d'une seule et même teinte"),
    leads={
        ("named", True): (
            "{brand}, {a} coloris {first}, montré{e} en entier et de face.",
            "{brand}, {a} coloris {first}, montré{e} de face.",
        ),
        ("named", False): ("{brand}, {a} sur une photo où domine {the_first}.",),
        ("unnamed", True): ("{a}, coloris {first}, sans marque lisible, montré{e} de face.",),
        ("unnamed", False): ("{a} sans marque lisible, photographié{e} dans son propre décor.",),
    },
    looks=(
        "Finition {finish} en {first} {detail}, {ground}, sous une {light}.",
        "Finition {finish} en {first} {detail}, {ground}.",
        "Finition {finish} en {first} {detail}, sous une {light}.",
        "Finition {finish} en {first} {detail}.",
        "Finition {finish}, surtout en {first}, sous une {light}.",
    ),
    settings=(
        "Sur l'image domine {the_first}, {detail}, sous une {light}.",
        "Sur l'image domine {the_first}, {detail}.",
        "Sur l'image domine {the_first}, sous une {light}.",
    ),
    nothing={
        "named": (
            "{brand}, mais aucun produit ne se distingue vraiment sur la photo.",
            "Photo prise sous une {light}, sans aucun détail à nommer.",
        ),
        "unnamed": (
            "Un produit que la photo ne permet pas de distinguer.",
            "Photo prise sous une {light}, sans aucun détail à nommer.",
        ),
    },
    hooks=_HOOKS,
    attributes=_ATTRIBUTES,
    calls=_CALLS,
    call_words=(
        "jetez un œil", "jetez-y un œil", "jette un œil", "regardez de plus près", "regarde de plus près", "achetez",
        "achète", "commandez", "essayez", "cliquez", "lien en bio", "lien dans la bio", "découvrez", "procurez-vous",
        "allez voir",
    ),
    banned=(
        "miracle", "meilleur", "meilleure", "parfait", "parfaite", "incroyable", "révolutionnaire", "garanti",
        "garantie", "cliniquement", "prouvé", "prouvée", "anti-âge", "impeccable", "ultime", "magique",
        "instantanément", "guérit", "sans risque",
    ),
    neutral_title="Vu de près",
    end_line="Comme on le voit ici",
    draft_mark="Brouillon créé par IA",
)  # fmt: skip
