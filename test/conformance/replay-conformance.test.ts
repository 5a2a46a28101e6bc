// Twenty minutes of made-up traffic, thirty times as fast (at sixty a slow machine has no time left to load models), through the real Worker and the real agent: planner and pools decided what the
// simulator decides, and every second of every replica is accounted for.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import type { Check } from '../../src/cli/checks.ts';

const program = resolve(import.meta.dirname, '../../src/cli/replay.ts');
/** Forty seconds of traffic, the start of everything before it and its end after it. */
const runMsMax = 180_000;
/** A twin that decides by itself, or wrongly, differs in most of its commands. */
const busyShareMax = 0.3;

test(
  'a replay against the real deployment decides what the simulator decides, and no second is lost',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'pilotlight-conformance-'));
    const json = join(folder, 'checks.json');
    try {
      const output = await run([
        '--stack',
        '--minutes',
        '20',
        '--speed',
        '30',
        '--pools',
        '8',
        '--json',
        json,
      ]);
      console.log(output);
      const { checks } = JSON.parse(readFileSync(json, 'utf8')) as { checks: readonly Check[] };
      const valueOf = (id: string): number | undefined => checks.find((check) => check.id === id)?.value;
      expect(valueOf('replay.requests')).toBeGreaterThan(100);
      expect(valueOf('replay.failed')).toBe(0);
      expect(valueOf('replay.planMismatches')).toBe(0);
      expect(valueOf('replay.poolMismatches')).toBe(0);
      expect(valueOf('replay.unrecordedCommands')).toBe(0);
      expect(valueOf('replay.lifetimeMismatches')).toBe(0);
      // Which of two things that happen at once is first, a busy machine decides; the command's own bars are for a quiet one.
      expect(valueOf('replay.commandMismatchShare')).toBeLessThanOrEqual(busyShareMax);
      expect(valueOf('replay.warmthMismatchShare')).toBeLessThanOrEqual(busyShareMax);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
  runMsMax,
);

async function run(args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (piece: string) => (output += piece));
  const { promise, resolve: done } = Promise.withResolvers<void>();
  child.once('close', () => done());
  await promise;
  return output;
}
