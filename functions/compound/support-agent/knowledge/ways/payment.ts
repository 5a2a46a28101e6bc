// What customers ask about paying; as shop.ts. All text here was written for this project.
import type { Questions } from './shop.ts';

export const paymentQuestions: Questions = {
  'payment-methods': [
    [
      'How can I pay?',
      '{Which|What} {payment methods|ways to pay|ways of payment|cards} do you {take|accept|have|offer}?',
      'Can I pay {with|by} {PayPal|credit card|Apple Pay|bank transfer|Visa|Mastercard|card}?',
      'Do you {take|accept} {PayPal|credit cards|Apple Pay|Visa|American Express|bank transfers}?',
      'Is {PayPal|Apple Pay|bank transfer|a credit card} {possible|accepted|okay}?',
    ],
    [
      'Can I pay {in cash|cash|by cheque|with a cheque|by check}?',
      'Do you {take|accept} {cash|cheques|checks}?',
      'Is {cash|a cheque} {possible|accepted|okay}?',
    ],
  ],
  'pay-later': [
    [
      'Can I pay {in instalments|by instalments|in parts|monthly|later|over several months}?',
      'Do you {offer|have} {instalments|financing|monthly payments|a payment plan|pay later}?',
      'How many instalments {can I pay in|are there|are possible}?',
      'Do {instalments|monthly payments} {cost|have} interest?',
      'From {what|which} {amount|sum} can I {pay in instalments|split the payment}?',
      'Can I {split|spread} the {payment|price|bill}?',
    ],
  ],
  invoice: [
    [
      '{Where|When|How} do I {get|receive} {the|my|an} {invoice|bill|receipt}?',
      'I {did not get|have not received|need|want} {an|the|my} invoice {for my order|}.',
      'Can you send me {an|the} {invoice|bill|receipt}?',
      'How is the {invoice|bill} sent?',
    ],
    [
      'Where {can|do} I find {old|older|past} {invoices|bills|receipts}?',
      'I need {the|an} {invoice|bill} from {last year|two years ago|2019}, where is it?',
      'How long {do you keep|are} {old|} invoices {kept|}?',
      "Can I still {see|download|get} {old|last year's} {invoices|bills}?",
    ],
  ],
  'vat-number': [
    [
      'Where {do|can} I enter {my|our|a|the} VAT {number|id}?',
      'Can {companies|a company|my company|we as a company} {buy|order} without {tax|VAT}?',
      'We are a {company|business|firm}, can we {order|buy} {tax free|without tax|without VAT}?',
      'I {buy|order} for my {company|business}, what about {the tax|VAT}?',
    ],
  ],
  voucher: [
    [
      'How long is {a|my|the} {voucher|gift card|coupon} valid?',
      'When does {a|my} {voucher|gift card} expire?',
      'Can I use {a|the rest of a|one} {voucher|gift card} {in several orders|for two orders|twice|more than once}?',
      'My voucher is {two years|one year|a year} old, {is it still valid|does it still work|can I use it}?',
    ],
    [
      'Can I use {two|several|three|more than one} {vouchers|gift cards|coupons} {at once|in one order|together|}?',
      'How many {vouchers|gift cards|coupons} can I use {per order|at once|in one order}?',
      'Can I {combine|add up} {vouchers|two vouchers|coupons}?',
    ],
  ],
  'student-discount': [
    [
      '{Is there|Do you have|Do you give} a {discount|reduction|special price} for students?',
      'I am a student, {do I get|is there} {a discount|something off|a better price}?',
      'How {much|big} is the student discount?',
      'Student discount?',
      'Do {students|pupils} pay less?',
    ],
    [
      'What do I get {for|if I sign up for|when I subscribe to} the newsletter?',
      'Do subscribers {of the newsletter|} get {a discount|something off|money off}?',
      '{Is there|Do you have} a {discount|voucher} for {the newsletter|new customers|my first order|a first order}?',
      'How much do I save on my first order {with the newsletter|}?',
    ],
  ],
  'price-match': [
    [
      'I {found|saw} {the same lamp|the lamp|it} cheaper {elsewhere|somewhere else|in another shop|online}.',
      'Do you {match|beat} {lower|other|cheaper} prices?',
      'Do you {have|offer|do} {a price match|a price guarantee|price matching}?',
      'The {same|} lamp is cheaper {at another shop|somewhere else|on another site}, do you pay {me|} the difference?',
    ],
  ],
  'card-declined': [
    [
      'My {card|credit card} {was|is|has been} {declined|refused|rejected|not accepted}, {why|what now|what can I do}?',
      'The {payment|checkout} {fails|does not work|did not go through} with my card.',
      'Why {is|was} my {card|credit card|payment} {declined|refused|rejected}?',
      'I cannot pay {with|by} my {card|credit card}, it {says declined|is refused|gives an error}.',
    ],
  ],
  'charged-twice': [
    [
      'I {was|have been|got} charged {twice|two times|double}.',
      'You {took|charged|debited} the money {twice|two times}.',
      'There are two {charges|payments|debits} {on my card|on my account|for one order}.',
      'Why {was|am|have} I {been|} {charged|billed} {twice|double}?',
      'My bank {statement|account} shows {the amount|the charge} twice.',
    ],
  ],
};
