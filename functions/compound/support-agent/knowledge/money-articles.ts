// Articles on payment and accounts. All text here was written for this project. Data only.
import { article, type Article } from './article.ts';

export const paymentArticles: readonly Article[] = [
  article(
    'payment-methods',
    'payment',
    'Ways to pay',
    'We take credit cards, PayPal, Apple Pay and bank transfer.',
    'We do not take cash or cheques.',
  ),
  article(
    'pay-later',
    'payment',
    'Paying by instalments',
    'Orders above 150 euros can be paid in 3 monthly instalments without interest.',
  ),
  article(
    'invoice',
    'payment',
    'Invoices',
    'The invoice is sent as a PDF by e-mail on the day of dispatch.',
    'Old invoices stay under My Orders for 10 years.',
  ),
  article(
    'vat-number',
    'payment',
    'Companies and VAT',
    'Companies enter their VAT number at the checkout and are billed without tax.',
  ),
  article(
    'voucher',
    'payment',
    'Vouchers',
    'A voucher is valid for 3 years and can be used in several orders.',
    'Only one voucher can be used per order.',
  ),
  article(
    'student-discount',
    'payment',
    'Discounts',
    'Students get 15 percent off with a valid student card.',
    'Subscribers of the newsletter get 5 euros off their first order.',
  ),
  article(
    'price-match',
    'payment',
    'A lower price elsewhere',
    'If you find the same lamp cheaper within 14 days, we pay you the difference.',
  ),
  article(
    'card-declined',
    'payment',
    'A card that is refused',
    'If your card is declined, check the limit with your bank and try again after 30 minutes.',
  ),
  article(
    'charged-twice',
    'payment',
    'Charged twice',
    'A second charge is only a reservation, and your bank removes it within 5 days.',
  ),
];

export const accountArticles: readonly Article[] = [
  article(
    'reset-password',
    'account',
    'A forgotten password',
    'Choose Forgot password on the sign-in page, and we send you a link that works for 20 minutes.',
  ),
  article(
    'locked-account',
    'account',
    'A locked account',
    'After 6 wrong passwords an account is locked for one hour.',
  ),
  article(
    'change-email',
    'account',
    'Changing the e-mail address',
    'You can change your e-mail address under Settings, and you must confirm it within 24 hours.',
  ),
  article(
    'delete-account',
    'account',
    'Deleting an account',
    'An account is deleted under Settings, Privacy; the data is gone after 30 days.',
  ),
  article(
    'two-factor',
    'account',
    'Two-step sign-in',
    'Two-step sign-in is turned on under Settings, Security, and works with any authenticator app.',
  ),
  article(
    'newsletter',
    'account',
    'The newsletter',
    'The newsletter comes twice a month, and the last line of each has a link to unsubscribe.',
  ),
  article(
    'points',
    'account',
    'Bonus points',
    'You collect 1 point per euro, and 200 points are worth 10 euros.',
    'Points expire after 18 months.',
  ),
  article(
    'guest-order',
    'account',
    'Ordering without an account',
    'You can order as a guest, without an account, but guests collect no points.',
  ),
];
