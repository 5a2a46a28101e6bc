// What a scenario of the rig is: a run against a stack of its own that ends in checks, and the ways to break the protection that those
// checks speak of. Owns the shapes and the opening of stacks.
import { readFileSync } from 'node:fs';
import type { Check } from '../../src/cli/checks.ts';
import type { Plant } from '../chaos/plants.ts';
import { renderBody, type Ask } from './load/ask.ts';
import { renderModels, type PoolSpec } from './models.ts';
import { bundlePacedServer } from './stack/bundle-server.ts';
import { prepareProject, type RigTenant } from './stack/project.ts';
import { startRigStack, type RigStack } from './stack/stack.ts';

/** What a scenario leaves out when it is told to: the same run without one protection must miss its bar. */
export type Protection = 'fallback' | 'continuation' | 'timeouts' | 'hedge' | 'queue' | 'spill' | 'overload';

/** Edits change a copy of the project: one whose text is no longer there is told as not caught. */
export interface RigPlant {
  readonly edits?: readonly Plant[];
  readonly vars?: Readonly<Record<string, string>>;
  readonly without?: readonly Protection[];
  /** Checks of which one at least must miss its bar; an id ends with `*` for all that begin so. */
  readonly breaks: readonly string[];
}

/** Whether this check is one of those that the bug is planted for. */
export function isMeant({ breaks }: Pick<RigPlant, 'breaks'>, id: string): boolean {
  return breaks.some((broken) => (broken.endsWith('*') ? id.startsWith(broken.slice(0, -1)) : broken === id));
}

export interface StackSpec {
  readonly pools: readonly PoolSpec[];
  readonly aliases?: Readonly<Record<string, string>>;
  /** The rules of the main tenant. */
  readonly rules?: readonly object[];
  readonly tenants?: readonly RigTenant[];
  readonly vars?: Readonly<Record<string, string>>;
  readonly edits?: readonly Plant[];
  readonly isProxied?: boolean;
  readonly isAgentBehind?: boolean;
  /** Model servers run as one file each, as an image ships them: where they start and end while something is measured. */
  readonly isServerBundled?: boolean;
}

export interface RigContext {
  readonly isQuick: boolean;
  /** Minutes where the whole would take more than an hour: enough to see the third nine of a share. */
  readonly isShort: boolean;
  readonly seed: number;
  /** Whether this protection is there. */
  has(protection: Protection): boolean;
  /** Whether a check whose id begins so is looked at: with a bug planted, those that may catch it alone. */
  looksAt(idStart: string): boolean;
  /** A stack that is hot, and closed at the end of the scenario. */
  open(spec: StackSpec): Promise<RigStack>;
  /** Tells whoever watches, at once. */
  say(line: string): void;
  /** The same of what is only of interest while it lasts: it goes to the error output. */
  progress(line: string): void;
  /** Called at the end of the scenario, the last first. */
  closing(close: () => Promise<void> | void): void;
}

export interface ScenarioOutcome {
  readonly facts: readonly string[];
  readonly checks: readonly Check[];
}

export interface Scenario {
  readonly name: string;
  /** What is done, in one sentence, for the results. */
  readonly about: string;
  readonly plants: Readonly<Record<string, RigPlant>>;
  run(context: RigContext): Promise<ScenarioOutcome>;
}

export interface ContextOptions {
  readonly isQuick: boolean;
  readonly isShort: boolean;
  readonly seed: number;
  readonly plant: RigPlant | null;
  /** Collects what has to be closed. */
  readonly closing: (() => Promise<void> | void)[];
  readonly say: (line: string) => void;
  readonly progress: (line: string) => void;
}

export function makeContext(options: ContextOptions): RigContext {
  const { isQuick, isShort, seed, plant, closing, say, progress } = options;
  const open = async (spec: StackSpec): Promise<RigStack> => {
    const edits = [...(plant?.edits ?? []), ...(spec.edits ?? [])];
    const demo: RigTenant = { id: 'demo', rules: spec.rules ?? [] };
    const project = prepareProject([demo, ...(spec.tenants ?? [])], edits);
    closing.push(() => project.dispose());
    const program = spec.isServerBundled === true ? await bundlePacedServer(project.directory) : null;
    const aliases = {
      ...Object.fromEntries(spec.pools.map(({ id }) => [warmName(id), id])),
      ...spec.aliases,
    };
    const stack = await startRigStack({
      modulePath: project.modulePath,
      models: renderModels(spec.pools, aliases, program),
      vars: { ...spec.vars, ...plant?.vars },
      isProxied: spec.isProxied ?? false,
      isAgentBehind: spec.isAgentBehind ?? false,
    });
    closing.push(() => stack.stop());
    await stack.warm((version) => askOnce(stack, warmName(version)));
    return stack;
  };
  return {
    isQuick,
    isShort,
    seed,
    looksAt: (idStart) => plant === null || plant.breaks.some((broken) => broken.startsWith(idStart)),
    has: (protection) => plant?.without?.includes(protection) !== true,
    open,
    say,
    progress,
    closing: (close) => closing.push(close),
  };
}

/** What the Worker said last, for whoever has to find out why. */
const LOG_CHARS = 2_000;

/** A name for each pool that no rule speaks of. */
function warmName(version: string): string {
  return `warm-${version.replace('@', '-')}`;
}

async function askOnce(stack: RigStack, model: string): Promise<void> {
  const ask: Ask = { model, key: stack.key, prompt: 'warm', stream: false, tokens: 1, limitMs: 60_000 };
  const headers = { authorization: `Bearer ${ask.key}`, 'content-type': 'application/json' };
  const reply = await fetch(`${stack.url}/v1/chat/completions`, {
    method: 'POST',
    headers,
    body: renderBody(ask),
  });
  if (reply.status !== 200) {
    const log = readFileSync(stack.workerLog, 'utf8').slice(-LOG_CHARS);
    throw new Error(`${model} does not become warm: ${await reply.text()}\n${log}`);
  }
  await reply.text();
}

export function atLeast(
  id: string,
  value: number,
  bar: number,
  { n, note }: { n: number; note: string },
): Check {
  return { id, value: round(value), bar, op: '>=', ok: value >= bar, n, note };
}

export function atMost(
  id: string,
  value: number,
  bar: number,
  { n, note }: { n: number; note: string },
): Check {
  return { id, value: round(value), bar, op: '<=', ok: value <= bar, n, note };
}

/** Shares near one keep the digits that tell 99.9 % from 100 %. */
function round(value: number): number {
  return Number.isFinite(value) ? Number(value.toPrecision(6)) : value;
}
