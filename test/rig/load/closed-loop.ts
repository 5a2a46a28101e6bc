// As many clients as are asked for, each sending its next request when its last is answered: what shows how much a pool can do, and nothing
// of how long it takes.
import type { Ask } from './ask.ts';
import { newAgent } from './open-loop.ts';
import { send, type Answered } from './send.ts';

export interface ClosedLoopOptions {
  readonly port: number;
  readonly clients: number;
  readonly durationMs: number;
  /** Requests that begin before this much has passed are not counted: the loop has to come into its swing. */
  readonly warmUpMs: number;
  readonly ask: (index: number) => Ask;
}

export interface ClosedLoopOutcome {
  readonly answers: readonly Answered[];
  /** Complete and correct answers a second. */
  readonly perSecond: number;
}

export async function runClosedLoop(options: ClosedLoopOptions): Promise<ClosedLoopOutcome> {
  const { port, clients, durationMs, warmUpMs, ask } = options;
  const target = { port, agent: newAgent() };
  const startedMs = performance.now();
  let index = 0;
  const client = async (): Promise<readonly Answered[]> => {
    const answers: Answered[] = [];
    while (performance.now() - startedMs < durationMs) {
      index += 1;
      answers.push(await send(target, ask(index)).answered);
    }
    return answers;
  };
  const perClient = await Promise.all(Array.from({ length: clients }, client));
  target.agent.destroy();
  const perSecond = perClient.reduce((sum, answers) => sum + rateOf(answers, startedMs + warmUpMs), 0);
  return { answers: perClient.flat(), perSecond };
}

/**
 * Good answers of one client a second, from the beginning of its first request after `fromMs` to the end of its last one. Slots of equal
 * pace answer in step: a window that is cut anywhere else would count a whole step more or less.
 */
export function rateOf(
  answers: readonly Pick<Answered, 'verdict' | 'intendedMs' | 'tookMs'>[],
  fromMs: number,
): number {
  const counted = answers.filter(({ intendedMs }) => intendedMs >= fromMs);
  const [first, last] = [counted[0], counted.at(-1)];
  if (first === undefined || last === undefined) return 0;
  const good = counted.filter(({ verdict }) => verdict === 'ok').length;
  return (good / (last.intendedMs + last.tookMs - first.intendedMs)) * 1_000;
}
