/** The clean-up of a test. */
export class Cleanup {
  #tasks = [];

  // A method that tests destructure.
  later = this.later.bind(this);

  /**
   * Adds a task for the end of the test; the latest runs first.
   *
   * @param {() => unknown} task
   */
  later(task) {
    this.#tasks.push(task);
  }

  /** Runs all tasks, and then fails if one of them has failed. */
  async clear() {
    const failures = [];
    for (const task of this.#tasks.splice(0).reverse()) {
      try {
        await task();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length) throw failures[0];
  }
}
