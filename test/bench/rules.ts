// `npm run bench:rules`: what routing rules cost a request, for ten thousand tenants with fifty rules each, what they take of an isolate's
// memory, and what the dearest rules that the bounds allow cost.
import { parseArgs } from 'node:util';
import { printChecks, writeChecks } from '../../src/cli/checks.ts';
import { measureEvaluation, measureFuzzed, measureMemory, measureReading } from './rules/measure-rules.ts';

const help = `npm run bench:rules -- [--fuzzed N] [--json FILE]

Measures on one core, in this process, without network:
  rules.evalMicrosP99   one plan, with its explanation, by one of 10,000 tenants' 50 rules (bar 50 us)
  rules.coldMicrosP99   the same with more tenants at a time than the processor's cache holds
  rules.memoryMiB       an isolate's shelf of compiled rules, as full as its bound allows (bar 48 MiB)
  rules.fuzzMsMax       the dearest plan of fuzzed rules and of rules made to be dear (bar 1 ms)
  rules.fuzzThrown      fuzzed rules that made the parser or the planner throw (bar 0)
  rules.readMsP99       a set of 50 rules from its text: read, checked, compiled; paid when an isolate meets a tenant
  rules.hostileSetMs    a whole set of the dearest rules

  --fuzzed N    fuzzed rule sets (3000)
  --json FILE   also write the checks as JSON`;

const { values } = parseArgs({
  options: {
    help: { type: 'boolean' },
    json: { type: 'string' },
    fuzzed: { type: 'string', default: '3000' },
  },
});
if (values.help === true) console.log(help);
else {
  const checks = [
    ...measureEvaluation(),
    ...measureMemory(),
    ...measureFuzzed(Number(values.fuzzed)),
    ...measureReading(),
  ];
  printChecks(checks);
  if (values.json !== undefined) writeChecks(values.json, checks);
  if (checks.some(({ ok }) => !ok)) process.exitCode = 1;
}
