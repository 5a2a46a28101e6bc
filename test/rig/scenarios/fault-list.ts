// The sixteen public fault scenarios: what is broken, and what a client must still get. Fourteen are here, one of them in two cases; the target
// that is down and up again, and the counting of usage under all of these, are in faults.ts. The faults themselves are committed by the paced
// servers and by the proxy before them.
import type { Faults } from '../../../gpu-workers/servers/faults.ts';
import type { ProxyFault } from '../stack/fault-proxy.ts';

export interface FaultCase {
  readonly id: string;
  readonly title: string;
  /** Of several cases of one scenario, its name; left out where the case is the scenario. */
  readonly scenario?: string;
  /** Of the target that is asked first. */
  readonly server?: Faults;
  readonly proxy?: ProxyFault;
  /** Of the fallback. */
  readonly other?: Faults;
  /** An honest typed error is as good as an answer: text has left, and nobody can go on. */
  readonly mayFail?: boolean;
}

export const faultCases: readonly FaultCase[] = [
  {
    id: 'rateLimitedRetryAfter',
    title: '429 with Retry-After of 30 s',
    server: { errorStatus: 429, errorCode: 'rate_limit_exceeded', retryAfterS: 30 },
  },
  {
    id: 'rateLimited',
    title: '429 without Retry-After',
    server: { errorStatus: 429, errorCode: 'rate_limit_exceeded' },
  },
  { id: 'errorOnce', title: '500 once', server: { errorStatus: 500, requests: 1 } },
  { id: 'unavailable', title: '503', server: { errorStatus: 503, errorCode: 'overloaded' } },
  { id: 'reset', title: 'TCP reset', proxy: { kind: 'reset' } },
  { id: 'noResponse', title: 'no response at all', proxy: { kind: 'black-hole' } },
  { id: 'lateFirstToken', title: 'first token after 20 s', server: { delayMs: 20_000 } },
  {
    id: 'cut40',
    title: 'connection cut after 40 tokens',
    scenario: 'cut',
    server: { resetAfterTokens: 40 },
  },
  {
    id: 'cut60',
    title: 'connection cut after 60 tokens',
    scenario: 'cut',
    server: { resetAfterTokens: 60 },
  },
  { id: 'stall', title: 'silence for 30 s after 30 tokens', server: { stallAfterTokens: 30 } },
  {
    id: 'malformedChunk',
    title: 'a chunk of broken JSON after 20 tokens',
    server: { malformedAfterTokens: 20 },
  },
  { id: 'noDone', title: 'a stream without [DONE]', server: { missingTerminal: true } },
  {
    id: 'contextTooLong',
    title: 'context length exceeded',
    server: { errorStatus: 400, errorCode: 'context_length_exceeded' },
  },
  {
    id: 'contentFilter',
    title: 'refused by the content filter',
    server: { errorStatus: 400, errorCode: 'content_filter' },
  },
  {
    id: 'prefillRefused',
    title: 'cut after 40 tokens, and the fallback does not continue a partial answer',
    server: { resetAfterTokens: 40 },
    other: { refusePrefill: true },
    mayFail: true,
  },
];

export const flapCase: FaultCase = { id: 'flap', title: 'down and up again for 60 s' };

/** A quota that is used up for good: no circuit opens for it, so that each request meets it. */
export const declinedCase: FaultCase = {
  id: 'declined',
  title: '429 to every request, ten a second and no others',
  server: { errorStatus: 429, errorCode: 'rate_limit_exceeded' },
};

/** What the gateway cannot have noticed: an answer without its `[DONE]` is whole. */
export const unseenCases: ReadonlySet<string> = new Set(['noDone']);

/** Cases of one scenario count once, and the usage of all of them is a scenario of its own. */
export function countScenarios(cases: readonly FaultCase[]): number {
  return new Set(cases.map(({ id, scenario }) => scenario ?? id)).size + 1;
}
