// The help centre of Lumen Lamps, a shop that does not exist: what support-agent knows. One fact a sentence, because the embedded model
// answers with one sentence, copied. Data only.
import type { Article } from './article.ts';
import { productArticles, repairArticles } from './lamp-articles.ts';
import { accountArticles, paymentArticles } from './money-articles.ts';
import { ordersArticles, returnsArticles } from './shop-articles.ts';

export const articles: readonly Article[] = [
  ...ordersArticles,
  ...returnsArticles,
  ...paymentArticles,
  ...accountArticles,
  ...productArticles,
  ...repairArticles,
];

/** What is indexed and shown to the model. */
export function textOf({ sentences }: Article): string {
  return sentences.join(' ');
}
