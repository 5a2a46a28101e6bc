// Reviews source code: static rules over the syntax tree find what is suspicious, a model judges the most suspicious functions, both together
// are ranked and explained. Owns the order of the steps and what a missing model means; rules, ranking and words are in files beside it.
import { chat, defineFunction } from '../../../src/core/run/define-function.ts';
import { stepCode } from '../step-code.ts';
import { filesIn, listFindings } from './chat-form.ts';
import { excerptOf } from './excerpt.ts';
import { codeLabelPrompt, EXCERPT_CHARS_MAX, LABEL_TOKENS_MAX, labelsOf, parseCodeLabel } from './prompts.ts';
import { rankFindings, type Judged } from './rank-findings.ts';
import { renderReview } from './render-review.ts';
import { reviewInput, reviewOutput } from './review-schema.ts';
import { scanSources, type SourceScan, type Suspect } from './scan-sources.ts';

/** Functions that the model is asked about: one call each. Twice as many would hardly change the first page of findings. */
const JUDGED_MAX = 24;

/** Calls of the model at once. */
const PARALLEL = 4;

/** Of what a model says beside its label. */
const SAYS_CHARS_MAX = 400;

/** Functions that could not be judged before the rest is not tried: each has had its retries. */
const FAILURES_MAX = 3;

export const codeReview = defineFunction({
  name: 'code-review',
  version: 1,
  description:
    'Finds anti-patterns in Apex and TypeScript by static rules and a model, ranked and explained.',
  input: reviewInput,
  output: reviewOutput,
  uses: { models: { judge: chat('agent') } },
  budget: { steps: JUDGED_MAX + 8 },
  chat: { input: (messages) => ({ files: [...filesIn(messages)] }), text: listFindings },

  async run(ctx, { files, language, maxFindings }) {
    // A step of its own: a replay takes its result from the journal instead of parsing again.
    const scan = await ctx.step<SourceScan>('scan', () =>
      scanSources(files, { language, suspectsMax: JUDGED_MAX }),
    );
    const lines = new Map<string, readonly string[]>();
    const linesOf = (path: string): readonly string[] => {
      const known = lines.get(path) ?? files.find((file) => file.path === path)?.content.split(/\r?\n/) ?? [];
      lines.set(path, known);
      return known;
    };
    const review = (judged: readonly Judged[], failures: readonly string[]) =>
      renderReview({
        scan,
        findings: rankFindings(scan.hits, judged),
        maxFindings,
        judged: judged.length,
        failures,
        linesOf,
      });
    ctx.emit('scanned', { files: scan.files.length, hits: scan.hits.length, suspects: scan.suspects.length });
    // If the budget ends before the model has answered, the rules' findings are what the caller gets.
    ctx.draft(review([], []));

    const judged: Judged[] = [];
    const failures: string[] = [];
    await ctx.all(
      scan.suspects.map((suspect) => async (branch) => {
        if (failures.length >= FAILURES_MAX) return;
        const code = excerptOf(linesOf(suspect.file), suspect, {
          lines: linesToShow(scan, suspect),
          charsMax: EXCERPT_CHARS_MAX,
        });
        try {
          const messages = codeLabelPrompt(suspect.language, code);
          const reply = await branch.models.judge.chat({
            messages,
            maxTokens: LABEL_TOKENS_MAX,
            temperature: 0,
          });
          const parsed = parseCodeLabel(reply.text);
          const isOfLanguage = parsed.ok && labelsOf[suspect.language].includes(parsed.value);
          const label = isOfLanguage ? parsed.value : null;
          const says = reply.text.trim().slice(0, SAYS_CHARS_MAX);
          judged.push({
            chunk: suspect,
            verdict: { label, says, version: reply.version },
          });
          branch.emit('judged', { file: suspect.file, function: suspect.name, says });
        } catch (cause) {
          const failed = stepCode(cause);
          if (failed === null) throw cause;
          failures.push(failed);
        }
      }),
      { parallel: PARALLEL },
    );
    return review(judged, failures);
  },
});

/** Lines of the findings in a function, the worst first. */
function linesToShow({ hits }: SourceScan, { file, name }: Suspect): readonly number[] {
  return hits.filter((hit) => hit.file === file && hit.chunk === name).map(({ line }) => line);
}
