// Sessions of support-agent on the embedded models, nothing emulated: what the agent is worth as it comes out of the box, on questions that
// its model was not trained on.
import { makeCheck, median, quantile, type Check } from '../../../src/cli/checks.ts';
import { startRawStack } from '../../support/raw-stack.ts';
import { heldOutQuestions } from '../answers/held-out-questions.ts';
import { atLeast, atMost } from './bars.ts';
import { callFunction } from './paced.ts';
import { holdSession } from './hold-session.ts';

export interface EmbeddedPlan {
  readonly sessions: number;
  readonly turns: number;
}

/** Bars: nothing dropped, order kept, and the right fact in four answers of five. */
export async function measureEmbedded({ sessions, turns }: EmbeddedPlan): Promise<readonly Check[]> {
  const stack = await startRawStack({});
  try {
    const { tookMs: firstMs } = await callFunction(stack, 'support-agent', { message: 'Hello!' });
    const step = Math.floor(heldOutQuestions.length / (sessions * turns));
    const talks = Array.from({ length: sessions }, (_, at) =>
      Array.from({ length: turns }, (__, turn) => heldOutQuestions[(turn * sessions + at) * step]).filter(
        (question) => question !== undefined,
      ),
    );
    const results = await Promise.all(
      talks.map((questions) =>
        holdSession(stack, {
          contents: questions.map(({ message }) => message),
          startAfterMs: 0,
          thinkMs: () => 0,
        }),
      ),
    );
    const said = results.flatMap(({ answers }, at) =>
      answers.map((answer, turn) => ({ answer, question: talks[at]?.[turn] })),
    );
    for (const { answer, question } of said)
      console.log(`  ${question?.message}\n    ${answer?.replaceAll('\n', ' ') ?? 'no answer'}`);
    const n = said.length;
    const right = said.filter(
      ({ answer, question }) => answer !== null && question?.fact.test(answer) === true,
    );
    const dropped = said.filter(({ answer }) => answer === null).length;
    const disordered = results.filter(({ inOrder }) => !inOrder).length;
    const took = results.flatMap(({ turnsMs }) => turnsMs);
    const spread = `median ${median(took).toFixed(0)}, p95 ${quantile(took, 0.95).toFixed(0)} ms`;
    return [
      atMost(0, makeCheck('embedded.dropped', dropped, n, `${sessions} sessions at once on real models`)),
      atMost(0, makeCheck('embedded.disordered', disordered, sessions, 'sessions whose log is not in order')),
      atLeast(0.8, makeCheck('embedded.rightShare', right.length / n, n, 'answers with the right fact')),
      makeCheck('embedded.turnMsP95', quantile(took, 0.95), n, spread),
      makeCheck(
        'embedded.firstMs',
        firstMs,
        1,
        'the first run of all: models load and the help centre is embedded',
      ),
    ];
  } finally {
    await stack.stop();
  }
}
