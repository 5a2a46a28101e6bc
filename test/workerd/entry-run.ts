// The Worker of the run tests: the real run object over a function and steps that the tests choose. The input of the function is a script:
// `say a|b` asks a model that says these pieces, `do x` has an effect, `hold x` has one that waits for the test, `sleep 50` sleeps,
// `value 9` has an effect that gives as many wide characters, `draft 9` makes a draft of them, `give 9` ends with them as output.
import { env } from 'cloudflare:workers';
import { runInDurableObject } from 'cloudflare:test';
import { z } from 'zod';
import { RunObject as RealRunObject } from '../../durable-objects/run-object.ts';
import type { RunOutside } from '../../durable-objects/run-outside.ts';
import { chat, defineFunction } from '../../src/core/run/define-function.ts';
import { makeBudget } from '../../src/core/run/run-budget.ts';
import { FunctionError } from '../../src/core/run/run-context.ts';
import type { LogEntry } from '../../src/core/run/run-state.ts';
import type { RunView } from '../../src/core/run/view-run.ts';
import { NOTHING_MEASURED } from '../../src/hosts/perform-effect.ts';
import type { Attempted } from '../../src/hosts/run-ports.ts';
import type { RunStart } from '../../src/hosts/step-performers.ts';

export { RunListObject } from '../../durable-objects/run-list-object.ts';

/** What the tests see of the outside, and their hold on it. Test and Worker share one isolate. */
export interface RunDesk {
  /** Key and attempt of everything that was performed, in order. */
  performed: string[];
  /** By the key of a held effect: `asked`, `granted` by the test. */
  holds: Map<string, 'asked' | 'granted'>;
  bugs: string[];
  /** Key and class of every call of a model. */
  classes: string[];
}

const shared = globalThis as typeof globalThis & { runDesk?: RunDesk };
export const desk: RunDesk = (shared.runDesk ??= { performed: [], holds: new Map(), bugs: [], classes: [] });

/** Three bytes in UTF-8. */
const WIDE = '\u{5b57}';

const script = defineFunction({
  name: 'script',
  version: 1,
  description: 'does what its input says',
  input: z.object({ lines: z.array(z.string()) }),
  output: z.unknown(),
  uses: { models: { talk: chat('talk') } },
  async run(ctx, { lines }) {
    const said: string[] = [];
    for (const line of lines) {
      const [verb, rest] = [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)];
      if (verb === 'give') return WIDE.repeat(Number(rest));
      if (verb === 'draft') ctx.draft(WIDE.repeat(Number(rest)));
      else if (verb === 'sleep') await ctx.sleep(Number(rest));
      else if (verb === 'throw') throw new FunctionError('no_way', rest.repeat(10_000));
      else if (verb === 'say') {
        const messages = [{ role: 'user' as const, content: rest }];
        said.push((await ctx.models.talk.chat({ messages, stream: true })).text);
      } else
        said.push(
          await ctx.step(line, ({ key, attempt, signal }) => perform(line, { key, attempt, signal })),
        );
      ctx.emit('line', line);
    }
    return said;
  },
});

export class RunObject extends RealRunObject {
  protected override outside(): RunOutside {
    return {
      findFunction: (name, version) => (name === script.name && version === script.version ? script : null),
      reportBug: (_run, cause) => void desk.bugs.push(String(cause)),
      onProgress: () => undefined,
      abandonChild: () => undefined,
      perform: {
        chat: async (attempt, _model, { messages }, onText) => {
          desk.performed.push(`${attempt.key} ${attempt.attempt}`);
          desk.classes.push(`${attempt.key} ${attempt.criticality}`);
          const text = messages[0]?.content ?? '';
          for (const piece of text.split(/(?<=\|)/)) await onText?.(piece);
          return done({ text, finishReason: 'stop', promptTokens: 1, completionTokens: 1, version: 'm@1' });
        },
        embed: async () => done([]),
        search: async () => done([]),
        call: async () => done(null),
      },
    };
  }
}

function done(value: object | null): Attempted {
  return { end: { ok: true, value: value as never }, measure: NOTHING_MEASURED };
}

interface Moment {
  readonly key: string;
  readonly attempt: number;
  readonly signal: AbortSignal;
}

/** A held effect polls, because a promise that the test resolved would go on in the test's own I/O context. */
async function perform(line: string, { key, attempt, signal }: Moment): Promise<string> {
  desk.performed.push(`${key} ${attempt}`);
  if (line.startsWith('value ')) return WIDE.repeat(Number(line.slice(6)));
  if (!line.startsWith('hold ')) return line;
  desk.holds.set(key, 'asked');
  while (desk.holds.get(key) !== 'granted') {
    if (signal.aborted) throw new Error('given up');
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return line;
}

// --- what the tests share -----------------------------------------------------------------------------------------------

export const runs = (env as unknown as { RUN: DurableObjectNamespace<RunObject> }).RUN;
let minted = 0;

export interface Run {
  readonly id: string;
  readonly start: RunStart;
  /** A stub that has seen an error stays broken: each call takes a new one. */
  stub(): DurableObjectStub<RunObject>;
}

export function newRun(...lines: readonly string[]): Run {
  const id = `run_${String((minted += 1)).padStart(32, '0')}`;
  const start: RunStart = {
    id,
    tenant: 'demo',
    function: 'script',
    version: 1,
    input: { lines },
    budget: makeBudget({}),
    parent: null,
  };
  return { id, start, stub: () => runs.getByName(`demo/${id}`) };
}

export async function begin(run: Run): Promise<RunView> {
  return viewIn(await run.stub().start(JSON.stringify(run.start)));
}

export async function ended(run: Run): Promise<RunView> {
  return viewIn(await run.stub().wait('demo'));
}

function viewIn(text: string): RunView {
  const parsed = JSON.parse(text) as { ok: boolean; value: RunView; error: unknown };
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  return parsed.value;
}

/** The log on disk, looked at from inside the object. */
export function durableLog(run: Run): Promise<readonly LogEntry[]> {
  return runInDurableObject(run.stub(), (_object, state) =>
    state.storage.sql
      .exec<{ seq: number; type: string; data: string }>('SELECT seq, type, data FROM log ORDER BY seq')
      .toArray()
      .map(({ seq, type, data }) => ({ seq, type, data: JSON.parse(data) }) as LogEntry),
  );
}

/** The object dies where it stands; what it had not written is lost. */
export async function kill(run: Run): Promise<void> {
  await runInDurableObject(run.stub(), (_object, state) => state.abort('killed by the test')).catch(() => {});
}

/** Looks again and again, with time between for the timers of others. */
export async function waitFor(isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (let look = 0; look < 5_000; look += 1) {
    if (await isSo()) return;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  throw new Error('it never came to pass');
}

/** Waits until the held effect of step `n` has been asked for. */
export async function isHeld(run: Run, n: number): Promise<void> {
  await waitFor(() => desk.holds.get(`${run.id}/${n}`) === 'asked');
}

export function release(run: Run, n: number): void {
  desk.holds.set(`${run.id}/${n}`, 'granted');
}

/** What of this run was performed, without its id. */
export function performedOf(run: Run): readonly string[] {
  return desk.performed
    .filter((key) => key.startsWith(`${run.id}/`))
    .map((key) => key.slice(run.id.length + 1));
}
