// Kept answers in Upstash Redis: three keys for each part of a tenant's answers, so that all that a script touches is named to it. The texts, the
// order in which they expire, and their sizes. Owns the bounds in there; time is the caller's.
import { shardAnswersMax, shardBytesMax, type StoreTimes } from '../core/store/store-bounds.ts';
import { shardOf } from '../core/store/answer-key.ts';
import type { AnswerPlace } from '../core/store/answer-record.ts';
import { boundedCall, GarbageError } from './bounded-call.ts';
import type { AnswerStore } from './edge-store.ts';
import { upstashCall, upstashClient, type UpstashAccess } from './upstash-client.ts';

/** The sum of the sizes, beside them: no key of an answer, which is hex. */
const sumField = 'sum';
/** With the key behind it, what the script says at its end: nothing else in the place of a Redis says that. */
const keptWord = 'kept ';

/**
 * KEYS: texts, expiries, sizes. ARGV: key, text, when it expires, now, most answers, most bytes. A Redis that evicts takes any of the three keys
 * alone; what is left of a part then is no use, since its bounds can no longer be told from it: the part begins anew.
 */
const keepScript = `
local function forget(key)
  local bytes = redis.call('HGET', KEYS[3], key)
  if bytes then redis.call('HINCRBY', KEYS[3], '${sumField}', '-' .. bytes) end
  redis.call('HDEL', KEYS[3], key)
  redis.call('HDEL', KEYS[1], key)
  redis.call('ZREM', KEYS[2], key)
end
local count = redis.call('ZCARD', KEYS[2])
local sizes = count
if count > 0 then sizes = count + 1 end
if redis.call('HLEN', KEYS[1]) ~= count or redis.call('HLEN', KEYS[3]) ~= sizes then
  for at = 1, 3 do redis.call('DEL', KEYS[at]) end
end
for _, key in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', ARGV[4])) do forget(key) end
forget(ARGV[1])
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('ZADD', KEYS[2], ARGV[3], ARGV[1])
redis.call('HSET', KEYS[3], ARGV[1], #ARGV[2])
local sum = redis.call('HINCRBY', KEYS[3], '${sumField}', #ARGV[2])
for _ = 1, redis.call('ZCARD', KEYS[2]) do
  if redis.call('ZCARD', KEYS[2]) <= tonumber(ARGV[5]) and sum <= tonumber(ARGV[6]) then break end
  forget(redis.call('ZRANGE', KEYS[2], 0, 0)[1])
  sum = tonumber(redis.call('HGET', KEYS[3], '${sumField}') or 0)
end
local last = redis.call('ZRANGE', KEYS[2], -1, -1, 'WITHSCORES')[2]
if not last then
  redis.call('DEL', KEYS[3])
  return '${keptWord}' .. ARGV[1]
end
for at = 1, 3 do redis.call('PEXPIRE', KEYS[at], string.format('%d', last - ARGV[4])) end
return '${keptWord}' .. ARGV[1]
`;

/** The clock is the edge's, not that of Redis: an answer ends at the same moment wherever it is kept. */
export function upstashAnswers(access: UpstashAccess, now: () => number, times: StoreTimes): AnswerStore {
  const keysOf = ({ tenant, key }: AnswerPlace): readonly [string, string, string] => {
    // A tenant's id has no colon in it: no two tenants share a key.
    const part = `${access.prefix}:answers:${tenant}:${shardOf(key)}`;
    return [`${part}:texts`, `${part}:expiries`, `${part}:bytes`];
  };
  return {
    readAnswer: (place) =>
      boundedCall(times.answerReadMs, async (signal) => {
        const redis = upstashClient(access, signal);
        const kept: unknown = await upstashCall(() => redis.hget(keysOf(place)[0], place.key));
        return kept === null ? null : unfold(kept, now());
      }),
    keepAnswer: (place, { text, expiresMs }) =>
      boundedCall(times.answerKeepMs, async (signal) => {
        const redis = upstashClient(access, signal);
        const folded = `${expiresMs} ${text}`;
        const args = [place.key, folded, expiresMs, now(), shardAnswersMax, shardBytesMax].map(String);
        const kept: unknown = await upstashCall(() => redis.eval(keepScript, [...keysOf(place)], args));
        if (kept !== `${keptWord}${place.key}`) throw new GarbageError('the word of the script was expected');
        return null;
      }),
  };
}

/** Expiry, a space, and the text that was kept. */
function unfold(kept: unknown, nowMs: number): string | null {
  const at = typeof kept === 'string' ? kept.indexOf(' ') : -1;
  if (typeof kept !== 'string' || at < 1) throw new GarbageError('no kept answer');
  const expiresMs = Number(kept.slice(0, at));
  if (!Number.isSafeInteger(expiresMs)) throw new GarbageError('no kept answer');
  return expiresMs <= nowMs ? null : kept.slice(at + 1);
}
