// Control plane objects dead for as long as the load goes on: known tenants must not notice. The objects are killed from the rig, call by call.
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { callAdmin } from '../../../src/cli/rules/admin-client.ts';
import { steady } from '../load/arrivals.ts';
import type { Ask } from '../load/ask.ts';
import { runOpenLoop } from '../load/open-loop.ts';
import type { Answered } from '../load/send.ts';
import {
  availability,
  boundOf,
  LATE_SHARE_MAX,
  punctuality,
  quantileOf,
  sayErrors,
  sayPunctuality,
} from '../load/tally.ts';
import { poolsOf, usual } from '../models.ts';
import { chain } from '../rules.ts';
import { atLeast, atMost, type RigContext, type Scenario, type ScenarioOutcome } from '../scenario.ts';
import { keyOf, MAIN_TENANT } from '../stack/project.ts';
import type { RigStack } from '../stack/stack.ts';
import { CONTROL_CLASSES, DeathServer, killable } from './dead-objects.ts';

const root = resolve(import.meta.dirname, '../../..');
const MODEL = 'known';
const SECOND = 'second';
/** Every isolate follows a publication within five seconds. */
const FOLLOW_MS = 2_500;
const RATE = 15;
const LIMIT_MS = 5_000;
/** Of success with and without the control plane. */
const CHANGE_MAX = 0.001;

const pools = poolsOf(['known-a@1', 'known-b@1'], { ...usual, replicas: 2 });

export const staticStability: Scenario = {
  name: 'static',
  about: `${CONTROL_CLASSES.join(' and ')} dead while known tenants ask ${RATE} times a second`,
  plants: {
    /** Every request asks the tenant's object anew and believes nothing that it knew. */
    'rules-per-request': {
      edits: [
        {
          file: 'functions/middleware/authenticate.ts',
          find: "  c.set('tenant', holder.tenant);",
          replace:
            "  await c.env.PLANNER.getByName('planner').planAll(Date.now());\n  c.set('tenant', holder.tenant);",
        },
      ],
      breaks: ['static.success', 'static.change', 'static.p99Ratio'],
    },
  },
  run,
};

async function run(context: RigContext): Promise<ScenarioOutcome> {
  const death = new DeathServer();
  const deathUrl = await death.listen();
  try {
    const entry = readFileSync(join(root, 'src/index.ts'), 'utf8');
    const edits = killable(entry, CONTROL_CLASSES);
    // Their files say nothing of the model: what is known of it has been published, and the tenants' objects alone have it.
    const tenants = [{ id: SECOND, rules: [] }];
    const vars = { RIG_DEATH_URL: deathUrl };
    const stack = await context.open({ pools, tenants, vars, edits });
    for (const tenant of [MAIN_TENANT, SECOND]) await publish(stack, tenant);
    return await measure(stack, context, death);
  } finally {
    await death.close();
  }
}

async function publish(stack: RigStack, tenant: string): Promise<void> {
  const rules = [chain({ model: MODEL, first: 'known-a@1', fallbacks: ['known-b@1'] })];
  const place = { url: stack.url, token: stack.adminToken };
  const body = { rules };
  const told = await callAdmin(place, { method: 'PUT', path: `/tenants/${tenant}/rules`, body });
  if (!told.ok) throw new Error(`rules of ${tenant} cannot be published: ${told.error.message}`);
  await sleep(FOLLOW_MS);
}

async function measure(stack: RigStack, context: RigContext, death: DeathServer): Promise<ScenarioOutcome> {
  const alive = await load(stack, context, {
    name: 'alive',
    durationMs: context.isQuick ? 5_000 : context.isShort ? 30_000 : 60_000,
  });
  death.isDead = true;
  // What an isolate has looked up itself must have grown old.
  await sleep(1_000);
  const dead = await load(stack, context, {
    name: 'dead',
    durationMs: context.isQuick ? 10_000 : context.isShort ? 120_000 : 600_000,
  });
  const stranger = await askAsStranger(stack);
  const { refused, passed } = death;
  death.isDead = false;
  const change = Math.abs(availability(alive) - availability(dead));
  // The p99 of a hundred is the slowest one, which says nothing.
  const q = context.isQuick ? 0.9 : 0.99;
  const tail = (answers: readonly Answered[]): number =>
    quantileOf(answers, ({ verdict, tookMs }) => (verdict === 'ok' ? tookMs : Infinity), q);
  const bad = dead.filter(({ verdict }) => verdict !== 'ok').length;
  const facts = [
    `${passed} calls of living control plane objects, ${refused} that found them dead`,
    `answers p${q * 100}: ${tail(alive).toFixed(0)} ms with the control plane, ${tail(dead).toFixed(0)} ms without`,
    `not ok while it was dead: ${sayErrors(dead)}`,
    sayPunctuality(dead),
  ];
  for (const fact of facts) context.say(fact);
  return {
    facts,
    checks: [
      atLeast('static.success', availability(dead), 0.999, {
        n: dead.length,
        note: `without the control plane; ${boundOf(bad, dead.length)} not answered`,
      }),
      atMost('static.change', change, CHANGE_MAX, {
        n: alive.length + dead.length,
        note: 'of the share of complete correct answers when the control plane dies',
      }),
      atLeast('static.deadCalls', refused, 1, {
        n: refused,
        note: 'calls that found the control plane dead: without any it was not needed, and nothing was shown',
      }),
      atMost('static.strangers', stranger === 401 ? 0 : 1, 0, {
        n: 1,
        note: `a key that nobody knows is refused while it is dead: status ${stranger}`,
      }),
      atMost('static.generatorLate', punctuality(dead).lateShare, LATE_SHARE_MAX, {
        n: dead.length,
        note: 'requests that the generator sent more than 20 ms late: beyond this the latencies say nothing',
      }),
      atMost('static.p99Ratio', tail(dead) / tail(alive), 1.2, {
        n: dead.length,
        note: `p${q * 100} of answers without the control plane as a multiple of that with it`,
      }),
    ],
  };
}

async function askAsStranger(stack: RigStack): Promise<number> {
  const reply = await fetch(`${stack.url}/v1/models`, {
    headers: { authorization: 'Bearer sk-pilotlight-nobody' },
  });
  await reply.text();
  return reply.status;
}

async function load(
  stack: RigStack,
  context: RigContext,
  { name, durationMs }: { readonly name: string; readonly durationMs: number },
): Promise<readonly Answered[]> {
  const ask = (index: number): Ask => ({
    model: MODEL,
    key: index % 3 === 0 ? keyOf(SECOND) : stack.key,
    prompt: `${name} ${index}`,
    stream: index % 2 === 0,
    tokens: usual.tokens,
    limitMs: LIMIT_MS,
  });
  const arrivals = steady(RATE, durationMs);
  const onProgress = (line: string): void => context.progress(`${name}: ${line}`);
  return (await runOpenLoop({ port: stack.port, arrivals, seed: context.seed, ask, onProgress })).answers;
}
