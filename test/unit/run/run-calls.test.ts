// Functions that call functions: each is a run of its own, under what is left of its caller's budget, four deep at most; a child whose
// object dies is waited for again, one that fails is not called again.
import { expect, test } from 'vitest';
import { z } from 'zod';
import { ok } from '../../../src/core/base/result.ts';
import { defineFunction, type CompoundFunction } from '../../../src/core/run/define-function.ts';
import { FunctionError } from '../../../src/core/run/run-context.ts';
import { viewRun } from '../../../src/core/run/view-run.ts';
import { makePerformers, type ChildRun, type PerformerParts } from '../../../src/hosts/step-performers.ts';
import { RunFixture } from '../../support/run-fixture.ts';

const shape = {
  version: 1,
  description: '',
  input: z.object({ text: z.string().optional() }),
  output: z.string(),
};

const leaf = defineFunction({ ...shape, name: 'leaf', uses: {}, run: async () => 'leaf' });

/** A function that calls the one below it. */
function over(name: string, below: CompoundFunction): CompoundFunction {
  return defineFunction({
    ...shape,
    name,
    uses: { functions: { below } },
    run: async (ctx) => `${name} ${String(await ctx.call('below', {}))}`,
  });
}

/** Runs of all functions by their id, each over memory; `deaths`: how often the wait for a child breaks. */
class Family {
  readonly runs = new Map<string, RunFixture>();
  readonly #functions: readonly CompoundFunction[];
  deaths = 0;

  constructor(...functions: readonly CompoundFunction[]) {
    this.#functions = functions;
  }

  open(fn: CompoundFunction): RunFixture {
    const { call } = makePerformers({
      child: (_tenant: string, id: string) => this.#child(id),
      ports: { waitUntil: (work: Promise<unknown>) => void work },
    } as PerformerParts);
    return new RunFixture(fn, { call });
  }

  #child(id: string): ChildRun {
    return {
      start: async (start) => {
        const fn = this.#functions.find(({ name }) => name === start.function);
        const run = this.runs.get(id) ?? this.open(fn as CompoundFunction);
        this.runs.set(id, run);
        const { budget, parent, criticality = 'default' } = start;
        run.start(start.input, { id, budget, parent, criticality });
        return ok(viewRun(run.state));
      },
      wait: async () => {
        const run = this.runs.get(id) as RunFixture;
        if (this.deaths > 0) {
          this.deaths -= 1;
          throw new Error('the object was reset');
        }
        while (run.state.progress.status.kind === 'active') await run.host.changed();
        return ok(viewRun(run.state));
      },
      cancel: async () => this.runs.get(id)?.host.cancel(),
    };
  }
}

const f4 = over('f4', leaf);
const f3 = over('f3', f4);
const f2 = over('f2', f3);
const f1 = over('f1', f2);

async function outcomeOf(family: Family, fn: CompoundFunction): Promise<RunFixture> {
  const run = family.open(fn);
  run.start({});
  for (let round = 0; round < 10; round += 1) await run.pass(1_000);
  return run;
}

test('four deep is deep enough, five is refused before anything of the fifth begins', async () => {
  const family = new Family(f1, f2, f3, f4, leaf);
  const four = await outcomeOf(family, f2);
  expect(four.state.progress.status).toEqual({ kind: 'completed', output: 'f2 f3 f4 leaf' });
  expect([...family.runs.keys()]).toEqual(['run_1.0', 'run_1.0.0', 'run_1.0.0.0']);
  const deeper = new Family(f1, f2, f3, f4, leaf);
  const five = await outcomeOf(deeper, f1);
  expect(five.state.progress.status).toMatchObject({ kind: 'failed', error: { code: 'budget_depth' } });
  expect(deeper.runs.size).toBe(3);
});

test('a child counts as much as its caller, at any depth', async () => {
  const family = new Family(f3, f4, leaf);
  const run = family.open(f3);
  run.start({}, { criticality: 'sheddable' });
  for (let round = 0; round < 10; round += 1) await run.pass(1_000);
  expect([...family.runs.values()].map(({ state }) => state.spec.criticality)).toEqual([
    'sheddable',
    'sheddable',
  ]);
});

test('a child whose object dies while its caller waits is waited for again, and begun once', async () => {
  const family = new Family(leaf);
  family.deaths = 3;
  const run = await outcomeOf(family, f4);
  expect(run.state.progress.status).toEqual({ kind: 'completed', output: 'f4 leaf' });
  expect(run.state.steps[0]).toMatchObject({ attempt: 4, failures: 3 });
  expect(family.runs.get('run_1.0')?.types.filter((type) => type === 'run.started')).toHaveLength(1);
});

test('a child that fails fails its step with its own code, and is not called again', async () => {
  const bad = defineFunction({
    ...shape,
    name: 'bad',
    uses: {},
    run: () => Promise.reject(new FunctionError('no_stock', 'Nothing is left.')),
  });
  const run = await outcomeOf(new Family(bad), over('buyer', bad));
  expect(run.state.progress.status).toMatchObject({ kind: 'failed', error: { code: 'no_stock' } });
  expect(run.state.steps[0]?.attempt).toBe(1);
});

test('what a child is called with is bounded, as what it gives', async () => {
  const family = new Family(leaf);
  const caller = defineFunction({
    ...shape,
    name: 'caller',
    uses: { functions: { leaf } },
    run: (ctx) => ctx.call('leaf', { text: 'x'.repeat(600_001) }),
  });
  const run = await outcomeOf(family, caller);
  expect(run.state.progress.status).toMatchObject({ kind: 'failed', error: { code: 'input_too_large' } });
  expect(family.runs.size).toBe(0);
});

test('a child goes with its caller: cancelling the one ends the other', async () => {
  const slow = defineFunction({
    ...shape,
    name: 'slow',
    uses: {},
    run: async (ctx) => {
      await ctx.sleep(60_000);
      return '';
    },
  });
  const family = new Family(slow);
  const run = family.open(over('caller', slow));
  run.start({});
  await run.settle();
  run.host.cancel();
  await run.settle();
  expect(family.runs.get('run_1.0')?.state.progress.status).toEqual({ kind: 'cancelled' });
});
