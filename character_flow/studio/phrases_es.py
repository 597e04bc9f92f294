"""How Spanish speaks of a product: its nouns, colours and sentences, none of which claims what cannot be seen."""

from character_flow.studio.phrases import Attributes, Hooks, Language

_THINGS = {
    "bottle": ("botella", "f"), "tube": ("tubo", "m"), "box": ("caja", "f"), "bag": ("bolsa", "f"),
    "cup": ("taza", "f"), "shoe": ("zapato", "m"), "phone": ("teléfono", "m"), "product": ("producto", "m"),
    "serum": ("sérum", "m"), "shampoo": ("champú", "m"), "coffee": ("café", "m"), "tea": ("té", "m"),
    "cream": ("crema", "f"), "soap": ("jabón", "m"), "lotion": ("loción", "f"), "chocolate": ("chocolate", "m"),
    "perfume": ("perfume", "m"), "candle": ("vela", "f"), "mist": ("bruma", "f"), "gel": ("gel", "m"),
    "balm": ("bálsamo", "m"), "toothpaste": ("dentífrico", "m"), "juice": ("jugo", "m"), "wine": ("vino", "m"),
    "beer": ("cerveza", "f"), "lipstick": ("labial", "m"),
}  # fmt: skip
_COLOURS = {
    "black": "negro", "charcoal": "gris carbón", "grey": "gris", "silver": "gris plata", "white": "blanco",
    "cream": "crema", "beige": "beige", "tan": "marrón claro", "brown": "marrón", "dark brown": "marrón oscuro",
    "red": "rojo", "dark red": "granate", "coral": "coral", "pink": "rosa", "rose": "rosa viejo",
    "magenta": "magenta", "orange": "naranja", "amber": "ámbar", "peach": "melocotón", "yellow": "amarillo",
    "mustard": "mostaza", "lime green": "verde lima", "green": "verde", "dark green": "verde oscuro",
    "olive": "verde oliva", "sage green": "verde salvia", "mint": "verde menta", "teal": "azul petróleo",
    "turquoise": "turquesa", "sky blue": "azul cielo", "blue": "azul", "navy": "azul marino",
    "slate blue": "azul grisáceo", "purple": "morado", "lilac": "lila", "plum": "ciruela", "gold": "dorado",
}  # fmt: skip
_HOOKS: Hooks = {
    ("creator", "friendly"): (
        "Hoy te enseño {x} bien de cerca, porque me encanta cómo luce.",
        "Mira, aquí tengo {x} y quería compartir este momento contigo.",
        "Acabo de poner {x} en mi mesa y me alegra la vista.",
        "Esto es {brand}, y tenía muchas ganas de enseñártelo hoy.",
        "Hola, hoy me acompaña {x}, y quiero que te fijes bien.",
        "Te cuento algo, no dejo de mirar {x} desde esta mañana.",
    ),
    ("creator", "expert"): (
        "Me fijo mucho en los detalles, y hoy le toca a {x}.",
        "He mirado {x} con calma y te cuento lo que veo.",
        "Quiero repasar contigo {x}, detalle a detalle y sin prisa.",
        "Antes de opinar, yo miro de cerca, como ahora con {x}.",
        "Aquí está {brand}, y te voy a señalar lo que importa.",
        "Siempre empiezo por la forma y el color, también con {x}.",
    ),
    ("creator", "playful"): (
        "Para un momento, que tengo {x} aquí y no puedo disimular.",
        "Adivina qué tengo aquí conmigo, pues sí, es {x}.",
        "Mi mesa estaba muy aburrida hasta que puse {x} encima.",
        "Te presento a {brand}, desde hoy formamos un gran equipo.",
        "Yo solo quería mirar un segundo, y ahora miro {x} sin parar.",
        "Aquí estamos {x} y yo, con muchas ganas de cámara.",
    ),
    ("creator", "calm"): (
        "Me tomo un minuto tranquilo para mirar {x} sin prisa.",
        "He puesto {x} junto a la ventana y solo miro.",
        "Respiro hondo y te enseño {x} con toda la calma.",
        "A veces me basta una mirada tranquila, como ahora con {x}.",
        "Hay silencio en mi cuarto, y aquí tengo {x} a mi lado.",
    ),
    ("narrator", "friendly"): (
        "Esto es {brand}, algo bonito que ver en cualquier mesa.",
        "Aquí llega {x}, bien de cerca y con buena luz.",
        "Hoy todo gira en torno a {x}, sin prisa y de cerca.",
        "Un saludo a todo el mundo de parte de {x}.",
        "Merece la pena mirar {x} otra vez, y con más calma.",
    ),
    ("narrator", "expert"): (
        "Con {x} conviene fijarse en cada detalle, empezando por el color.",
        "Aquí está {x}, a la vista y sin ningún rodeo.",
        "La forma y el color dicen mucho, también en {x}.",
        "Mirar {x} de cerca ayuda a entender cómo encaja todo.",
        "Quien se fija en los detalles disfruta más con {x}.",
    ),
    ("narrator", "playful"): (
        "Luces, cámara y acción, que por fin ha llegado {x}.",
        "Atención, haz sitio en la mesa, porque aquí viene {x}.",
        "Hay cosas que adoran la cámara, y {x} es una de ellas.",
        "Y quién aparece ahora por aquí, pues claro, es {x}.",
        "Redoble de tambores, que {x} entra hoy en escena.",
    ),
    ("narrator", "calm"): (
        "Un momento tranquilo, luz suave y {x} en el centro.",
        "Sin ninguna prisa, {x} se deja ver en la luz.",
        "Todo está en silencio, y ahí está {x}, sin más.",
        "Basta una pausa corta para ver {x} con otros ojos.",
        "Así se ve {x} cuando la luz entra sin ruido.",
    ),
}
_ATTRIBUTES: Attributes = {
    ("anyone", "two"): (
        "El acabado {finish} en {first} llama la atención, con detalles en {second}.",
        "Primero se ve {the_first}, y luego aparecen los detalles en {second}.",
        "{the_first} y {the_second} van juntos, sin hacer ningún ruido.",
        "Casi todo va en {first}, con algunos toques en {second}.",
        "Mucho {first}, un poco de {second}, y nada más hace falta.",
        "Donde termina {the_first} empieza {the_second}, y eso se recuerda.",
        "Un acabado {finish} en {first}, y apenas un toque de {second}.",
    ),
    ("creator", "two"): (
        "Me gusta sobre todo {the_first}, y {the_second} le sienta bien.",
        "A mí me encanta ver juntos {the_first} y {the_second}.",
        "Yo me quedo con {the_first}, aunque {the_second} también me gusta.",
    ),
    ("anyone", "one"): (
        "Todo va en {first}, y así se ve claro y sencillo.",
        "El acabado {finish} en {first} se reconoce desde el primer momento.",
        "{the_first} lo cubre todo y da una sensación de calma.",
        "Un acabado {finish} en {first}, y no hace falta nada más.",
        "Es un solo tono, {first}, de arriba abajo y ya está.",
        "Aquí manda {the_first}, y lo hace sin levantar la voz.",
    ),
    ("creator", "one"): (
        "Me gusta {the_first}, porque hace que todo parezca más claro.",
        "Yo disfruto mucho de este acabado {finish} en {first}.",
    ),
    ("anyone", "none"): (
        "Hay poco que añadir, porque se explica con solo mirar.",
        "No hacen falta grandes palabras, basta una mirada con calma.",
        "Quien se detiene un instante siempre ve un poco más.",
        "A veces una sola mirada corta despierta mucha curiosidad.",
        "Aquí no importan los discursos, importa pararse a mirar.",
        "Sin ruido, sin prisa, tal como es y nada más.",
    ),
    ("creator", "none"): (
        "Yo no digo mucho más y dejo que hable la imagen.",
        "A mí me gusta así, sencillo y sin mucho ruido.",
    ),
}
_CALLS: Attributes = {
    ("anyone", "two"): (
        "Si te gustan {the_first} y {the_second}, échale un vistazo.",
        "Es {first} con toques en {second}, así que échale un vistazo.",
        "Los detalles van en {second}, el resto en {first}, míralo de cerca.",
        "Si tus colores son {first} y {second}, míralo de cerca.",
    ),
    ("anyone", "one"): (
        "Todo va en {first}, así que échale un vistazo con calma.",
        "Si te gusta {the_first}, échale un vistazo cuando puedas.",
        "Tiene un acabado {finish} en {first}, míralo de cerca.",
        "Si tu color es {first}, entonces míralo de cerca.",
    ),
    ("anyone", "none"): (
        "No hacen falta muchas palabras, así que échale un vistazo.",
        "Tómate un momento, acércate y échale un vistazo con calma.",
        "Si tienes curiosidad, este es el momento, míralo de cerca.",
        "Lo importante es mirar, así que échale un vistazo hoy.",
    ),
}

SPANISH = Language(
    code="es",
    things=_THINGS,
    determiners={
        "f": {"a": "una ", "this": "esta ", "the": "la "},
        "m": {"a": "un ", "this": "este ", "the": "el "},
    },
    endings={"f": {"o": "a"}, "m": {"o": "o"}},
    colours=_COLOURS,
    colour_the=("el ", "el "),
    finishes={"glossy": "brillante", "matte": "mate", "satin": "satinado", "simple": "sencillo"},
    lights={
        "bright, even light": "luz clara y uniforme", "low, moody light": "luz tenue",
        "soft light from the left": "luz suave desde la izquierda",
        "soft light from the right": "luz suave desde la derecha", "soft, even light": "luz suave y uniforme",
    },
    grounds=("fondo liso en {first}", "fondo vacío", "un entorno natural"),
    details=("con detalles en {one}", "con detalles en {one} y {two}", "de un solo tono"),
    leads={
        ("named", True): ("{brand}, {a} en color {first}, mostrad{o} por completo de frente.",),
        ("named", False): ("{brand}, {a} en una foto donde domina {the_first}.",),
        ("unnamed", True): ("{a} en color {first} sin marca legible, mostrad{o} por completo de frente.",),
        ("unnamed", False): ("{a} sin marca legible, fotografiad{o} en su propio entorno.",),
    },
    looks=(
        "Acabado {finish} en {first} {detail}, sobre {ground}, con {light}.",
        "Acabado {finish} en {first} {detail}, sobre {ground}.",
        "Acabado {finish} en {first} {detail}, con {light}.",
        "Acabado {finish} en {first} {detail}.",
        "Acabado {finish}, sobre todo en {first}, visto con {light}.",
    ),
    settings=(
        "La imagen es sobre todo de color {first}, {detail}, con {light}.",
        "La imagen es sobre todo de color {first}, {detail}.",
        "Imagen de color {first}, {detail}.",
        "La imagen es sobre todo de color {first}, con {light}.",
    ),
    nothing={
        "named": (
            "{brand}, aunque la foto no muestra ningún producto con claridad.",
            "Tomada con {light}, sin ningún detalle que se pueda nombrar.",
        ),
        "unnamed": (
            "Un producto que no se distingue con claridad en la foto.",
            "Tomada con {light}, sin ningún detalle que se pueda nombrar.",
        ),
    },
    hooks=_HOOKS,
    attributes=_ATTRIBUTES,
    calls=_CALLS,
    call_words=(
        "échale un vistazo", "echa un vistazo", "míralo de cerca", "compra", "cómpralo", "pide el tuyo", "pídelo",
        "pruébalo", "haz clic", "enlace en la bio", "link en la bio", "consíguelo", "llévate", "descúbrelo",
    ),
    banned=(
        "milagro", "milagroso", "milagrosa", "mejor", "perfecto", "perfecta", "increíble", "revolucionario",
        "revolucionaria", "garantizado", "garantizada", "clínicamente", "comprobado", "demostrado", "antiedad",
        "impecable", "definitivo", "definitiva", "mágico", "mágica", "cura", "al instante", "sin riesgo",
    ),
    neutral_title="Visto de cerca",
    end_line="Tal como se ve aquí",
    draft_mark="Borrador hecho con IA",
)  # fmt: skip
