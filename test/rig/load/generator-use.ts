// What the load generator itself has used while it sent: a generator at its own limit measures itself.
import { performance, type EventLoopUtilization } from 'node:perf_hooks';

export interface GeneratorUse {
  /** Of one core, by the whole process. */
  readonly coreShare: number;
  /** Of its time in which the event loop had something to do; near 1 answers wait for it. */
  readonly loopShare: number;
}

export class GeneratorMeter {
  readonly #sinceMs = performance.now();
  readonly #cpu = process.cpuUsage();
  readonly #loop: EventLoopUtilization = performance.eventLoopUtilization();

  read(): GeneratorUse {
    const { user, system } = process.cpuUsage(this.#cpu);
    return {
      coreShare: (user + system) / 1_000 / Math.max(1, performance.now() - this.#sinceMs),
      loopShare: performance.eventLoopUtilization(this.#loop).utilization,
    };
  }
}

export function sayUse({ coreShare, loopShare }: GeneratorUse): string {
  return `generator used ${(coreShare * 100).toFixed(0)} % of a core, its loop was busy ${(loopShare * 100).toFixed(0)} % of the time`;
}
