// One part of what edges share about one tenant: some of its kept answers. A thin shell over src/store/answer-shard.ts. Name: tenant, slash,
// part. Alarm: when the first answers have expired, to forget them, and all of itself when none is left. Memory: none.
import { DurableObject } from 'cloudflare:workers';
import type { Env } from '../src/config.ts';
import { assert } from '../src/core/base/assert.ts';
import type { AnswerPlace } from '../src/core/store/answer-record.ts';
import { AnswerShard } from '../src/store/answer-shard.ts';
import type { KeptAnswer } from '../src/store/edge-store.ts';
import { answerPartOf } from '../src/store/object-store.ts';
import { sqlPort } from './index-store.ts';

export class StoreObject extends DurableObject<Env> {
  readonly #answers: AnswerShard;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#answers = new AnswerShard(sqlPort(ctx.storage));
  }

  readAnswer(place: AnswerPlace): string | null {
    this.#checkName(answerPartOf(place));
    return this.#answers.read(place.key, Date.now());
  }

  async keepAnswer(place: AnswerPlace, kept: KeptAnswer): Promise<void> {
    this.#checkName(answerPartOf(place));
    this.#answers.keep(place.key, kept, Date.now());
    const { storage } = this.ctx;
    if ((await storage.getAlarm()) === null) await storage.setAlarm(kept.expiresMs);
  }

  override async alarm(): Promise<void> {
    const { storage } = this.ctx;
    const nextMs = this.#answers.prune(Date.now());
    if (nextMs === null) await storage.deleteAll();
    else await storage.setAlarm(nextMs);
  }

  #checkName(part: string): void {
    const { name } = this.ctx.id;
    assert(name === undefined || name === part, 'a store object is asked for its own part');
  }
}
