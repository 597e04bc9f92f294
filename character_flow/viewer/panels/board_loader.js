// How the board is fetched: Streamlit calls the default export at each change of its data; the board itself is a
// module of the gateway, so that it needs no build step and is loaded once.

const places = new WeakMap();

export default function ({ parentElement, data }) {
  const place = places.get(parentElement) ?? { asked: 0, unmount: null };
  places.set(parentElement, place);
  const turn = ++place.asked;
  place.gone = false;
  import(new URL(`${data.base}/plan/static/main.js`, document.baseURI).href)
    .then((board) => {
      if (place.gone || turn !== place.asked) return;
      place.notice?.remove();
      place.unmount = board.mount(parentElement, { data });
    })
    .catch((error) => sayWhy(parentElement, place, data, error));
  return () => {
    place.gone = true;
    // Streamlit may clean up and call again at once, on a change of data: then the board stays as it is.
    setTimeout(() => {
      if (!place.gone) return;
      place.unmount?.();
      place.unmount = null;
    });
  };
}

function sayWhy(root, place, data, error) {
  place.notice?.remove();
  const line = document.createElement("p");
  line.setAttribute("role", "alert");
  line.dataset.testid = "board-problem";
  line.textContent = `The live board could not be loaded: ${error.message}. The figures as they are: `;
  const link = document.createElement("a");
  link.href = `${data.base}/plan/${data.run ? `runs/${data.run}/` : ""}snapshot`;
  link.textContent = "snapshot";
  line.append(link);
  root.append(line);
  place.notice = line;
}
