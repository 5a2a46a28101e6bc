// Lives of sandboxes from the client's side: the bundled Worker, the agent and Modal's wire protocol. In each a cold request is streamed, the
// replica parks, the next request wakes it, and it goes; the agent is killed once on the way and started again. Owns the campaign.
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { zeroCheck, type Check } from '../../../src/cli/checks.ts';
import { ModalServer } from '../../support/modal/modal-server.ts';
import { madeMaxOf, momentOf, type Moment } from '../../support/modal/moments.ts';
import { sandboxLaunch } from '../../support/modal/sandbox-launch.ts';
import type { TestSandbox } from '../../support/modal/test-sandboxes.ts';
import { startRawStack, type RawStack } from '../../support/raw-stack.ts';
import { readPools } from '../rest.ts';
import { runLives, type Campaign } from './run-lives.ts';
import { askStreamed } from './streamed-request.ts';

const paced = resolve(import.meta.dirname, '../../../gpu-workers/servers/paced-server.ts');
const pace = { loadMs: 100, wakeMs: 30, firstTokenMs: 20, tokenMs: 5, tokens: 20 };
const idleMs = 700;
/** A life goes on by its idle windows, and a kill adds a start of the agent and what the pool waits for. */
const phaseMsMax = 40_000;
const replicaKey = 'replica-key-of-the-edge';

interface EdgeLife {
  readonly seed: number;
  readonly moment: string;
  readonly wasKilled: boolean;
  readonly complete: number;
  readonly refused: number;
  readonly faults: readonly string[];
}

export async function runEdgeCampaign(campaign: Campaign): Promise<readonly Check[]> {
  const modal = new ModalServer();
  await modal.open();
  const boxed = {
    id: 'boxed@1',
    task: 'chat',
    launch: sandboxLaunch([process.execPath, paced], { PILOTLIGHT_PACE: JSON.stringify(pace) }),
    hotIdleMs: idleMs,
    parkedIdleMs: idleMs,
    replicasMax: 1,
  };
  const stack = await startRawStack({
    models: { versions: [boxed], aliases: { boxed: boxed.id } },
    trusted: modal.certificate.cert,
    vars: { REPLICA_KEY: replicaKey, MODAL_HOSTS: '127.0.0.1' },
    agentEnv: {
      ...modal.env,
      REPLICA_KEY: replicaKey,
      MODAL_ON_END: 'keep',
      MODAL_SWEEP_MS: '300',
      MODAL_CLAIM_MS: '5000',
    },
    ...(campaign.from !== undefined && { agentFrom: campaign.from }),
  });
  try {
    const runs = await runLives(campaign, (seed) => runLife({ modal, stack }, seed));
    return judge(runs, modal.sandboxes.running().length);
  } finally {
    await stack.stop();
    await modal.close();
  }
}

interface Stage {
  readonly modal: ModalServer;
  readonly stack: RawStack;
}

async function runLife({ modal, stack }: Stage, seed: number): Promise<EdgeLife> {
  const moment = momentOf(seed);
  const known = new Set(modal.sandboxes.all.keys());
  const restarts: Promise<void>[] = [];
  const kill = (): void => {
    if (restarts.length === 0) restarts.push(stack.agent.kill().then(() => stack.agent.start()));
  };
  arm(modal, moment, kill);
  const faults: string[] = [];
  const cold = askStreamed(stack);
  await killWithin(moment, 'start', kill);
  const answers = [await cold];
  // Refused before anything was made: the life begins with the request after it, which an agent must be there for.
  if (answers.some(({ kind }) => kind === 'refused')) await Promise.all(restarts);
  await untilCalled(modal, 'POST /park');
  await killWithin(moment, 'park', kill);
  const warm = askStreamed(stack);
  await killWithin(moment, 'wake', kill);
  answers.push(await warm);
  await untilCalled(modal, 'SandboxTerminate');
  await killWithin(moment, 'stop', kill);
  if (!(await within(phaseMsMax, () => modal.sandboxes.running().length === 0)))
    faults.push('a sandbox is left');
  if (!(await within(phaseMsMax, () => isAtRest(stack)))) faults.push('its pool does not come to rest');
  modal.faults.clear();
  await Promise.all(restarts);
  await modal.faults.settled();
  if (!(await within(phaseMsMax, () => modal.sandboxes.running().length === 0)))
    faults.push('a sandbox came later, and is left');
  for (const answer of answers) if (answer.kind === 'dishonest') faults.push(answer.words);
  faults.push(
    ...judgeMade(
      [...modal.sandboxes.all.values()].filter(({ id }) => !known.has(id)),
      moment,
    ),
  );
  const count = (kind: string): number => answers.filter((answer) => answer.kind === kind).length;
  const [complete, refused] = [count('complete'), count('refused')];
  return { seed, moment: moment.name, wasKilled: restarts.length > 0, complete, refused, faults };
}

/** Or nothing runs that such a call could be about. */
async function untilCalled(modal: ModalServer, rpc: string): Promise<void> {
  modal.faults.forget(rpc);
  await within(phaseMsMax, () => modal.sandboxes.running().length === 0 || modal.faults.saw(rpc));
}

function arm(modal: ModalServer, moment: Moment, act: () => void): void {
  if (moment.kind !== 'call') return;
  const { rpc, meanwhile } = moment;
  modal.faults.add({ rpc, how: 'meanwhile', ...meanwhile, times: 1, act });
}

async function killWithin(moment: Moment, step: string, kill: () => void): Promise<void> {
  if (moment.kind !== 'time' || moment.step !== step) return;
  await sleep(moment.afterMs);
  kill();
}

/** Of one life of one replica there is one sandbox at a time. */
function judgeMade(made: readonly TestSandbox[], moment: Moment): readonly string[] {
  const faults: string[] = [];
  const byLife = Map.groupBy(made, ({ order: { tags } }) =>
    [tags.get('pilotlight-replica'), tags.get('pilotlight-generation')].join(':'),
  );
  const madeMax = madeMaxOf(moment);
  for (const [life, each] of byLife) {
    if (each.length > madeMax) faults.push(`${each.length} sandboxes were made for ${life}`);
    const overlap = each.some((first, at) =>
      each.slice(at + 1).some(({ createdAt }) => first.endedAt === null || first.endedAt > createdAt),
    );
    if (overlap) faults.push(`two sandboxes of ${life} ran at the same time`);
  }
  if (made.length === 0) faults.push('no sandbox was made');
  return faults;
}

async function isAtRest(stack: RawStack): Promise<boolean> {
  const { pools } = await readPools(stack);
  return pools.every(({ nextWakeMs }) => nextWakeMs === null);
}

function judge(runs: readonly EdgeLife[], left: number): readonly Check[] {
  const n = runs.length;
  const complete = runs.reduce((sum, run) => sum + run.complete, 0);
  const refused = runs.reduce((sum, run) => sum + run.refused, 0);
  const wrong = runs.filter(({ faults }) => faults.length > 0).length;
  const spared = runs.filter(({ wasKilled }) => !wasKilled);
  const names = spared.map(({ moment }) => moment).join(', ');
  const note = `requests streamed to their end; ${refused} ended with an error that says so`;
  return [
    zeroCheck('edge.wentWrong', wrong, n, 'lives'),
    zeroCheck('edge.left', left, n, 'sandboxes that run at the end'),
    zeroCheck('edge.notKilled', spared.length, n, `lives whose agent was not killed ${names}`.trim()),
    { id: 'edge.complete', value: complete, bar: n, op: '>=', ok: complete >= n, n: 2 * n, note },
  ];
}

async function within(ms: number, isSo: () => boolean | Promise<boolean>): Promise<boolean> {
  const untilMs = Date.now() + ms;
  for (;;) {
    if (await isSo()) return true;
    if (Date.now() >= untilMs) return false;
    await sleep(20);
  }
}
