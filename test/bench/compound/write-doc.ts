// The table of docs/results/compound.md, from the checks alone. What other runs have measured stays, so that each scenario can be run when
// the machine is quiet.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { Check } from '../../../src/cli/checks.ts';

export function writeCompoundDoc(file: string, checks: readonly Check[]): void {
  const rows = new Map<string, string>();
  for (const line of existsSync(file) ? readFileSync(file, 'utf8').split('\n') : []) {
    const id = /^\| `([^`]+)`/.exec(line)?.[1];
    if (id !== undefined) rows.set(id, line);
  }
  for (const check of checks) rows.set(check.id, renderRow(check));
  const text = `# Compound functions, measured

Made by \`npm run bench:compound -- --markdown docs/results/compound.md\`, scenario by scenario (\`--only\`): the Worker on the bare runtime, the
real agent, real processes; the times of the models are emulated (\`paced\` servers), and so are all seconds and GPU-seconds that follow from
them, but for the rows \`embedded\`, in which nothing is emulated.

| check | value | bar | n | |
| --- | ---: | --- | ---: | --- |
${[...rows.values()].join('\n')}
`;
  writeFileSync(file, text);
}

function renderRow({ id, value, bar, op, ok, n, note }: Check): string {
  const met = bar === null ? '' : `${op ?? ''} ${bar} ${ok ? 'ok' : '**missed**'}`;
  return `| \`${id}\` | ${value} | ${met} | ${n} | ${note} |`;
}
