/**
 * The plot of a bench: how far each figure is from its aim.
 */

import { type Figure, median } from "./figures.ts";

const [left, width, row, top] = [470, 360, 28, 56];
/** The bar of a figure that is twice as good as its aim fills the width. */
const best = 2;

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}

/** How good it is: 1 is the aim itself, more is better. */
function share({ values, aim }: Figure): number {
  const value = median(values);
  return aim!.sign === "≥" ? value / aim!.value : aim!.value / value;
}

function bar(figure: Figure, at: number): string {
  const { workload, name, unit, values, aim } = figure;
  const y = top + at * row;
  const good = share(figure);
  const length = Math.round(width * Math.min(good, best) / best);
  const label = `${workload}  ${name}`;
  const value = `${median(values).toLocaleString("en")} ${unit} (aim ${aim!.sign} ${
    aim!.value.toLocaleString("en")
  })`;
  const color = good >= 1 ? "#2e7d4f" : "#b5651d";
  return `  <text x="${left - 10}" y="${y + 14}" text-anchor="end">${escape(label)}</text>
  <rect x="${left}" y="${y + 2}" width="${length}" height="16" fill="${color}"/>
  <text x="${left + width + 10}" y="${y + 14}">${escape(value)}</text>`;
}

/**
 * Draws the figures that have an aim.
 *
 * @param figures of one run
 * @returns an SVG document
 */
export function plot(figures: readonly Figure[]): string {
  const aimed = figures.filter(({ aim }) => aim !== undefined);
  const height = top + aimed.length * row + 20;
  const middle = left + width / best;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="1080" height="${height}"
  font-family="sans-serif" font-size="12">
  <rect width="1080" height="${height}" fill="#ffffff"/>
  <text x="20" y="24" font-size="15">Parley: medians against what was aimed at</text>
  <text x="${middle}" y="${top - 8}" text-anchor="middle">the aim</text>
${aimed.map(bar).join("\n")}
  <line x1="${middle}" y1="${top - 4}" x2="${middle}" y2="${height - 16}" stroke="#444444"/>
</svg>
`;
}
