// All messages of customers that an article answers. Data only.
import type { Questions } from '../ways/shop.ts';
import { saidAboutAccount } from './account.ts';
import { saidAboutOrders } from './orders.ts';
import { saidAboutPayment } from './payment.ts';
import { saidAboutProduct } from './product.ts';
import { saidAboutRepair } from './repair.ts';
import { saidAboutReturns } from './returns.ts';

export const said: Questions = {
  ...saidAboutOrders,
  ...saidAboutReturns,
  ...saidAboutPayment,
  ...saidAboutAccount,
  ...saidAboutProduct,
  ...saidAboutRepair,
};
