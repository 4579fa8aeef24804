// A module that takes its own updates. In production, `import.meta.hot` is undefined.
let count = import.meta.hot?.data.count ?? 0;
let shown = import.meta.hot?.data.shown;

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

if (import.meta.hot) {
  import.meta.hot.accept();
  import.meta.hot.dispose((data) => {
    shown?.removeEventListener("click", click);
    Object.assign(data, { count, shown });
  });
}

if (shown) {
  mount(shown);
}
