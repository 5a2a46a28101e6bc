// `npm run rules`: a tenant's routing rules from files, in versions. Owns the order of things and the exit code; each part is in rules/.
import { namesFiles, readRulesOptions, type RulesRequest } from './rules/rules-options.ts';
import { rulesHelp } from './rules/rules-help.ts';
import { performApply, performCheck } from './rules/apply-files.ts';
import { performRead } from './rules/read-rules.ts';
import { exitCodes, type Outcome } from './rules/outcome.ts';

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  if (args.length === 0 || args.includes('--help') || args.includes('-h')) {
    console.log(rulesHelp);
    return args.length === 0 ? exitCodes.badInput : exitCodes.done;
  }
  const request = readRulesOptions(args);
  if (!request.ok) {
    console.error(`rules: ${request.error} (--help shows all options)`);
    return exitCodes.badInput;
  }
  const outcome = await perform(request.value);
  if (request.value.json) console.log(JSON.stringify(outcome.json, null, 2));
  else for (const line of outcome.lines) console.log(line);
  for (const line of outcome.complaints) console.error(`rules: ${line}`);
  return exitCodes[outcome.exit];
}

function perform(request: RulesRequest): Promise<Outcome> {
  if (request.command === 'check') return performCheck(request);
  const isApply = request.command === 'apply' || (request.command === 'diff' && namesFiles(request));
  return isApply ? performApply(request) : performRead(request);
}
