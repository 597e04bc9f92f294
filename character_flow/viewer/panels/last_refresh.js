// When the board last drew something: it tells the window, this small clock listens. No server is asked.

export default function ({ parentElement }) {
  const shown = parentElement.querySelector("output") ?? parentElement.appendChild(document.createElement("output"));
  shown.dataset.testid = "last-refresh";
  let seenAt = null;

  const draw = () => {
    if (seenAt === null) shown.textContent = "nothing drawn yet";
    else shown.textContent = `${clock.format(seenAt.date)} · ${age((performance.now() - seenAt.tick) / 1000)}`;
  };
  const heard = () => {
    seenAt = { date: new Date(), tick: performance.now() };
    draw();
  };
  window.addEventListener("character-flow:news", heard);
  const timer = setInterval(draw, 1000);
  draw();
  return () => {
    window.removeEventListener("character-flow:news", heard);
    clearInterval(timer);
  };
}

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });

function age(seconds) {
  if (seconds < 1.5) return "just now";
  if (seconds < 90) return `${Math.round(seconds)} s ago`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min ago` : `${Math.round(seconds / 3600)} h ago`;
}
