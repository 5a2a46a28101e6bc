// All ways in which customers ask for what an article says. Data only.
import { accountQuestions, productQuestions, repairQuestions } from './lamps.ts';
import { paymentQuestions } from './payment.ts';
import { orderQuestions, returnQuestions, type Questions } from './shop.ts';

export const questions: Questions = {
  ...orderQuestions,
  ...returnQuestions,
  ...paymentQuestions,
  ...accountQuestions,
  ...productQuestions,
  ...repairQuestions,
};
