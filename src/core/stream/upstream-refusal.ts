// What an endpoint of others says when it refuses, turned into words of ours: its own may name accounts, models, machines and keys that are
// no affair of a tenant. Owns which of its refusals speak of the request, and which of our set-up. Pure.
import { parseObject } from './chat-chunk.ts';

export interface UpstreamRefusal {
  readonly status: number;
  /** An error as the OpenAI API has it. */
  readonly error: {
    readonly message: string;
    readonly type: 'invalid_request_error';
    readonly param: string | null;
    readonly code: string;
  };
}

const messages: Readonly<Record<string, string>> = {
  context_length_exceeded: 'The prompt is longer than the model takes.',
  content_filter: 'The prompt was refused by the content filter of the model.',
  content_policy_violation: 'The prompt was refused by the content filter of the model.',
  unsupported_parameter: 'The model does not support a parameter of the request.',
};
const messageDefault = 'The model refused the request.';
const tooLarge = 'The request is larger than the model takes.';

/** Names of parameters that clients send; anything else in that place is somebody's own affair. */
const param = /^[a-z_]{1,40}(?:\[[0-9]{1,4}\](?:\.[a-z_]{1,40})?)?$/;

/**
 * Of a 400, 413 or 422. Null when it says that there is no such model, or nothing that can be read as an error: the fault is then not the
 * client's.
 */
export function readUpstreamRefusal(status: number, text: string): UpstreamRefusal | null {
  const body = parseObject(text);
  if (body === null) return null;
  if (isNoModel(body)) return null;
  const error = asObject(body['error']);
  // Workers AI answers its own envelope, without a code that clients know.
  if (error === null && !Array.isArray(body['errors'])) return null;
  const code = codeOf(error?.['code']);
  const named = error?.['param'];
  return {
    status,
    error: {
      message: status === 413 ? tooLarge : (messages[code] ?? messageDefault),
      type: 'invalid_request_error',
      param: typeof named === 'string' && param.test(named) ? named : null,
      code,
    },
  };
}

function codeOf(code: unknown): string {
  return typeof code === 'string' && Object.hasOwn(messages, code) ? code : 'model_refused';
}

/** 5007 and 3042 are Workers AI's; the word is that of the OpenAI API and of vLLM. */
const noModelCodes: ReadonlySet<unknown> = new Set([5007, 3042, 'model_not_found']);

function isNoModel(body: Readonly<Record<string, unknown>>): boolean {
  const errors = Array.isArray(body['errors']) ? (body['errors'] as readonly unknown[]) : [];
  return [body['error'], ...errors].some((each) => noModelCodes.has(asObject(each)?.['code']));
}

function asObject(value: unknown): Readonly<Record<string, unknown>> | null {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : null;
}
