// The agent's Dockerfile as far as it can be known without Docker: what it copies, sets and runs, and the folder that its copies make. Knows
// the few instructions that the file uses; another one is an error, so that nothing is passed over.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, posix, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');

export interface ImageCopy {
  /** Both from their root: the project's folder, and the image's WORKDIR. */
  readonly from: string;
  readonly to: string;
}

export interface ImageStage {
  readonly base: string;
  readonly copies: readonly ImageCopy[];
  /** Copied from earlier stages, as `stage:path`. */
  readonly taken: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly runs: readonly string[];
  readonly user: string | null;
  readonly port: number | null;
  readonly health: readonly string[];
  readonly command: readonly string[];
}

/** The stages of the file, in their order. */
export function readImage(
  text = readFileSync(join(root, 'gpu-workers/agent/Dockerfile'), 'utf8'),
): readonly ImageStage[] {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const stages: ImageStage[] = [];
  for (const line of lines) {
    const [, word = '', rest = ''] = /^([A-Z]+) (.*)$/.exec(line) ?? [];
    const stage = stages.at(-1);
    if (word === 'FROM') stages.push({ ...emptyStage, base: rest.split(' ')[0] ?? '' });
    else if (stage === undefined) throw new Error(`before the first FROM: ${line}`);
    else stages[stages.length - 1] = { ...stage, ...readStep(stage, word, rest) };
  }
  return stages;
}

const emptyStage = {
  copies: [],
  taken: [],
  env: {},
  runs: [],
  user: null,
  port: null,
  health: [],
  command: [],
} as const;

function readStep(stage: ImageStage, word: string, rest: string): Partial<ImageStage> {
  switch (word) {
    case 'WORKDIR':
      if (rest !== '/app') throw new Error(`another folder than /app: ${rest}`);
      return {};
    case 'COPY':
      return readCopy(stage, rest);
    case 'RUN':
      return { runs: [...stage.runs, rest] };
    case 'ENV': {
      const [, name = '', value = ''] = /^(\w+)=(\S*)$/.exec(rest) ?? [];
      return { env: { ...stage.env, [name]: value } };
    }
    case 'USER':
      return { user: rest };
    case 'EXPOSE':
      return { port: Number(rest) };
    case 'HEALTHCHECK':
      return { health: readWords(rest.slice(rest.indexOf('CMD ') + 4)) };
    case 'CMD':
      return { command: readWords(rest) };
    default:
      throw new Error(`what does ${word} do?`);
  }
}

function readCopy(stage: ImageStage, rest: string): Partial<ImageStage> {
  const words = rest.split(' ');
  const to = words.at(-1) ?? '';
  const from = words.slice(0, -1);
  const [, earlier] = /^--from=(\w+)$/.exec(from[0] ?? '') ?? [];
  if (earlier !== undefined)
    return { taken: [...stage.taken, ...from.slice(1).map((path) => `${earlier}:${path}`)] };
  const made = from.map((path) => ({
    from: path,
    to: posix.normalize(to.endsWith('/') ? `${to}${basename(path)}` : to),
  }));
  return { copies: [...stage.copies, ...made] };
}

function readWords(text: string): readonly string[] {
  return JSON.parse(text) as readonly string[];
}

/** A folder with what the stage copies, and the packages that are installed here. The caller removes it. */
export function makeImageFolder({ copies }: ImageStage): string {
  const folder = mkdtempSync(join(tmpdir(), 'pilotlight-image-'));
  for (const { from, to } of copies) {
    mkdirSync(resolve(folder, to, '..'), { recursive: true });
    cpSync(join(root, from), join(folder, to), { recursive: true });
  }
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}
