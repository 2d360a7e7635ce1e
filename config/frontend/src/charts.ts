// Draws a chart when it comes near the window; until then its page carries nothing but this.
import type { Plot } from "./plot";

const NEAR = "300px";
const plots = new Map<HTMLElement, Plot>();

async function draw(place: HTMLElement): Promise<void> {
  try {
    const { Plot } = await import("./plot");
    const written = document.getElementById(place.dataset.chart ?? "")?.textContent ?? "{}";
    plots.set(place, new Plot(place, JSON.parse(written)));
    place.dataset.drawn = "yes";
  } catch (error) {
    // Its numbers stand below it in any case.
    console.warn("The chart could not be drawn.", error);
    place.dataset.drawn = "no";
    const figure = place.closest("figure");
    figure?.querySelector("details")?.setAttribute("open", "");
    figure?.querySelector("[data-failed]")?.removeAttribute("hidden");
  }
}

const coming = new IntersectionObserver(
  (seen) => {
    for (const { isIntersecting, target } of seen) {
      if (!isIntersecting) continue;
      coming.unobserve(target);
      void draw(target as HTMLElement);
    }
  },
  { rootMargin: NEAR },
);

for (const place of document.querySelectorAll<HTMLElement>("[data-chart]")) {
  place.style.height = `${place.dataset.height ?? 320}px`;
  place.style.minWidth = `${place.dataset.least ?? 0}px`;
  coming.observe(place);
}

// The admin's theme says by a class of the page whether it is dark.
new MutationObserver(() => plots.forEach((plot) => plot.draw())).observe(document.documentElement, {
  attributes: true,
  attributeFilter: ["class"],
});
