// An agent behind a front that meets its calls with faults, as the suite of faults needs it: whatever its driver runs.
import { makeAgentBackend } from '../../src/backends/agent.ts';
import type { BackendFaultsHarness } from '../conformance/backend-faults.suite.ts';
import { agentToken, type AgentProgram } from './agent-program.ts';
import { FaultFront } from './fault-front.ts';

export interface AgentFaultsOptions {
  readonly agent: AgentProgram;
  readonly version: string;
  /** `filling`: replicas that the suite has begun only to leave no room. */
  countLives(id: string, generation: number, filling: number): number;
  readonly skips?: Readonly<Record<string, string>>;
}

const marginMs = 1_450;

export function agentFaults(options: AgentFaultsOptions): BackendFaultsHarness {
  const { agent, version, skips } = options;
  const front = new FaultFront(() => agent.url);
  const fillers: { id: string; generation: number }[] = [];
  let serial = 0;
  return {
    async open() {
      await agent.start();
      await front.open();
    },
    async close() {
      front.close();
      await agent.dispose();
    },
    backend: () => makeAgentBackend({ url: front.url, token: agentToken, fetch, marginMs }),
    callMs: marginMs + 50,
    front: () => front,
    isStart: ({ method }) => method === 'PUT',
    isStop: ({ method }) => method === 'DELETE',
    countLives: (id, generation) => options.countLives(id, generation, fillers.length),
    version,
    room: {
      async take() {
        for (;;) {
          serial += 1;
          const filler = { id: `filler-${process.pid}-${serial}`, generation: 1 };
          const order = { ...filler, pool: 'fillers~local', version, waitMs: 10_000 };
          if (!(await agent.backend().start(order)).ok) return;
          fillers.push(filler);
        }
      },
      async give() {
        await Promise.all(fillers.splice(0).map((filler) => agent.backend().stop(filler)));
      },
    },
    async restart() {
      await agent.end('SIGKILL');
      await agent.start();
    },
    unauthorized: { status: 401, body: '{"error":{"code":"unauthorized","message":"no"}}' },
    ...(skips !== undefined && { skips }),
  };
}
