// A module that takes its own updates. In production there is no `__hot_middleware__`, and `hot` is undefined.
const hot = globalThis.__hot_middleware__?.hot(import.meta.url);

let count = hot?.data.count ?? 0;
let shown = hot?.data.shown;

function show() {
  shown.textContent = `Clicked ${count} ${count === 1 ? "time" : "times"}`;
}

function click() {
  count += 1;
  show();
}

export function mount(button) {
  shown = button;
  shown.addEventListener("click", click);
  show();
}

hot?.accept();
hot?.dispose((data) => {
  shown?.removeEventListener("click", click);
  Object.assign(data, { count, shown });
});

if (shown) {
  mount(shown);
}
