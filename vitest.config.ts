import { cloudflareTest } from '@cloudflare/vitest-plugin';
import { defineConfig } from 'vitest/config';

/** Tests of the simulator and its commands: they replay days of traffic, which is too long for every commit. */
const simulatorTests = [
  'test/unit/sim/**/*.test.ts',
  'test/unit/cli/{sim,backtest}*.test.ts',
  'test/unit/cli/replay/*.test.ts',
  'test/unit/demand/forecasters/forecaster*.test.ts',
];

/** What is awaited is there in a moment, and much later on a machine that is busy elsewhere: a bound that only a hang reaches. */
const patient = { poll: { timeout: 15_000 } };

/** Files that compute, or wait for nobody but themselves: as many at once as there are cores. Left to itself, vitest keeps one core free, which
 * on two cores is one file at a time. */
const computing = { maxWorkers: '100%' };

/** Files that start programs of the product, half a dozen each, and mostly wait for them: as many as there are cores, with nothing that computes
 * beside them. */
const waiting = { maxWorkers: '100%', sequence: { groupOrder: 1 } };

// One project per environment: the name of a test's folder says where it runs.
export default defineConfig({
  test: {
    reporters: ['default', './test/support/tally-reporter.ts'],
    projects: [
      {
        test: {
          name: 'unit',
          environment: 'node',
          include: ['test/unit/**/*.test.ts', 'test/architecture.test.ts'],
          exclude: simulatorTests,
          // Two hundred small files: a process and a module graph for each would cost more than the tests themselves.
          isolate: false,
          ...computing,
          // For what hangs. Laws take seconds, and several times that beside the compiler or another's work.
          testTimeout: 60_000,
          // One millisecond between two looks, because vitest moves a faked clock on by as much.
          expect: { poll: { ...patient.poll, interval: 1 } },
        },
      },
      {
        test: {
          name: 'sim',
          environment: 'node',
          include: ['test/sim/**/*.test.ts', ...simulatorTests],
          ...computing,
          // Modules as Node loads them: a call into another module costs less than through vite's loader, and seeds are made of little else.
          experimental: { viteModuleRunner: false },
          // As for the unit tests: one process and one module graph a core.
          isolate: false,
          // For what hangs. The longest takes forty seconds on a machine of its own.
          testTimeout: 300_000,
        },
      },
      {
        plugins: [
          cloudflareTest({
            wrangler: { configPath: './wrangler.toml', environment: 'test' },
            miniflare: { cf: false },
          }),
        ],
        test: {
          name: 'workerd',
          include: ['test/workerd/**/*.test.ts'],
          exclude: ['test/workerd/session*.test.ts', 'test/workerd/run-object*.test.ts'],
          ...computing,
          testTimeout: 60_000,
          expect: patient,
        },
      },
      {
        // The real session object over a model whose words the tests choose.
        plugins: [
          cloudflareTest({
            main: './test/workerd/entry-session.ts',
            miniflare: {
              cf: false,
              compatibilityDate: '2026-11-01',
              compatibilityFlags: ['enable_request_signal'],
              durableObjects: { SESSION: { className: 'SessionObject', useSQLite: true } },
            },
          }),
        ],
        test: {
          name: 'workerd-session',
          include: ['test/workerd/session*.test.ts'],
          ...computing,
          testTimeout: 60_000,
        },
      },
      {
        // The real run object over a function and steps that the tests choose.
        plugins: [
          cloudflareTest({
            main: './test/workerd/entry-run.ts',
            miniflare: {
              cf: false,
              compatibilityDate: '2026-11-01',
              compatibilityFlags: ['enable_request_signal'],
              durableObjects: {
                RUN: { className: 'RunObject', useSQLite: true },
                RUN_LIST: { className: 'RunListObject', useSQLite: true },
              },
            },
          }),
        ],
        test: {
          name: 'workerd-run',
          include: ['test/workerd/run-object*.test.ts'],
          ...computing,
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'conformance',
          environment: 'node',
          include: ['test/conformance/**/*.test.ts'],
          exclude: ['test/conformance/replay*.test.ts'],
          globalSetup: './test/support/built-dashboard.ts',
          testTimeout: 90_000,
          hookTimeout: 90_000,
          expect: patient,
          ...waiting,
        },
      },
      {
        // Traffic at thirty times its pace: what stands beside it counts thirtyfold, so that it has the machine to itself.
        test: {
          name: 'conformance-replay',
          environment: 'node',
          include: ['test/conformance/replay*.test.ts'],
          globalSetup: './test/support/built-dashboard.ts',
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          name: 'e2e',
          environment: 'node',
          include: ['test/e2e/**/*.test.ts'],
          globalSetup: './test/support/built-dashboard.ts',
          testTimeout: 120_000,
          hookTimeout: 120_000,
          expect: patient,
          ...waiting,
        },
      },
    ],
  },
});
