"""How Portuguese speaks of a product: its nouns, colours and sentences, none of which claims what cannot be seen."""

from character_flow.studio.phrases import Attributes, Hooks, Language

_THINGS = {
    "bottle": ("frasco", "m"), "tube": ("bisnaga", "f"), "box": ("caixa", "f"), "bag": ("saco", "m"),
    "cup": ("caneca", "f"), "shoe": ("sapato", "m"), "phone": ("celular", "m"), "product": ("produto", "m"),
    "serum": ("sérum", "m"), "shampoo": ("xampu", "m"), "coffee": ("café", "m"), "tea": ("chá", "m"),
    "cream": ("creme", "m"), "soap": ("sabonete", "m"), "lotion": ("loção", "f"), "chocolate": ("chocolate", "m"),
    "perfume": ("perfume", "m"), "candle": ("vela", "f"), "mist": ("bruma", "f"), "gel": ("gel", "m"),
    "balm": ("bálsamo", "m"), "toothpaste": ("creme dental", "m"), "juice": ("suco", "m"), "wine": ("vinho", "m"),
    "beer": ("cerveja", "f"), "lipstick": ("batom", "m"),
}  # fmt: skip
_COLOURS = {
    "black": "preto", "charcoal": "grafite", "grey": "cinza", "silver": "prateado", "white": "branco",
    "cream": "creme", "beige": "bege", "tan": "caramelo", "brown": "marrom", "dark brown": "marrom-escuro",
    "red": "vermelho", "dark red": "bordô", "coral": "coral", "pink": "rosa", "rose": "rosa-antigo",
    "magenta": "magenta", "orange": "laranja", "amber": "âmbar", "peach": "pêssego", "yellow": "amarelo",
    "mustard": "mostarda", "lime green": "verde-limão", "green": "verde", "dark green": "verde-escuro",
    "olive": "verde-oliva", "sage green": "verde-sálvia", "mint": "verde-menta", "teal": "azul-petróleo",
    "turquoise": "turquesa", "sky blue": "azul-celeste", "blue": "azul", "navy": "azul-marinho",
    "slate blue": "azul-acinzentado", "purple": "roxo", "lilac": "lilás", "plum": "ameixa", "gold": "dourado",
}  # fmt: skip
_HOOKS: Hooks = {
    ("creator", "friendly"): (
        "Hoje eu mostro {x} bem de perto, porque gosto muito de ver.",
        "Olha só, estou aqui com {x} e quis dividir com você.",
        "Acabei de colocar {x} na minha mesa, e gostei do que vi.",
        "Isto aqui é {brand}, e eu queria muito mostrar para você.",
        "Oi, hoje eu trouxe {x} comigo para você ver de pertinho.",
        "Desde cedo eu olho para {x} e ainda não cansei.",
    ),
    ("creator", "expert"): (
        "Eu reparo sempre nos detalhes, e hoje começo com {x}.",
        "Eu observei {x} com calma e conto o que vejo.",
        "Quero olhar {x} com você, um detalhe por vez.",
        "Antes de falar, eu olho de perto, como agora com {x}.",
        "Aqui está {brand}, e eu vou apontar o que chama atenção.",
        "Eu sempre começo pela forma e pela cor, também com {x}.",
    ),
    ("creator", "playful"): (
        "Para tudo, estou com {x} aqui e não consigo disfarçar.",
        "Adivinha o que eu tenho aqui comigo, isso mesmo, é {x}.",
        "Minha mesa andava sem graça, então eu coloquei {x} nela.",
        "Apresento para você {brand}, e a partir de hoje somos dupla.",
        "Eu só queria olhar um segundo, agora não largo {x}.",
        "Eu e {x} na frente da câmera, isso promete muito.",
    ),
    ("creator", "calm"): (
        "Eu tiro um minuto tranquilo para olhar {x} sem pressa.",
        "Coloquei {x} perto da minha janela e fico só olhando.",
        "Respiro fundo e mostro {x} para você com toda a calma.",
        "Às vezes me basta um olhar tranquilo, como agora com {x}.",
        "Está tudo quieto por aqui, e tenho {x} ao meu lado.",
    ),
    ("narrator", "friendly"): (
        "Isto é {brand}, uma presença bonita em cima de qualquer mesa.",
        "Aqui vem {x}, bem de perto e com uma luz bonita.",
        "Hoje todos os olhares vão para {x}, sem nenhuma pressa.",
        "Bom dia a quem veio até aqui para ver {x}.",
        "Vale a pena olhar {x} mais uma vez, com calma.",
    ),
    ("narrator", "expert"): (
        "Com {x}, vale prestar atenção nos detalhes, a começar pela cor.",
        "Aqui está {x}, bem de perto e sem nenhum rodeio.",
        "A forma e a cor já dizem muito, também com {x}.",
        "Olhar {x} de perto ajuda a entender cada detalhe.",
        "Quem repara nos detalhes sempre encontra algo ao ver {x}.",
    ),
    ("narrator", "playful"): (
        "Luz, câmera, ação, e finalmente quem chega é {x}.",
        "Atenção, abre espaço na mesa, porque vem aí {x}.",
        "Tem coisa que adora uma câmera, e {x} é assim mesmo.",
        "E quem aparece agora por aqui, claro que é {x}.",
        "Rufem os tambores, por favor, porque {x} entra em cena.",
    ),
    ("narrator", "calm"): (
        "Um momento de calma, uma luz suave e {x} no centro.",
        "Sem pressa nenhuma, {x} se deixa ver na luz.",
        "Tudo fica em silêncio, e ali está {x}, simplesmente.",
        "Basta uma pausa curta para ver {x} com outros olhos.",
        "É assim que {x} aparece quando a luz entra devagar.",
    ),
}
_ATTRIBUTES: Attributes = {
    ("anyone", "two"): (
        "O acabamento {finish} em {first} chama atenção, com detalhes em {second}.",
        "Primeiro aparece {the_first}, depois vêm os detalhes em {second}.",
        "{the_first} e {the_second} andam juntos, sem fazer nenhum barulho.",
        "Quase tudo vem em {first}, com alguns toques em {second}.",
        "Muito {first}, um pouco de {second}, e não precisa de mais.",
        "Onde termina {the_first} começa {the_second}, e isso fica na memória.",
        "Um acabamento {finish} em {first}, e só um toque em {second}.",
    ),
    ("creator", "two"): (
        "Eu gosto mais de ver {the_first}, e {the_second} combina bem.",
        "Para mim é bonito ver juntos {the_first} e {the_second}.",
        "Eu fico com {the_first}, mas {the_second} também me agrada.",
    ),
    ("anyone", "one"): (
        "Tudo vem em {first}, e assim fica claro e simples.",
        "O acabamento {finish} em {first} se reconhece à primeira vista.",
        "{the_first} cobre tudo e passa uma sensação de calma.",
        "Um acabamento {finish} em {first}, e não precisa de mais.",
        "É um tom só, {the_first}, de cima até embaixo.",
        "Aqui quem manda é {the_first}, sem levantar a voz.",
    ),
    ("creator", "one"): (
        "Eu gosto de ver {the_first}, porque tudo parece mais claro.",
        "Para mim, este acabamento {finish} em {first} já diz muito.",
    ),
    ("anyone", "none"): (
        "Não há muito o que dizer, basta olhar com calma.",
        "Palavras grandes não fazem falta, basta um olhar tranquilo.",
        "Quem para por um instante sempre vê um pouco mais.",
        "Às vezes um único olhar já desperta muita curiosidade.",
        "Aqui o que conta é parar um pouco e olhar.",
        "Sem barulho, sem pressa, assim como é e nada mais.",
    ),
    ("creator", "none"): (
        "Eu não digo mais nada e deixo a imagem falar.",
        "Eu gosto assim, de um jeito simples e sem barulho.",
    ),
}
_CALLS: Attributes = {
    ("anyone", "two"): (
        "Se você gosta de {first} e {second}, dá uma olhada.",
        "É {first} com toques em {second}, então dá uma olhada.",
        "Os detalhes são em {second}, o resto em {first}, dá uma olhada.",
        "Se as suas cores são {first} e {second}, veja de perto.",
    ),
    ("anyone", "one"): (
        "Tudo vem em {first}, então dá uma olhada com calma.",
        "Se você gosta de {first}, dá uma olhada quando puder.",
        "O acabamento é {finish}, em {first}, então veja de perto.",
        "Se a sua cor é {the_first}, então veja de perto.",
    ),
    ("anyone", "none"): (
        "Não precisa de muitas palavras, então dá uma olhada.",
        "Tire um momento, chegue mais perto e dá uma olhada.",
        "Se bateu a curiosidade, é agora, então veja de perto.",
        "O importante é olhar, então dá uma olhada ainda hoje.",
    ),
}

PORTUGUESE = Language(
    code="pt",
    things=_THINGS,
    determiners={
        "f": {"a": "uma ", "this": "esta ", "the": "a "},
        "m": {"a": "um ", "this": "este ", "the": "o "},
    },
    endings={"f": {"o": "a"}, "m": {"o": "o"}},
    colours=_COLOURS,
    colour_the=("o ", "o "),
    finishes={"glossy": "brilhante", "matte": "fosco", "satin": "acetinado", "simple": "simples"},
    lights={
        "bright, even light": "luz clara e uniforme", "low, moody light": "luz baixa e intimista",
        "soft light from the left": "luz suave vinda da esquerda",
        "soft light from the right": "luz suave vinda da direita", "soft, even light": "luz suave e uniforme",
    },
    grounds=("sobre fundo liso em {first}", "sobre fundo vazio", "em um ambiente natural"),
    details=("com detalhes em {one}", "com detalhes em {one} e {two}", "em um único tom"),
    leads={
        ("named", True): (
            "{brand}, {a} na cor {first}, mostrad{o} por inteiro e de frente.",
            "{brand}, {a} na cor {first}, mostrad{o} de frente.",
        ),
        ("named", False): ("{brand}, {a} em uma foto na qual domina {the_first}.",),
        ("unnamed", True): ("{a} na cor {first} sem marca legível, mostrad{o} por inteiro e de frente.",),
        ("unnamed", False): ("{a} sem marca legível, fotografad{o} no seu próprio ambiente.",),
    },
    looks=(
        "Acabamento {finish} em {first} {detail}, {ground}, com {light}.",
        "Acabamento {finish} em {first} {detail}, {ground}.",
        "Acabamento {finish} em {first} {detail}, com {light}.",
        "Acabamento {finish} em {first} {detail}.",
        "Acabamento {finish}, principalmente em {first}, visto com {light}.",
    ),
    settings=(
        "A imagem é principalmente na cor {first}, {detail}, com {light}.",
        "A imagem é principalmente na cor {first}, {detail}.",
        "A imagem é principalmente na cor {first}, com {light}.",
    ),
    nothing={
        "named": (
            "{brand}, mas a foto não mostra nenhum produto com clareza.",
            "Foto tirada com {light}, sem nenhum detalhe que se possa nomear.",
        ),
        "unnamed": (
            "Um produto que não se distingue com clareza na foto.",
            "Foto tirada com {light}, sem nenhum detalhe que se possa nomear.",
        ),
    },
    hooks=_HOOKS,
    attributes=_ATTRIBUTES,
    calls=_CALLS,
    call_words=(
        "dá uma olhada", "dê uma olhada", "veja de perto", "vem ver", "compre", "compra", "peça já", "peça o seu",
        "experimente", "clique", "clica", "link na bio", "garanta", "descubra",
    ),
    banned=(
        "milagre", "milagroso", "milagrosa", "melhor", "perfeito", "perfeita", "incrível", "revolucionário",
        "revolucionária", "garantido", "garantida", "clinicamente", "comprovado", "comprovada", "antirrugas",
        "anti-idade", "impecável", "definitivo", "mágico", "mágica", "instantaneamente", "cura", "sem risco",
    ),
    neutral_title="Visto de perto",
    end_line="Tal como se vê aqui",
    draft_mark="Rascunho feito por IA",
)  # fmt: skip
