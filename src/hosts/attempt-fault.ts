// What went wrong with one attempt, in the few words by which it is decided what comes next. Owns the sorting of failures; decides nothing.
import { unreachable } from '../core/base/assert.ts';
import type { Failure } from '../core/api/failure.ts';

/** The words of rules: which failures lead to a fallback. */
export type FailureClass =
  | 'context-length'
  | 'content-filter'
  | 'tool-support'
  | 'capacity'
  | 'error'
  | 'timeout';

export type AttemptFault =
  /** No slot: the queue is full, nothing can be started, or the wait was too long. No replica was called. */
  | 'no-slot'
  /** The replica could not, or may not, be connected to: it never had the request. */
  | 'unreachable'
  /** A status of 5xx, a connection reset before the head, or an error instead of an answer. */
  | 'error'
  /** Nothing of the answer came in time. */
  | 'timeout'
  /** The model server's own 429. */
  | 'rate-limited'
  /** The model server's own 503. */
  | 'overloaded'
  /** What came is no answer in the protocol. */
  | 'garbage'
  /** The answer broke off. */
  | 'cut'
  /** The answer stopped coming, with its connection open. */
  | 'stalled'
  /** The model's window is too small for this prompt. */
  | 'context-length'
  /** The model will not answer this prompt. */
  | 'content-filter'
  /** The model lacks what the request asks for: tools, a parameter. */
  | 'unsupported'
  /** The model found something else wrong with the request. */
  | 'refused';

/** Null for what says nothing of a target: the client is gone, our own deadline, a bug of ours. Nothing leads on from there. */
export function faultOf(failure: Failure): AttemptFault | null {
  switch (failure.kind) {
    case 'queue-full':
    case 'wait-timeout':
    case 'cannot-start':
    case 'backend-down':
    case 'circuit-open':
      return 'no-slot';
    case 'replica-unreachable':
    case 'endpoint-in-the-clear':
      return 'unreachable';
    case 'replica-error':
      return 'error';
    case 'first-token-timeout':
      return 'timeout';
    case 'replica-busy':
      return failure.status === 429 ? 'rate-limited' : 'overloaded';
    case 'bad-reply':
      return 'garbage';
    case 'stream-cut':
      return 'cut';
    case 'idle-timeout':
      return 'stalled';
    case 'replica-refused':
      return faultOfRefusal(failure);
    default:
      return null;
  }
}

/** The word of rules for a fault; null when no rule can lead on from it: another model would refuse the same request. */
export function classOfFault(fault: AttemptFault): FailureClass | null {
  switch (fault) {
    case 'no-slot':
    case 'rate-limited':
    case 'overloaded':
      return 'capacity';
    case 'unreachable':
    case 'error':
    case 'garbage':
    case 'cut':
      return 'error';
    case 'timeout':
    case 'stalled':
      return 'timeout';
    case 'context-length':
    case 'content-filter':
      return fault;
    case 'unsupported':
      return 'tool-support';
    case 'refused':
      return null;
    default:
      return unreachable(fault);
  }
}

/** Whether the fault speaks against the replica: what the request, a quota or our own queue did does not. */
export function isReplicasFault(fault: AttemptFault): boolean {
  const failureClass = classOfFault(fault);
  return fault === 'overloaded' || failureClass === 'error' || failureClass === 'timeout';
}

type Refusal = Extract<Failure, { kind: 'replica-refused' }>;

/** Model servers that give no code say it in words, each in its own. */
const WINDOW_WORDS = ['maximum context length', 'context window', 'context size', 'context length'];
const TOOL_WORDS = ['tool choice', 'tool_choice', 'tools are not supported', 'does not support tools'];

function faultOfRefusal({ code, param, message }: Refusal): AttemptFault {
  if (code === 'context_length_exceeded') return 'context-length';
  if (code === 'content_filter' || code === 'content_policy_violation') return 'content-filter';
  if (code === 'unsupported_parameter' || param === 'tools' || param === 'tool_choice') return 'unsupported';
  const words = message.toLowerCase();
  if (WINDOW_WORDS.some((some) => words.includes(some))) return 'context-length';
  return TOOL_WORDS.some((some) => words.includes(some)) ? 'unsupported' : 'refused';
}
