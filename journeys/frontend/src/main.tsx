// Begins the editor where the admin's page has a place for it.
import { createRoot } from "react-dom/client";
import { App } from "./App";
import { Server, type Boot } from "./server";
import { speak } from "./words";
import "./styles.css";
import "./beside.css";

const root = document.getElementById("journey-editor");
const given = document.getElementById("journey-boot");
if (root && given) {
  const boot = JSON.parse(given.textContent ?? "{}") as Boot;
  speak(boot);
  createRoot(root).render(<App server={new Server(boot, root.dataset.csrf ?? "")} />);
}
