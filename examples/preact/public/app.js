import { html, render } from "htm/preact";
import { Counter } from "./counter.js";

const main = document.querySelector("main");
const show = (Counter) => render(html`<${Counter} /> <${Counter} />`, main);

show(Counter);
import.meta.hot?.accept("./counter.js", (module) => module && show(module.Counter));
