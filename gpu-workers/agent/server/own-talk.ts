// How the agent talks to a server of the replica contract (gpu-workers/CONTRACT.md, section 1), and to a program that speaks nothing but
// the OpenAI API: which of the two it is shows in what it answers at its ready path.
import { parseHealth, type Health } from '../health.ts';
import {
  askReady,
  askServer,
  drainTimeoutMs,
  parkTimeoutMs,
  type Parked,
  type ServerAddress,
  type ServerTalk,
} from './server-talk.ts';

export class OwnTalk implements ServerTalk {
  readonly #address: ServerAddress;
  #hasContract = false;

  constructor(address: ServerAddress) {
    this.#address = address;
  }

  async look(): Promise<Health | null> {
    const reply = await askReady(this.#address);
    if (reply === null) return null;
    const health = parseHealth(reply.status, reply.text);
    this.#hasContract = health.parking;
    return health;
  }

  async park(): Promise<Parked> {
    if (!this.#hasContract) return 'unsupported';
    const reply = await askServer(this.#address, 'POST', '/park', { timeoutMs: parkTimeoutMs });
    switch (reply?.status) {
      case 200:
        return 'parked';
      case 409:
        return 'busy';
      case 404:
      case 405:
        return 'unsupported';
      case undefined:
      default:
        return 'broken';
    }
  }

  async wake(withinMs: number): Promise<boolean> {
    const reply = await askServer(this.#address, 'POST', '/wake', { timeoutMs: withinMs });
    return reply?.status === 200;
  }

  async drain(): Promise<void> {
    if (this.#hasContract) await askServer(this.#address, 'POST', '/drain', { timeoutMs: drainTimeoutMs });
  }

  async load(): Promise<null> {
    return null;
  }
}
