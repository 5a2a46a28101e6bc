// The environment of the llama server, read by the server, to complain, and by its thread, to load. Pure.
import { err, ok, type Result } from '../../src/core/base/result.ts';
import { parseInteger, type Environment } from './settings.ts';

export interface LlamaSettings {
  /** Path of a GGUF file. */
  readonly weights: string;
  /** Tokens that one slot can hold, prompt and answer together. */
  readonly contextTokens: number;
}

const contextTokensDefault = 2_048;
const contextTokensMax = 1_048_576;

export function parseLlamaSettings(env: Environment): Result<LlamaSettings, string> {
  const weights = env['PILOTLIGHT_WEIGHTS'] ?? '';
  if (weights === '') return err('PILOTLIGHT_WEIGHTS is not set: the path of a GGUF file');
  const bounds = { low: 16, high: contextTokensMax, preset: contextTokensDefault };
  const contextTokens = parseInteger(env, 'PILOTLIGHT_CONTEXT', bounds);
  if (!contextTokens.ok) return contextTokens;
  return ok({ weights, contextTokens: contextTokens.value });
}
