// `npm run sim:compare`: our policy and every rival as full curves, read at equal cold share and equal waiting, with bars.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { err, ok, type Result } from '../core/base/result.ts';
import { putBlock } from '../sim/report/markdown.ts';
import { printChecks, type Check } from './checks.ts';
import { checkOutput } from './sim/check-outputs.ts';
import { compareAblation } from './sim/compare-ablation.ts';
import { compareAdversarial } from './sim/compare-adversarial.ts';
import { openSetting, type Setting } from './sim/compare-curves.ts';
import { reportHot, traceHot } from './sim/compare-hot.ts';
import { compareHelp, readCompareOptions, type CompareRequest } from './sim/compare-options.ts';
import { reportPark, tracePark } from './sim/compare-park.ts';
import { compareFunctions } from './sim/compare-functions.ts';
import { compareScenarios } from './sim/compare-scenarios.ts';
import type { Section } from './sim/compare-section.ts';
import { defaultWorkers, makeRunner } from './sim/job-runner.ts';
import { measureMonth, measureTick } from './sim/measure-planner.ts';
import { makeProgress } from './sim/progress.ts';
import { readText } from './sim/read-text.ts';
import { readTraffic, type Traffic } from './sim/traffic.ts';
import { writeText } from './sim/write-text.ts';

const badInput = 2;
const barMissed = 1;

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  if (args.includes('--help') || args.includes('-h')) {
    console.log(compareHelp);
    return 0;
  }
  const request = readCompareOptions(args);
  if (!request.ok) return fail(request.error);
  const { json, markdown } = request.value;
  const complaint = checkOutput('json', json) ?? checkOutput('markdown', markdown);
  if (complaint !== null) return fail(complaint);
  const traffic = readTraffic(request.value);
  if (!traffic.ok) return fail(traffic.error);
  console.log(traffic.value.label);
  const sections = await compare(request.value, traffic.value);
  const checks = sections.flatMap((section) => section.checks);
  for (const section of sections) console.log(`\n${section.markdown}`);
  console.log('');
  if (checks.length > 0) printChecks(checks);
  const written = writeAll(request.value, traffic.value, sections);
  if (!written.ok) return fail(written.error);
  return request.value.strict && checks.some((check) => !check.ok) ? barMissed : 0;
}

async function compare(request: CompareRequest, traffic: Traffic): Promise<readonly Section[]> {
  const { loads, park, seed, quick, families, isSampled } = request;
  const progress = makeProgress();
  const runner = makeRunner(request.workers ?? defaultWorkers(), progress);
  const setting: Setting = openSetting({ runner, name: 'traffic', traffic, loads, seed });
  const sections: Section[] = [];
  try {
    if (request.main) {
      const hot = await traceHot(setting, { families, quick });
      sections.push(reportHot(setting, hot));
      const parked = await tracePark(setting, park, { families, quick });
      sections.push(reportPark(setting, park, { park: parked, hot }));
      sections.push(await compareAdversarial(setting, park, quick));
    }
    if (request.scenarios) sections.push(await compareScenarios(setting, { park, quick, isSampled }));
    if (request.functions) sections.push(await compareFunctions(setting, { quick, isSampled }));
    if (request.ablation) sections.push(await compareAblation(setting, park, quick));
  } finally {
    await runner.close();
    progress.end();
  }
  // The other threads are gone by now: nothing shares the core that is measured.
  if (request.main) sections.push(measureSpeed(seed));
  return sections;
}

function measureSpeed(seed: number): Section {
  const checks = [measureTick(), measureMonth(seed)];
  return {
    name: 'speed',
    markdown: 'Speed, on the machine that ran the command.',
    checks,
    plots: [],
    figures: null,
  };
}

function writeAll(
  request: CompareRequest,
  traffic: Traffic,
  sections: readonly Section[],
): Result<null, string> {
  const { json, markdown, svg, name } = request;
  const checks = sections.flatMap((section) => section.checks);
  if (json !== null) {
    const figures = Object.fromEntries(sections.map((section) => [section.name, section.figures]));
    const all = { command: request.command, traffic: traffic.label, checks, ...figures };
    const written = writeText(json, [`${JSON.stringify(all, null, 1)}\n`]);
    if (!written.ok) return written;
  }
  if (svg !== null) {
    const written = writePlots(svg, name, sections);
    if (!written.ok) return written;
  }
  return markdown === null ? ok(null) : writeBlocks(markdown, request, sections);
}

function writePlots(folder: string, name: string, sections: readonly Section[]): Result<null, string> {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (cause) {
    return err(`--svg ${folder}: cannot be made (${cause instanceof Error ? cause.message : String(cause)})`);
  }
  for (const plot of sections.flatMap(({ plots }) => plots)) {
    const written = writeText(join(folder, `${name}-${plot.name}.svg`), [plot.svg]);
    if (!written.ok) return written;
  }
  return ok(null);
}

function writeBlocks(
  path: string,
  { name, command }: CompareRequest,
  sections: readonly Section[],
): Result<null, string> {
  const before = readText(path);
  let text = before.ok ? before.value : '';
  for (const section of sections)
    text = putBlock(
      text,
      `${name} ${section.name}`,
      [`\`${command}\``, section.markdown, renderBars(section.checks)].join('\n\n'),
    );
  return writeText(path, [text]);
}

/** Each bar as a line, missed ones said as plainly as the others. */
function renderBars(checks: readonly Check[]): string {
  return checks
    .map(
      ({ id, value, bar, op, ok: isMet, note }) =>
        `- \`${id}\` ${value}, bar ${op ?? ''} ${bar ?? ''}: ${isMet ? 'met' : '**missed**'} (${note})`,
    )
    .join('\n');
}

function fail(why: string): number {
  console.error(`sim:compare: ${why}`);
  return badInput;
}
