// Writes a model of random weights: node gpu-workers/recipe/random-gguf.ts OUT.gguf [WIDTH LAYERS HEADS KEY_HEADS HIDDEN CONTEXT]
import { statSync } from 'node:fs';
import { countParameters } from './llama-gguf.ts';
import { randomVocabulary, writeRandomGguf } from './random-weights.ts';

const [path = 'random.gguf', ...numbers] = process.argv.slice(2);
const [width = 640, layers = 10, heads = 10, keyHeads = 5, hidden = 1_728, contextTokens = 1_024] =
  numbers.map(Number);
const shape = { width, layers, heads, keyHeads, hidden, contextTokens };
writeRandomGguf(path, shape);
const millions = (count: number): string => (count / 1e6).toFixed(1);
console.log(
  `${path}: ${millions(countParameters(shape, randomVocabulary))} M parameters, ${millions(statSync(path).size)} MB`,
);
