// As many clients as are asked for, each sending its next request when its last is answered: what shows how much a pool can do, and nothing
// of how long it takes.
import type { Ask } from './ask.ts';
import { newAgent } from './open-loop.ts';
import { send, type Answered } from './send.ts';

export interface ClosedLoopOptions {
  readonly port: number;
  readonly clients: number;
  readonly durationMs: number;
  /** Answers that end before this much has passed are not counted: the loop has to come into its swing. */
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
  const answers: Answered[] = [];
  const startedMs = performance.now();
  let index = 0;
  const client = async (): Promise<void> => {
    while (performance.now() - startedMs < durationMs) {
      index += 1;
      answers.push(await send(target, ask(index)).answered);
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  target.agent.destroy();
  const [fromMs, toMs] = [startedMs + warmUpMs, startedMs + durationMs];
  const ended = ({ intendedMs, tookMs }: Answered): number => intendedMs + tookMs;
  const counted = answers.filter(
    (each) => each.verdict === 'ok' && ended(each) >= fromMs && ended(each) < toMs,
  );
  return { answers, perSecond: (counted.length / (toMs - fromMs)) * 1_000 };
}
