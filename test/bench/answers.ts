// `npm run bench:answers`: how well the embedded model does what support-agent asks of it, on messages that it was not trained on.
import { parseArgs } from 'node:util';
import { renderAnswer } from '../../functions/compound/support-agent/prompts.ts';
import { catalogue } from '../../gpu-workers/models.ts';
import { makeCheck, printChecks, writeChecks, type Check } from '../../src/cli/checks.ts';
import { must } from '../../src/core/base/assert.ts';
import type { ModelVersion } from '../../src/core/registry/model.ts';
import { heldOutCode } from './answers/held-out-code.ts';
import { heldOutCalls, heldOutMessages, unanswerable } from './answers/held-out-messages.ts';
import { heldOutQuestions } from './answers/held-out-questions.ts';
import { ModelProcess } from './answers/model-process.ts';
import { prepareRetrieval } from './answers/nearest.ts';
import {
  scoreCall,
  scoreCode,
  scoreFact,
  scoreHandover,
  scoreIntent,
  type Ask,
  type Verdict,
} from './answers/score-answers.ts';
import { atLeast } from './compound/bars.ts';

const help = `npm run bench:answers -- [--misses] [--weights FILE] [--json FILE]

Asks the embedded model (tiny-agent@1), in the real server, the best token each time, what was held out of its training:
  answers.intentShare          messages with the right label, by messages that were asked before where they agree, else by the model (bar 0.95)
  answers.toolWellFormedShare  tool calls that can be read (bar 0.98)
  answers.toolRightShare       tool calls with the right tool and argument
  answers.factShare            answers with the right fact and source, from what the embedding model finds (bar 0.80)
  answers.foundShare           questions for which the right fact is found first, without the model
  answers.handoverShare        questions without an answer in the help centre that are handed over
  answers.codeLabelShare       pieces of code with the right label

  --misses        print every answer that was wrong
  --weights FILE  ask these weights instead
  --json FILE     also write the checks as JSON`;

const { values } = parseArgs({
  options: {
    help: { type: 'boolean' },
    misses: { type: 'boolean' },
    weights: { type: 'string' },
    json: { type: 'string' },
  },
});
if (values.help === true) console.log(help);
else {
  const checks = await measure();
  printChecks(checks);
  if (values.json !== undefined) writeChecks(values.json, checks);
  process.exitCode = checks.every(({ ok }) => ok) ? 0 : 1;
}

async function measure(): Promise<readonly Check[]> {
  const embedder = await ModelProcess.start(versionOf('use-lite-embed@1'));
  const asked = [...heldOutQuestions, ...heldOutMessages].map(({ message }) => message);
  const retrieve = await prepareRetrieval((texts) => embedder.embed(texts), [...asked, ...unanswerable]);
  await embedder.stop();
  const agent = await ModelProcess.start(withWeights(versionOf('tiny-agent@1')));
  const ask: Ask = (order) => agent.chat(order);
  try {
    const intents = await Promise.all(
      [...heldOutQuestions, ...heldOutMessages].map((each) => scoreIntent(ask, retrieve, each)),
    );
    const calls = await Promise.all(heldOutCalls.map((each) => scoreCall(ask, each)));
    const facts = await Promise.all(heldOutQuestions.map((each) => scoreFact(ask, retrieve, each)));
    const found = await Promise.all(heldOutQuestions.map((each) => scoreFact(answerFirst, retrieve, each)));
    const handovers = await Promise.all(unanswerable.map((each) => scoreHandover(ask, retrieve, each)));
    const code = await Promise.all(heldOutCode.map((each) => scoreCode(ask, each)));
    return [
      atLeast(0.95, share('answers.intentShare', intents, isRight)),
      atLeast(
        0.98,
        share('answers.toolWellFormedShare', calls, ({ readable }) => readable),
      ),
      share('answers.toolRightShare', calls, isRight),
      atLeast(0.8, share('answers.factShare', facts, isRight)),
      share('answers.foundShare', found, isRight),
      share('answers.handoverShare', handovers, isRight),
      share('answers.codeLabelShare', code, isRight),
    ];
  } finally {
    await agent.stop();
  }
}

/** A model that takes the first passage, whatever it says: what retrieval is worth alone. */
async function answerFirst({ messages }: Parameters<Ask>[0]): Promise<string> {
  const [, text = ''] = /^\[1\] (.*)$/m.exec(messages[0]?.content ?? '') ?? [];
  return renderAnswer(text, 1);
}

function versionOf(id: string): ModelVersion {
  return must(
    catalogue.versions.find((version) => version.id === id),
    `${id} in the catalogue`,
  );
}

function withWeights(version: ModelVersion): ModelVersion {
  const { launch } = version;
  if (values.weights === undefined || launch.kind !== 'llama') return version;
  return { ...version, launch: { ...launch, weights: values.weights } };
}

function isRight({ right }: Verdict): boolean {
  return right;
}

function share(id: string, verdicts: readonly Verdict[], holds: (verdict: Verdict) => boolean): Check {
  const missed = verdicts.filter((verdict) => !holds(verdict));
  if (values.misses === true) {
    for (const { question, wanted, answer } of missed) {
      console.log(`${id}\n  asked   ${question}\n  wanted  ${wanted}\n  got     ${answer}`);
    }
  }
  const right = verdicts.length - missed.length;
  return makeCheck(id, right / verdicts.length, verdicts.length, `${right} of ${verdicts.length}`);
}
