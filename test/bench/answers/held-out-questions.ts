// Questions over the shipped help centre that the embedded model was not trained on, each with what a right answer contains. Written by
// hand, without the templates of the recipe; a test holds both apart. Data only.
import type { Intent } from '../../../functions/compound/support-agent/prompts.ts';

export interface HeldOutQuestion {
  readonly message: string;
  readonly intent: Intent;
  /** Id of the article that answers. */
  readonly article: string;
  /** Found in every right answer. */
  readonly fact: RegExp;
}

type Row = readonly [message: string, article: string, fact: RegExp];

const orders: readonly Row[] = [
  ['If I place an order tonight, how many days until it gets to me?', 'delivery-time', /3 to 5/],
  ['Roughly how long are parcels on the road?', 'delivery-time', /3 to 5/],
  ['My birthday is tomorrow. Can a lamp still make it with express?', 'delivery-time', /14:00/],
  ['What is the cut-off time for express orders?', 'delivery-time', /14:00/],
  ['What will shipping set me back for a small order?', 'delivery-cost', /4\.90/],
  ['Above which order value do you waive the shipping fee?', 'delivery-cost', /60 euros/],
  ['What is the surcharge for express?', 'delivery-cost', /12\.50/],
  ['Would you send a floor lamp to Zurich in Switzerland?', 'countries', /Switzerland/],
  ['Is delivery possible to my cousin in Norway?', 'countries', /Norway/],
  ['My brother lives in Boston in the United States, can he order from you?', 'countries', /not ship/],
  ['How do I see where my package is at the moment, is there a link?', 'tracking', /tracking link/],
  ['At what point do I receive the link to follow my shipment?', 'tracking', /warehouse/],
  ['What is the latest moment to withdraw an order without paying?', 'cancel-order', /2 hours/],
  ['Will you charge me when I call off a purchase?', 'cancel-order', /free of charge/],
  ['I made a typo in my street name, how do I fix the delivery address?', 'change-address', /My Orders/],
  ['Is it possible to redirect the parcel to my office address?', 'change-address', /My Orders/],
  ['The carrier rang while I was shopping. For how many days is the parcel kept?', 'missed-parcel', /7 days/],
  ['What if no one opens the door when the carrier comes?', 'missed-parcel', /pick-up shop/],
  ['The tracking page has been frozen for two weeks. Is my parcel lost?', 'lost-parcel', /10 days/],
  ['Do I get a replacement if the package disappears in the post?', 'lost-parcel', /new one/],
  ['May I come by and collect my order myself?', 'pick-up', /Harbour Street/],
  ['In which street is your shop in Bremen?', 'pick-up', /12 Harbour/],
  ['What are the hours of your store on Saturdays?', 'pick-up', /18:30/],
  ['Can I visit the shop on a Monday, or is it closed?', 'pick-up', /Tuesday/],
  ['We want 80 lamps for a new hotel. Can one order hold that many?', 'order-limit', /25 items|projects@/],
  ['What is the maximum number of items per order?', 'order-limit', /25 items/],
  ['It is for a wedding: could you wrap the lamp nicely?', 'gift-wrap', /3\.50/],
  ['May I put a few personal words on a card with the gift?', 'gift-wrap', /card/],
  ['The model I am after is sold out. How many weeks until it returns?', 'preorder', /4 weeks/],
  ['How do I get a message when a sold out lamp can be bought again?', 'preorder', /bell/],
];

const returns: readonly Row[] = [
  ['How much time is there to give a lamp back if it does not suit me?', 'return-window', /45 days/],
  ['Is it too late to return something I received a month ago?', 'return-window', /45 days/],
  ['Does a returned lamp need its original packaging?', 'return-window', /original box/],
  ['I switched the lamp on a few times. Is it still returnable if used?', 'return-window', /unused/],
  ['Where can I print the label for sending a lamp back?', 'return-label', /My Orders/],
  ['Which post office takes my return parcel?', 'return-label', /any post office/],
  ['Will I be charged for returning a lamp from Norway?', 'return-label', /9 euros/],
  ['Is sending a parcel back free for customers in France?', 'return-label', /free/],
  ['My return arrived at your warehouse. How long until you refund me?', 'refund-time', /6 days/],
  ['How many days does it take to be refunded?', 'refund-time', /6 days/],
  ['Does the refund land on the card that I paid with?', 'refund-time', /way you paid/],
  [
    'I would rather have the same lamp in another colour. How does an exchange work?',
    'exchange',
    /Exchange on/,
  ],
  ['Can I trade the green lamp for a white one?', 'exchange', /Exchange on/],
  ['These bulbs do not fit. Can I give them back?', 'return-bulbs', /seal/],
  ['I opened the box of bulbs already, will you take them back?', 'return-bulbs', /seal/],
  ['You built a lamp to my measure. Can it go back?', 'custom-made', /cannot be returned/],
  ['Is there a right of return for lamps that were made to measure?', 'custom-made', /cannot be returned/],
  [
    'My aunt gave me one of your lamps as a present. Can I return it without her invoice?',
    'gift-return',
    /voucher/,
  ],
  ['What do I get when I give back a gift?', 'gift-return', /voucher/],
];

const payment: readonly Row[] = [
  ['Is PayPal among the ways to pay?', 'payment-methods', /PayPal/],
  ['Which credit cards or other methods work at your checkout?', 'payment-methods', /credit cards/],
  ['Could I settle the bill with a cheque?', 'payment-methods', /do not take cash/],
  ['Do you accept notes and coins, I mean cash?', 'payment-methods', /do not take cash/],
  ['A lamp for 400 euros is a lot at once, can I pay it in instalments?', 'pay-later', /3 monthly/],
  ['Is there interest on monthly instalments?', 'pay-later', /without interest/],
  ['On which day will the invoice be e-mailed to me?', 'invoice', /day of dispatch/],
  ['I am missing the invoice for my last purchase, how is it sent?', 'invoice', /PDF/],
  ['My tax adviser wants an invoice from three years ago. Where do I find old ones?', 'invoice', /My Orders/],
  ['Where does our firm put its VAT number when we buy lamps?', 'vat-number', /checkout/],
  ['Will the tax be left off the bill for a company?', 'vat-number', /without tax/],
  ['How many years can I keep a voucher before it is worthless?', 'voucher', /3 years/],
  ['Can the rest of my voucher be spent on a later order?', 'voucher', /several orders/],
  ['I have got two vouchers, may I use both in the same order?', 'voucher', /one voucher/i],
  ['Is there something off for university students?', 'student-discount', /15 percent/],
  ['I study in Bremen. How much cheaper are lamps with a student card?', 'student-discount', /15 percent/],
  ['How much do newsletter readers save on the first order?', 'student-discount', /5 euros off/],
  [
    'Another shop sells the identical lamp for less money. Will you give me the difference?',
    'price-match',
    /14 days/,
  ],
  ['Do I get money back if I see the lamp cheaper next week?', 'price-match', /difference/],
  ['The checkout says my card is declined. What should I do?', 'card-declined', /bank/],
  ['Why does the shop refuse my Mastercard?', 'card-declined', /bank/],
  ['The amount was taken from my card two times!', 'charged-twice', /reservation/],
  ['There is a double charge on my statement, when does it vanish?', 'charged-twice', /5 days/],
];

const account: readonly Row[] = [
  ['My password has slipped my mind, how do I get back in?', 'reset-password', /Forgot password/],
  ['For how many minutes can I use the link for a new password?', 'reset-password', /20 minutes/],
  [
    'I mistyped my password again and again and now the account is locked. When can I get in?',
    'locked-account',
    /one hour/,
  ],
  ['How many wrong passwords does it take to lock an account?', 'locked-account', /6 wrong/],
  [
    'I switched to another e-mail provider, where do I update my address for signing in?',
    'change-email',
    /Settings/,
  ],
  ['By when must I confirm the new e-mail address?', 'change-email', /24 hours/],
  ['I wish to close my account for good. Where do I do this?', 'delete-account', /Privacy/],
  [
    'After how many days is my personal data erased once the account is deleted?',
    'delete-account',
    /30 days/,
  ],
  ['Is there two-factor protection for my login?', 'two-factor', /Security/],
  ['Does the two-step sign-in work with my authenticator app?', 'two-factor', /authenticator/],
  ['How frequently do you mail out the newsletter?', 'newsletter', /twice a month/],
  ['Your newsletter annoys me, how can I get off the list?', 'newsletter', /unsubscribe/],
  ['How many bonus points does one euro bring?', 'points', /1 point per euro/],
  ['What is the value of 200 points in money?', 'points', /10 euros/],
  ['After how many months do my points expire?', 'points', /18 months/],
  ['Will I lose my points if I do not use them?', 'points', /18 months/],
  ['I do not want to register, is buying as a guest possible?', 'guest-order', /as a guest/],
  ['Is an account required to place an order?', 'guest-order', /without an account/],
];

const product: readonly Row[] = [
  ['Which bulb should I buy for the floor lamp?', 'bulb-socket', /E27/],
  ['Is a 60 watt bulb too strong for my floor lamp?', 'bulb-socket', /40 watts/],
  ['The light in my desk lamp is gone, which bulb does it take?', 'bulb-socket', /built-in/],
  ['Could I hook the lamp up to a wall dimmer?', 'dimmer', /moon sign/],
  ['How do I know which of your lamps are dimmable?', 'dimmer', /moon sign/],
  ['Is the glow of your lamps rather warm or rather cold?', 'colour-temperature', /warm white/],
  ['How many kelvin can a desk lamp be set to?', 'colour-temperature', /5000/],
  ['May I hang one of these in my bathroom?', 'outdoor', /Harbour series/],
  ['Which of your lamps survives rain in the garden?', 'outdoor', /Harbour series/],
  ['My phone refuses to pair with the lamp, what do I press?', 'app-pairing', /8 seconds/],
  ['How do I get the lamp into the app?', 'app-pairing', /8 seconds/],
  ['Will the app run on my iPhone with iOS 16?', 'app-pairing', /iOS 15/],
  ['Is Bluetooth necessary for the app?', 'app-pairing', /Bluetooth/],
  ['How many metres of cable does a table lamp have?', 'cable-length', /1\.8/],
  ['Will the cord of the table lamp reach a socket one metre away?', 'cable-length', /1\.8/],
  ['What is the best way to get dust off a fabric shade?', 'cleaning', /soft brush/],
  ['May I wipe the glass with alcohol?', 'cleaning', /never with alcohol/],
  ['Do I need a screwdriver to put the floor lamp together?', 'assembly', /key in the box/],
  ['How many minutes does assembling a floor lamp take?', 'assembly', /15 minutes/],
  ['How many hours of light does a charged Firefly give?', 'battery', /9 hours/],
  ['How long must the Firefly be plugged in to charge?', 'battery', /2 hours/],
];

const repair: readonly Row[] = [
  ['My lamp died after four years. Does the warranty still cover it?', 'warranty', /5 years/],
  ['For how long are the batteries under warranty?', 'warranty', /1 year/],
  ['I unpacked the lamp and its glass is shattered!', 'arrived-broken', /photo/],
  ['By when must I report a lamp that came damaged?', 'arrived-broken', /3 days/],
  ['The light keeps flickering every few seconds, why?', 'flicker', /loose bulb/],
  ['What helps against a flickering lamp?', 'flicker', /dimmer/],
  ['What would you charge to repair a ten year old lamp?', 'repair-cost', /29 euros/],
  ['The warranty ran out. How expensive is a repair?', 'repair-cost', /29 euros/],
  ['How many days is a lamp away for repair?', 'repair-cost', /12 working days/],
  ['I broke the shade. Where can I order a spare one?', 'spare-parts', /parts@/],
  ['For how many years can I get spare parts?', 'spare-parts', /8 years/],
  ['Two screws were not in the box. When will you send them?', 'missing-parts', /48 hours/],
  ['The bag with the screws is missing, does a new one cost anything?', 'missing-parts', /without any cost/],
  ['What shall I do with the broken lamp from my cellar, do you recycle it?', 'recycling', /recycling/],
  ['How many old lamps may I bring to your shop for recycling?', 'recycling', /5 per visit/],
];

function rows(intent: Intent, list: readonly Row[]): readonly HeldOutQuestion[] {
  return list.map(([message, article, fact]) => ({ message, intent, article, fact }));
}

export const heldOutQuestions: readonly HeldOutQuestion[] = [
  ...rows('orders', orders),
  ...rows('returns', returns),
  ...rows('payment', payment),
  ...rows('account', account),
  ...rows('product', product),
  ...rows('repair', repair),
];
