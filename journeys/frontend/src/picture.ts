// The drawing as a picture in a file, made from the same places and lines as the canvas.
import type { Drawing, Place } from "./model/layout";

export interface Caption {
  title: string;
  below: string;
  tone: string;
}

const TONES: Record<string, string> = {
  send: "#2f80ed",
  call: "#2f80ed",
  wait: "#7c6fd6",
  wait_for: "#7c6fd6",
  branch: "#c77700",
  split: "#c77700",
  update: "#0d9488",
  enroll: "#0d9488",
  leave: "#d04545",
  enter: "#16803c",
};

/** The drawing as SVG that needs no style sheet. */
export function svg(
  drawing: Drawing,
  captions: Map<string, Caption>,
  labels: Map<string, string>,
): string {
  const { width, height } = drawing;
  const lines = drawing.lines.map(
    (line) =>
      `<path d="${line.path}" fill="none" stroke="#8b93a1" stroke-width="1.5" marker-end="url(#head)"/>`,
  );
  const words = drawing.lines
    .filter((line) => labels.get(line.way.key))
    .map((line) => {
      const { x, y } = line.label;
      const said = cut(labels.get(line.way.key)!, 30);
      const wide = said.length * 6 + 10;
      return `<rect x="${x - wide / 2}" y="${y - 9}" width="${wide}" height="18" fill="#fff"/><text x="${x}" y="${y + 4}" font-size="11" text-anchor="middle" fill="#4b5563">${escaped(said)}</text>`;
    });
  const head =
    '<defs><marker id="head" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="9" markerHeight="9" markerUnits="userSpaceOnUse" orient="auto"><path d="M0 0 10 5 0 10z" fill="#8b93a1"/></marker></defs>';
  const boxes = drawing.places.map((place) => box(place, captions.get(place.key)));
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="Inter, system-ui, sans-serif"><rect width="100%" height="100%" fill="#fff"/>${head}${[...lines, ...words, ...boxes].join("")}</svg>`;
}

function box(place: Place, caption: Caption | undefined): string {
  const { x, y, width, height } = place;
  if (!caption || place.kind === "end" || place.kind === "nowhere") {
    return `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="${height / 2}" fill="#f9fafb" stroke="#c4c9d2"/><text x="${x + width / 2}" y="${y + height / 2 + 4}" font-size="12" text-anchor="middle" fill="#6b7280">${escaped(caption?.title ?? "")}</text>`;
  }
  const tone = TONES[caption.tone] ?? "#6b7280";
  const middle = y + height / 2;
  return (
    `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="10" fill="#fff" stroke="#d5d9e0"/><rect x="${x}" y="${y}" width="5" height="${height}" rx="2.5" fill="${tone}"/>` +
    `<text x="${x + 18}" y="${middle - 3}" font-size="13" font-weight="600" fill="#111827">${escaped(cut(caption.title, 33))}</text><text x="${x + 18}" y="${middle + 15}" font-size="11.5" fill="#6b7280">${escaped(cut(caption.below, 38))}</text>`
  );
}

function cut(said: string, letters: number): string {
  return said.length > letters ? `${said.slice(0, letters - 1).trimEnd()}…` : said;
}

function escaped(said: string): string {
  return said
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, "")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;");
}

export function address(picture: string): string {
  return `data:image/svg+xml;charset=utf-8,${encodeURIComponent(picture)}`;
}

/** The same picture in points, twice as fine as on the screen. */
export async function png(picture: string, width: number, height: number): Promise<string> {
  const image = new Image();
  image.src = address(picture);
  await image.decode();
  const fine = Math.min(2, 8000 / Math.max(width, height));
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [Math.ceil(width * fine), Math.ceil(height * fine)];
  canvas.getContext("2d")!.drawImage(image, 0, 0, canvas.width, canvas.height);
  return canvas.toDataURL("image/png");
}

export function download(href: string, name: string): void {
  const link = document.createElement("a");
  link.href = href;
  link.download = name;
  link.click();
}
