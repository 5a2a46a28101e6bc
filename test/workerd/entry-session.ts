// The Worker of the session tests: the real session object with a model whose words the tests choose. The script of a turn is its
// newest message: `say a|b|c` answers with these pieces, `hold a|b|c` waits for the test before each of them, `break a|b` fails
// after them, `same N` says N words at once, `units abc` says each UTF-16 unit as a piece of its own.
import { SessionObject as RealSessionObject } from '../../durable-objects/session-object.ts';
import type { SessionOutside } from '../../durable-objects/session-outside.ts';
import type { Failure } from '../../src/core/api/failure.ts';
import type { Result } from '../../src/core/base/result.ts';
import type { TokenUsage } from '../../src/core/stream/usage.ts';
import type { TurnAsk, TurnReply } from '../../src/hosts/session-ports.ts';

/** What the tests see of the model, and their hold on it. Test and Worker share one isolate. */
export interface ModelDesk {
  /** The context of every call, in order. */
  calls: string[];
  /** By a held call's newest message: `asked` for its next piece, `granted` by the test. */
  holds: Map<string, 'asked' | 'granted'>;
  /** What the durable function has been asked: `turn attempt run chars`, and which of its runs were cancelled. */
  runs: string[];
  cancelled: string[];
  /** Newest message and class of every call. */
  classes: string[];
}

/** One unit = one token, so that budgets can be read off. */
const gauge = { words: 1, digits: 1, marks: 1, wide: 1 };

const shared = globalThis as typeof globalThis & { modelDesk?: ModelDesk };
export const desk: ModelDesk = (shared.modelDesk ??= {
  calls: [],
  holds: new Map(),
  runs: [],
  cancelled: [],
  classes: [],
});

export class SessionObject extends RealSessionObject {
  protected override outside(): SessionOutside {
    return {
      routeModel: (_tenant, model) => routeOf(model),
      cancelRun: async ({ run }) => void desk.cancelled.push(run ?? 'unheard'),
      runTurn: async (ask, onText) => {
        if (ask.route.kind === 'function') desk.runs.push(describe(ask));
        if (ask.route.kind === 'function') ask.onRun(`run_${ask.turn}`);
        if (ask.turn.startsWith('summary-')) return said('what was said');
        desk.calls.push(ask.messages.map(({ role, content }) => `${role}: ${content}`).join('\n'));
        ask.onServed({ version: 'words@1', warmth: 'hot', waitMs: 3 });
        const newest = ask.messages.at(-1)?.content ?? '';
        desk.classes.push(`${newest}: ${ask.criticality}`);
        // A turn that was left unanswered stands before the newest message, in one message with it.
        const script = newest.slice(newest.lastIndexOf('\n\nsay ') + 1).trimStart();
        const blank = script.indexOf(' ');
        const verb = script.slice(0, blank);
        const rest = script.slice(blank + 1);
        const pieces = piecesOf(verb, rest);
        // A durable run tells again only what the session does not have yet.
        let passed = ask.resume?.chars ?? 0;
        for (const piece of pieces) {
          if (passed > 0) {
            passed -= piece.length;
            continue;
          }
          if (verb === 'hold' && !(await held(script, ask)))
            return { ok: false, error: { kind: 'total-timeout' } };
          await onText(piece);
        }
        if (verb === 'break') return { ok: false, error: { kind: 'stream-cut' } };
        return said(pieces.join(''), { promptTokens: ask.messages.length, completionTokens: pieces.length });
      },
    };
  }
}

function routeOf(model: string): ReturnType<SessionOutside['routeModel']> {
  if (model === 'gone') return { ok: false, error: { kind: 'unknown-model', model } };
  const terms = { version: 'words@1', contextTokensMax: 200, gauge };
  return model === 'function'
    ? { ok: true, value: { kind: 'function', function: 'agent', ...terms } }
    : { ok: true, value: { kind: 'model', pool: 'p', ...terms } };
}

function describe({ turn, attempt, resume }: TurnAsk): string {
  return `${turn} ${attempt} ${resume === null ? 'new' : `${resume.run} ${resume.chars}`}`;
}

function said(text: string, usage: TokenUsage | null = null): Result<TurnReply, Failure> {
  const served = { version: 'words@1', warmth: 'hot', waitMs: 3 } as const;
  return { ok: true, value: { text, usage, served } };
}

function piecesOf(verb: string, rest: string): string[] {
  if (verb === 'same') return Array.from({ length: Number(rest) }, (_, at) => `w${at} `);
  return rest.split(verb === 'units' ? '' : '|');
}

/**
 * Waits until the test lets a piece out; false when the turn is given up first. It polls, because a promise that the test resolved
 * would go on in the test's own I/O context.
 */
async function held(script: string, ask: TurnAsk): Promise<boolean> {
  desk.holds.set(script, 'asked');
  while (desk.holds.get(script) !== 'granted') {
    if (ask.signal.aborted) return false;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  desk.holds.delete(script);
  return true;
}
