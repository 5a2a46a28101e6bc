// The functions of this deployment. A new one is a file and a line here; an older version stays listed until its last run has ended.
import type { CompoundFunction } from '../../src/core/run/define-function.ts';
import { codeReview } from './code-review/code-review.ts';
import { hello } from './examples/hello.ts';
import { supportAgent } from './support-agent/support-agent.ts';

export const functions: readonly CompoundFunction[] = [supportAgent, codeReview, hello];
