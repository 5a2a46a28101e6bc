// `npm run check`: format, lint and types one after the other, and the unit tests beside them. The one half is bound by the compiler, the
// other waits for sockets much of its time, so that together they take little longer than the longer of the two.
import { spawn } from 'node:child_process';

/** Scripts of package.json. What stands in one line runs one after the other, the lines beside one another. */
const lines = [['format:check', 'lint', 'types'], ['test:unit']] as const;

interface Outcome {
  readonly script: string;
  readonly isGood: boolean;
  readonly seconds: number;
  readonly output: string;
}

/** What it prints is kept until it has ended, or the two halves would be told in one breath. */
async function run(script: string): Promise<Outcome> {
  const startedMs = performance.now();
  const color = process.stdout.isTTY ? { FORCE_COLOR: '1' } : {};
  const child = spawn('npm', ['run', '--silent', script], {
    env: { ...process.env, ...color },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (piece: string) => (output += piece));
  const { promise: ended, resolve, reject } = Promise.withResolvers<number | null>();
  child.once('error', reject).once('close', resolve);
  const code = await ended;
  return { script, isGood: code === 0, seconds: (performance.now() - startedMs) / 1_000, output };
}

/** All of a line run, also after one that failed: whoever asks wants to hear everything at once. */
async function runLine(scripts: readonly string[]): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const script of scripts) outcomes.push(await run(script));
  return outcomes;
}

/** The last line of the tests is the tally that programs read, and people who look no further: what failed beside the tests counts in it. */
function tallyOf(all: readonly Outcome[], failedBeside: number): string {
  const tests = all.find(({ script }) => script === 'test:unit');
  const tally = tests?.output.trimEnd().split('\n').at(-1) ?? '';
  return tally.replace(/(\d+) failed/, (_whole, failed: string) => `${Number(failed) + failedBeside} failed`);
}

const outcomes = (await Promise.all(lines.map(runLine))).flat();
for (const { isGood, output } of outcomes) if (!isGood) process.stdout.write(`${output.trimEnd()}\n\n`);
for (const { script, isGood, seconds } of outcomes)
  console.log(`${script.padEnd(14)}${isGood ? 'ok    ' : 'FAILED'}${seconds.toFixed(1).padStart(7)} s`);
const failedBeside = outcomes.filter(({ script, isGood }) => script !== 'test:unit' && !isGood);
console.log(`\n${tallyOf(outcomes, failedBeside.length)}`);
process.exitCode = outcomes.every(({ isGood }) => isGood) ? 0 : 1;
