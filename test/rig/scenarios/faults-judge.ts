// What counts as passed of the sixteen faults: every request of a fault ended well, its usage and its event are right, and the fault was met.
import { pacedPrompt, pacedPromptTokens } from '../../../gpu-workers/servers/pace-text.ts';
import type { Check } from '../../../src/cli/checks.ts';
import type { Answered } from '../load/send.ts';
import { boundOf, sayErrors } from '../load/tally.ts';
import { atLeast, atMost } from '../scenario.ts';
import type { RigStack } from '../stack/stack.ts';
import { countUnaccounted, readEvents } from '../stack/worker-log.ts';
import { countScenarios, unseenCases, type FaultCase } from './fault-list.ts';

export const bystanderCase: FaultCase = { id: 'bystanders', title: 'requests for another model meanwhile' };

export interface Judged {
  readonly fault: FaultCase;
  readonly answers: readonly Answered[];
}

export interface Beside {
  readonly alone: readonly Judged[];
  readonly declined: Judged;
}

export function judge(
  judged: readonly Judged[],
  { alone, declined }: Beside,
  stack: RigStack,
): readonly Check[] {
  const everything = [...judged, ...alone, declined];
  const all = judged.flatMap(({ answers }) => answers);
  const wrong = all.filter(({ verdict }) => verdict === 'wrong').length;
  const usage = [judgeUsage(everything), judgeEvents(stack, everything)];
  return [
    judgeAll(
      judged,
      usage.every(({ ok }) => ok),
    ),
    ...judged.map((each) => {
      const n = each.answers.length;
      const note =
        each.fault.mayFail === true ? 'answers and honest typed errors' : 'complete correct answers';
      return atLeast(`faults.${each.fault.id}`, shareOf(each), 1, { n, note });
    }),
    {
      id: 'faults.wrong',
      value: wrong,
      bar: 0,
      op: '<=',
      ok: wrong === 0,
      n: all.length,
      note: `half answers that look whole, other texts; ${boundOf(wrong, all.length)}`,
    },
    ...usage,
    judgeAlone(alone),
    atLeast('faults.declined', shareOf(declined), 1, {
      n: declined.answers.length,
      note: 'complete correct answers of the fallback, for as long as the quota of the first is used up',
    }),
    judgeMet(stack, judged),
  ];
}

/** The sixteen. */
function judgeAll(judged: readonly Judged[], isUsageRight: boolean): Check {
  const cases = judged.filter(({ fault }) => fault !== bystanderCase);
  const asked = countScenarios(cases.map(({ fault }) => fault));
  const failed = cases.filter((each) => shareOf(each) < 1).map(({ fault }) => fault);
  const passed = asked - (countScenarios(failed) - 1) - (isUsageRight ? 0 : 1);
  return atLeast('faults.passed', passed, asked, {
    n: asked,
    note: 'faults of which no request has ended badly; cuts after 40 and 60 tokens are one, usage and events of all requests are one',
  });
}

/** Whatever was tried and lost for it, an answer's usage is what its text came to and what its prompt was. */
function judgeUsage(judged: readonly Judged[]): Check {
  const counted = judged.flatMap(({ answers }) => answers).filter(({ verdict }) => verdict === 'ok');
  const off = counted.filter(({ ask, reading }) => {
    const prompt = pacedPromptTokens(pacedPrompt([{ role: 'user', content: ask.prompt }]));
    return reading?.usage?.completion !== ask.tokens || reading.usage.prompt !== prompt;
  }).length;
  return {
    id: 'faults.usage',
    value: off,
    bar: 0,
    op: '<=',
    ok: off === 0,
    n: counted.length,
    note: `answers whose usage is not the tokens of their prompt and their text; ${boundOf(off, counted.length)}`,
  };
}

function judgeAlone(alone: readonly Judged[]): Check {
  const passed = alone.filter((each) => shareOf(each) === 1).length;
  const note =
    'the same faults, one stream at a time, with no other traffic that retries could be a share of';
  return atLeast('faults.alone', passed, alone.length, { n: alone.length, note });
}

/** A fault that no request has met proves nothing: the first target may have been left out already, or the fault not committed. */
function judgeMet(stack: RigStack, judged: readonly Judged[]): Check {
  const attempts = new Map(readEvents(stack.workerLog).map((event) => [event.requestId, event.attempts]));
  const asked = judged.filter(({ fault }) => fault !== bystanderCase && !unseenCases.has(fault.id));
  const unmet = asked.filter(({ answers }) =>
    answers.every(({ labels }) => (attempts.get(labels['x-request-id'] ?? '') ?? 0) < 2),
  );
  return atMost('faults.unmet', unmet.length, 0, {
    n: asked.length,
    note: `faults for which no request was sent to a second server; ${unmet.map(({ fault }) => fault.id).join(', ') || 'none'}`,
  });
}

/** The event of each request is written once, and tells the tokens of the answer that the client got. */
function judgeEvents(stack: RigStack, judged: readonly Judged[]): Check {
  const events = readEvents(stack.workerLog);
  const told = judged
    .flatMap(({ answers }) => answers)
    .filter(({ labels }) => labels['x-request-id'] !== undefined);
  const lone = countUnaccounted(
    events,
    told.map(({ labels }) => labels['x-request-id'] ?? ''),
  );
  const tokens = new Map(events.map(({ requestId, completionTokens }) => [requestId, completionTokens]));
  const good = told.filter(({ verdict }) => verdict === 'ok');
  const off = good.filter(
    ({ ask, labels }) => tokens.get(labels['x-request-id'] ?? '') !== ask.tokens,
  ).length;
  return atMost('faults.events', lone + off, 0, {
    n: told.length,
    note: `requests without exactly one event, or whose event counts other tokens than the answer has; ${boundOf(lone + off, told.length)}`,
  });
}

export function shareOf({ fault, answers }: Judged): number {
  const good = answers.filter((answer) => isGood(fault, answer)).length;
  return good / Math.max(1, answers.length);
}

/** An error counts when it is typed and the gateway's own: its code is among those that the API documents. */
function isGood(fault: FaultCase, { verdict }: Answered): boolean {
  return verdict === 'ok' || (fault.mayFail === true && (verdict === 'failed' || verdict === 'refused'));
}

export function sayCase({ answers }: Judged): string {
  const counts = new Map<string, number>();
  for (const { labels, verdict } of answers) {
    if (verdict !== 'ok') continue;
    const model = labels['x-pilotlight-model'] ?? 'somebody';
    counts.set(model, (counts.get(model) ?? 0) + 1);
  }
  const good =
    [...counts].map(([model, count]) => `${count} answered by ${model}`).join(', ') || 'none answered';
  return `${good}; otherwise: ${sayErrors(answers)}`;
}
