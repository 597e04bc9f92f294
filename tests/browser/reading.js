// What can be read, and can it be read: texts of a page with too little contrast; open shadow roots are followed.
(() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });

  /** A CSS colour as red, green, blue and alpha. */
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = "#000";
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = (top, below) => {
    const a = top[3];
    return [0, 1, 2].map((i) => top[i] * a + below[i] * (1 - a)).concat(1);
  };
  const luminance = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const ratio = (one, two) => {
    const [dark, light] = [luminance(one), luminance(two)].sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  };
  const parentOf = (node) => node.assignedSlot ?? node.parentElement ?? node.getRootNode().host ?? null;

  const boxOf = (text) => {
    const range = document.createRange();
    range.selectNodeContents(text);
    return range.getBoundingClientRect();
  };

  /** The colours behind a text, or null where a picture lies behind it. What it sticks out of is not behind it. */
  const behind = (text) => {
    const layers = [];
    const box = boxOf(text);
    const middle = [(box.left + box.right) / 2, (box.top + box.bottom) / 2];
    for (let at = text.parentElement; at; at = parentOf(at)) {
      const style = getComputedStyle(at);
      const edge = at.getBoundingClientRect();
      const isAround = style.display === "contents" || style.display === "inline"
        || (edge.left <= middle[0] && middle[0] <= edge.right && edge.top <= middle[1] && middle[1] <= edge.bottom);
      if (!isAround) continue;
      if (style.backgroundImage !== "none") return null;
      const colour = rgba(style.backgroundColor);
      layers.push(colour);
      if (colour[3] === 1) break;
    }
    return layers.reverse().reduce((below, top) => over(top, below), [255, 255, 255, 1]);
  };
  const opacity = (element) => {
    let all = 1;
    for (let at = element; at; at = parentOf(at)) all *= Number(getComputedStyle(at).opacity);
    return all;
  };
  const isIgnored = (element) => {
    for (let at = element; at; at = parentOf(at)) {
      if (at.disabled || at.getAttribute("aria-disabled") === "true" || at.getAttribute("aria-hidden") === "true") return true;
      if (at.matches(":disabled, [data-testid=stIconMaterial], script, style, video, noscript")) return true;
    }
    return false;
  };

  function* texts(root) {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      if (node.nodeType === 3) {
        if (node.data.trim()) yield node;
      } else if (node.shadowRoot) yield* texts(node.shadowRoot);
    }
  }

  const isSeen = (text) => {
    const element = text.parentElement;
    if (!element || !element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) return false;
    const box = boxOf(text);
    return box.width > 1 && box.height > 1 && element.getBoundingClientRect().width > 2;
  };

  /** Each text below the ratio of WCAG AA: `words | 3.9 | colour on colour`; and how many were looked at. */
  window.__faint = () => {
    const found = [];
    let looked = 0;
    for (const text of texts(document.body)) {
      const element = text.parentElement;
      if (!isSeen(text) || isIgnored(element)) continue;
      const ground = behind(text);
      if (!ground) continue;
      looked += 1;
      const style = getComputedStyle(element);
      const colour = rgba(style.color);
      colour[3] *= opacity(element);
      const told = ratio(over(colour, ground), ground);
      const size = parseFloat(style.fontSize);
      const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
      if (told < (isLarge ? 3 : 4.5) - 0.01) {
        found.push(`${text.data.trim().slice(0, 40)} | ${told.toFixed(2)} | ${style.color} on ${ground.map(Math.round).slice(0, 3)}`);
      }
    }
    return { looked, found };
  };

  /** The element that has the focus, inside shadow roots too. */
  window.__focused = () => {
    let at = document.activeElement;
    while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
    return at === document.body ? null : at;
  };

  /** How an element that may be marked when it has the focus looks now: itself and those around and inside it. */
  window.__looks = (element) => {
    const around = [element, ...[...element.querySelectorAll("*")].slice(0, 12)];
    for (let at = parentOf(element), n = 0; at && n < 4; at = parentOf(at), n += 1) around.push(at, ...at.children);
    return around.map((node) => {
      const style = getComputedStyle(node);
      return [style.outline, style.outlineOffset, style.boxShadow, style.border, style.backgroundColor, style.textDecoration].join(";");
    }).join("|");
  };
})();
