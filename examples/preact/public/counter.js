import { html } from "htm/preact";
import { useState } from "preact/hooks";
import { label } from "./words.js";

function View() {
  const [count, setCount] = useState(0);
  return html`<button onClick=${() => setCount(count + 1)}>${label(count)}</button>`;
}

// Preact keeps the state of a component as long as it is the same function, so all versions of this module export the
// first one's, which calls the newest view.
const data = import.meta.hot?.data ?? {};
data.View = View;
export const Counter = (data.Counter ??= (props) => data.View(props));
