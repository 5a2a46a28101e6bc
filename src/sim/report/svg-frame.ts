// The frame of a plot as SVG text: scales, axes with their units, grid, legend. Colours are middle tones that can be read on white and on
// dark pages; the paper is transparent. Pure.

export interface Scale {
  readonly kind: 'log' | 'linear';
  readonly from: number;
  readonly to: number;
  readonly ticks: readonly number[];
  /** As under the axis: `cold requests, %`. */
  readonly title: string;
  format(tick: number): string;
}

export interface Frame {
  readonly title: string;
  readonly subtitle: string;
  readonly x: Scale;
  readonly y: Scale;
  readonly legend: readonly LegendRow[];
}

export type LineMark = 'line' | 'thick' | 'dashed' | 'dotted';

export interface LegendRow {
  readonly label: string;
  readonly color: string;
  readonly mark: LineMark | 'area';
}

const width = 900;
const height = 520;
const paper = { left: 72, top: 58, right: 690, bottom: 466 } as const;
const legendRowHeight = 21;

/** Pixels of a value; values outside of the scale are held at its ends. */
export function toX({ x }: Frame, value: number): number {
  return paper.left + share(x, value) * (paper.right - paper.left);
}

export function toY({ y }: Frame, value: number): number {
  return paper.bottom - share(y, value) * (paper.bottom - paper.top);
}

function share({ kind, from, to }: Scale, value: number): number {
  const part = kind === 'log' ? Math.log(value / from) / Math.log(to / from) : (value - from) / (to - from);
  return Math.min(1, Math.max(0, part));
}

/** 1, 2, 5 of every decade within the two. */
export function logTicks(from: number, to: number): number[] {
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(from)); power <= Math.ceil(Math.log10(to)); power += 1)
    for (const digit of [1, 2, 5]) {
      const tick = Number((digit * 10 ** power).toPrecision(1));
      if (tick >= from && tick <= to) ticks.push(tick);
    }
  return ticks;
}

/** About five round steps from 0 to at least `most`. */
export function linearTicks(most: number): number[] {
  const rough = Math.max(most, 1) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((digit) => digit * power >= rough) ?? 10) * power;
  return Array.from({ length: Math.ceil(Math.max(most, 1) / step) + 1 }, (_, at) => at * step);
}

/** The whole picture; `body` is drawn over the grid and cut off at the axes. */
export function renderFrame(frame: Frame, body: readonly string[]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" font-family="system-ui, sans-serif" font-size="12" fill="#7a8190">`,
    `<title>${escapeText(frame.title)}</title>`,
    '<style>text.head{fill:#3b4252;font-size:16px;font-weight:600}.grid{stroke:#8a93a5;stroke-opacity:.22}.axis{stroke:#8a93a5}@media(prefers-color-scheme:dark){text.head{fill:#e5e9f0}}</style>',
    `<clipPath id="paper"><rect x="${paper.left}" y="${paper.top}" width="${paper.right - paper.left}" height="${paper.bottom - paper.top}"/></clipPath>`,
    `<text class="head" x="${paper.left}" y="24">${escapeText(frame.title)}</text>`,
    `<text x="${paper.left}" y="43">${escapeText(frame.subtitle)}</text>`,
    ...renderAxes(frame),
    '<g clip-path="url(#paper)">',
    ...body,
    '</g>',
    ...frame.legend.map(renderLegendRow),
    '</svg>',
    '',
  ].join('\n');
}

function renderAxes(frame: Frame): string[] {
  const { x, y } = frame;
  const { left, right, top, bottom } = paper;
  const columns = x.ticks.flatMap((tick) => {
    const at = round(toX(frame, tick));
    return [
      `<line class="grid" x1="${at}" y1="${top}" x2="${at}" y2="${bottom}"/>`,
      `<text x="${at}" y="${bottom + 18}" text-anchor="middle">${escapeText(x.format(tick))}</text>`,
    ];
  });
  const rows = y.ticks.flatMap((tick) => {
    const at = round(toY(frame, tick));
    return [
      `<line class="grid" x1="${left}" y1="${at}" x2="${right}" y2="${at}"/>`,
      `<text x="${left - 8}" y="${at + 4}" text-anchor="end">${escapeText(y.format(tick))}</text>`,
    ];
  });
  const middle = (top + bottom) / 2;
  return [
    ...columns,
    ...rows,
    `<path class="axis" fill="none" d="M${left} ${top}V${bottom}H${right}"/>`,
    `<text x="${(left + right) / 2}" y="${bottom + 40}" text-anchor="middle">${escapeText(x.title)}</text>`,
    `<text x="18" y="${middle}" text-anchor="middle" transform="rotate(-90 18 ${middle})">${escapeText(y.title)}</text>`,
  ];
}

function renderLegendRow({ label, color, mark }: LegendRow, at: number): string {
  const y = paper.top + 8 + at * legendRowHeight;
  const x = paper.right + 18;
  return `${renderMark(mark, color, x, y)}<text x="${x + 32}" y="${y + 4}">${escapeText(label)}</text>`;
}

function renderMark(mark: LegendRow['mark'], color: string, x: number, y: number): string {
  if (mark === 'area')
    return `<rect x="${x}" y="${y - 6}" width="24" height="12" fill="${color}" fill-opacity=".4"/>`;
  return `<line x1="${x}" y1="${y}" x2="${x + 24}" y2="${y}" stroke="${color}" ${strokeOf(mark)}/>`;
}

/** Width and dashes as attributes. */
export function strokeOf(mark: LineMark): string {
  const dashes = {
    line: '',
    thick: '',
    dashed: ' stroke-dasharray="6 4"',
    dotted: ' stroke-dasharray="2 3"',
  };
  return `stroke-width="${mark === 'thick' ? 3.5 : 1.7}"${dashes[mark]}`;
}

/** `M… L…` through the points, in pixels to a tenth. */
export function pathThrough(points: readonly (readonly [number, number])[]): string {
  return points.map(([x, y], at) => `${at === 0 ? 'M' : 'L'}${round(x)} ${round(y)}`).join('');
}

export function round(pixels: number): number {
  return Math.round(pixels * 10) / 10;
}

export function escapeText(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
