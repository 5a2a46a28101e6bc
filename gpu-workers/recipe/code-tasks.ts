// Chats in which the model labels a piece of Apex or TypeScript: one anti-pattern, or none. Names and the statements around it are drawn,
// so that only the shape tells; for every anti-pattern there are pieces that look like it and are right.
import { codeLabelPrompt } from '../../functions/compound/code-review/prompts.ts';
import { apexMethod, apexPieces, apexRight } from './apex-pieces.ts';
import { drawWords } from './code-words.ts';
import type { Draw } from './draw.ts';
import { asTurn } from './support-tasks.ts';
import type { Turn } from './tasks.ts';
import { tsMethod, tsPieces, tsRight } from './typescript-pieces.ts';

export function codeTask(draw: Draw): readonly Turn[] {
  const w = drawWords(draw);
  const right = draw.chance(0.35);
  if (draw.chance(0.5)) {
    const [label, piece] = right ? (['ok', draw.pick(apexRight)] as const) : draw.pick(apexPieces);
    return asTurn(codeLabelPrompt('apex', apexMethod(draw, w, piece(draw, w))), label);
  }
  const [label, piece] = right ? (['ok', draw.pick(tsRight)] as const) : draw.pick(tsPieces);
  return asTurn(codeLabelPrompt('typescript', tsMethod(draw, w, piece(draw, w))), label);
}
