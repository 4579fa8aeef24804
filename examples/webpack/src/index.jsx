import { createRoot } from "react-dom/client";

import { Counter } from "./counter.jsx";
import "./style.css";

createRoot(document.getElementById("root")).render(<Counter />);
