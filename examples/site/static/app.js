// This module takes no updates, so a change of it reloads the page.
import { mount } from "./counter.js";

const button = document.querySelector("#counter");
if (button) {
  mount(button);
}
