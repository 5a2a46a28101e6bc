// Articles on orders and returns. All text here was written for this project. Data only.
import { article, type Article } from './article.ts';

export const ordersArticles: readonly Article[] = [
  article(
    'delivery-time',
    'orders',
    'How long delivery takes',
    'Standard delivery takes 3 to 5 working days.',
    'Express delivery arrives on the next working day if you order before 14:00.',
  ),
  article(
    'delivery-cost',
    'orders',
    'What delivery costs',
    'Standard delivery costs 4.90 euros and is free from 60 euros.',
    'Express delivery costs 12.50 euros.',
  ),
  article(
    'countries',
    'orders',
    'Where we deliver',
    'We deliver to all countries of the European Union, Norway and Switzerland.',
    'We do not ship to the United States.',
  ),
  article(
    'tracking',
    'orders',
    'Following a parcel',
    'You get a tracking link by e-mail as soon as the parcel leaves our warehouse.',
  ),
  article(
    'cancel-order',
    'orders',
    'Cancelling an order',
    'You can cancel an order free of charge until it is packed, usually within 2 hours.',
  ),
  article(
    'change-address',
    'orders',
    'Changing the delivery address',
    'The delivery address can be changed under My Orders until the parcel is handed to the carrier.',
  ),
  article(
    'missed-parcel',
    'orders',
    'Nobody at home',
    'If nobody is at home, the carrier leaves the parcel at a pick-up shop for 7 days.',
  ),
  article(
    'lost-parcel',
    'orders',
    'A parcel that does not come',
    'A parcel that has not moved for 10 days counts as lost, and we send a new one.',
  ),
  article(
    'pick-up',
    'orders',
    'Collecting in the shop',
    'Orders can be collected at our shop at 12 Harbour Street, Bremen, free of charge.',
    'The shop is open from Tuesday to Saturday, 10:00 to 18:30.',
  ),
  article(
    'order-limit',
    'orders',
    'Large orders',
    'One order may hold at most 25 items; for more, write to projects@lumenlamps.example.',
  ),
  article(
    'gift-wrap',
    'orders',
    'Gifts',
    'Gift wrapping costs 3.50 euros per item, and a card with your own words is included.',
  ),
  article(
    'preorder',
    'orders',
    'Sold out and pre-orders',
    'A lamp that is sold out is usually back within 4 weeks, and the bell icon sends you a message when it is.',
  ),
];

export const returnsArticles: readonly Article[] = [
  article(
    'return-window',
    'returns',
    'How long you can return',
    'You can return any item within 45 days of delivery.',
    'The lamp must be unused and in its original box.',
  ),
  article(
    'return-label',
    'returns',
    'How to send something back',
    'Print the return label under My Orders and drop the parcel at any post office.',
    'Returns from the European Union are free; from Norway and Switzerland they cost 9 euros.',
  ),
  article(
    'refund-time',
    'returns',
    'When the money comes back',
    'Refunds are paid within 6 days after the parcel has reached our warehouse.',
    'The money goes back to the way you paid.',
  ),
  article(
    'exchange',
    'returns',
    'Exchanging an item',
    'To exchange a lamp for another colour, choose Exchange on the return form; the new one ships at once.',
  ),
  article(
    'return-bulbs',
    'returns',
    'Bulbs',
    'Bulbs can be returned only if the seal on the box is unbroken.',
  ),
  article('custom-made', 'returns', 'Made to measure', 'Lamps made to measure cannot be returned.'),
  article(
    'gift-return',
    'returns',
    'Returning a gift',
    'A gift can be returned without an invoice, and you get a voucher for its price.',
  ),
];
