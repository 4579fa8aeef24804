import { LitElement, css, html } from "lit";
import { label } from "./words.js";

class Counter extends LitElement {
  static properties = { count: { state: true } };

  static styles = css`
    button {
      padding: 0.5em 1em;
      color: seagreen;
    }
  `;

  constructor() {
    super();
    this.count = 0;
  }

  render() {
    return html`<button @click=${() => this.count++}>${label(this.count)}</button>`;
  }
}

// Each version of this module defines the element again: those in the page get the new methods, templates and styles.
customElements.define("my-counter", Counter);
import.meta.hot?.accept();
