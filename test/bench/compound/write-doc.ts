// The table of docs/results/compound.md, from the checks alone.
import { writeFileSync } from 'node:fs';
import type { Check } from '../../../src/cli/checks.ts';

export function writeCompoundDoc(file: string, checks: readonly Check[]): void {
  const rows = checks.map(
    ({ id, value, bar, op, ok, n, note }) =>
      `| \`${id}\` | ${value} | ${bar === null ? '' : `${op ?? ''} ${bar} ${ok ? 'ok' : '**missed**'}`} | ${n} | ${note} |`,
  );
  const text = `# Compound functions, measured

Made by \`npm run bench:compound -- --markdown docs/results/compound.md\`: the Worker on the bare runtime, the real agent, real processes; the
times of the models are emulated (\`paced\` servers), and so are all seconds and GPU-seconds that follow from them.

| check | value | bar | n | |
| --- | ---: | --- | ---: | --- |
${rows.join('\n')}
`;
  writeFileSync(file, text);
}
