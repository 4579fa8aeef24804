import { useState } from "react";

/** Edit the text: the count stays. */
export function Counter() {
  const [count, setCount] = useState(0);
  return (
    <>
      <h1>React under tower</h1>
      <button id="counter" onClick={() => setCount(count + 1)}>
        Clicked {count} {count === 1 ? "time" : "times"}
      </button>
    </>
  );
}
