// A small library's help pages and what people ask of them, for measuring search: half of the questions use a page's own rare words or
// codes, half say the same in other words.

export const pages: readonly (readonly [id: string, title: string, text: string])[] = [
  [
    'card',
    'Getting a library card',
    'Bring an identity document and proof of address to any desk. Children under fourteen need the signature of a parent. The card is free for residents.',
  ],
  [
    'card-lost',
    'Lost or stolen cards',
    'Tell us at once so that nobody can borrow in your name. A replacement costs five euros. Loans made before your notice remain your responsibility.',
  ],
  [
    'loan',
    'How long you can borrow',
    'Books may be kept for four weeks, films and games for one week. You can borrow up to thirty items at a time.',
  ],
  [
    'renew',
    'Extending a loan',
    'Renew in your account or by phone, up to three times, unless somebody else has reserved the item.',
  ],
  [
    'late',
    'Overdue fees',
    'After the due date each item costs twenty cents a day, at most ten euros. We remind you by mail three days before. Fees above twenty euros block the card.',
  ],
  [
    'reserve',
    'Reservations',
    'Items on loan can be reserved for one euro. You get a message when your item waits at the desk; it is kept for seven days.',
  ],
  [
    'interlibrary',
    'Books from other libraries',
    'What we do not own can be ordered from another library through form ILL-7. Allow two weeks. The fee is three euros for each title.',
  ],
  [
    'ebooks',
    'Electronic books',
    'Use the Folio app with your card number and birthday as the first password. Electronic titles return themselves after three weeks, so no fees arise.',
  ],
  [
    'err-214',
    'Error 214 in the Folio app',
    'Error 214 means that the licence on this device has expired. Sign out, remove the device under Settings, sign in again.',
  ],
  [
    'err-309',
    'Error 309 at the self-service machine',
    'Error 309 means that the chip of an item could not be read. Lay items on the plate one by one, or bring them to the desk.',
  ],
  [
    'damage',
    'Damaged items',
    'Please do not repair torn pages yourself. Show the damage at the desk when you return the item; small marks are free, for larger ones we charge the price of a new copy.',
  ],
  [
    'lost-item',
    'Items that you cannot find',
    'If an item does not turn up within four weeks after a reminder, you pay for a new copy and two euros for its processing.',
  ],
  [
    'donate',
    'Giving us books',
    'We accept novels of the last five years and children’s books in good condition, at most two boxes. Encyclopedias and magazines cannot be taken.',
  ],
  [
    'rooms',
    'Study rooms',
    'Rooms for two to six people can be booked for three hours a day in your account. A booking lapses after fifteen minutes.',
  ],
  [
    'wifi',
    'Wireless network',
    'Join LIB-PUBLIC and sign in with your card number. Visitors get a code for one day at the desk.',
  ],
  [
    'print',
    'Printing and copying',
    'Send files to the queue PRN-2 from any computer. Black and white costs ten cents a page, colour fifty. Pay with coins or the card.',
  ],
  [
    'computers',
    'Public computers',
    'Twenty machines on the first floor can be used for two hours a day. Saved files are erased each night: bring a stick.',
  ],
  [
    'hours',
    'Opening hours',
    'Monday to Friday from nine to eight, Saturday from ten to four. Closed on Sundays and public holidays. The return box is open day and night.',
  ],
  [
    'kids',
    'Story time',
    'Every Wednesday at four we read to children from three to six years. No registration; parents wait in the café.',
  ],
  [
    'homework',
    'Help with homework',
    'Retired teachers help pupils with mathematics, German and English on Tuesday and Thursday afternoons, free of charge.',
  ],
  [
    'mobile',
    'The bookmobile',
    'The bus visits villages without a branch every second week. Its stops are listed under route M4 to M9. You can order titles to a stop.',
  ],
  [
    'home',
    'Delivery to your home',
    'Those who cannot come because of illness or disability get items brought by volunteers once a month. Call us to register.',
  ],
  [
    'access',
    'Access without steps',
    'Lifts lead to all floors. There are two parking places for disabled visitors behind the building, a wheelchair at the entrance and magnifiers at each desk.',
  ],
  [
    'privacy',
    'What we store about you',
    'We keep name, address, birthday and current loans. A loan is erased from your record as soon as the item is back. You may ask for a copy of your data or for its deletion.',
  ],
  [
    'move',
    'New address',
    'Change your address in your account or at a desk within a month after moving. After moving away from the district the card can be kept for fifteen euros a year.',
  ],
  [
    'cancel',
    'Ending your membership',
    'Return all items, pay open fees and hand in the card. Your record is erased after ninety days.',
  ],
  [
    'password',
    'Forgotten password',
    'Choose "new password" on the sign-in page; a link comes by mail and works for one hour. Without a mail address on record, come to a desk with your card.',
  ],
  [
    'music',
    'Instruments on loan',
    'Guitars, ukuleles and keyboards can be borrowed for eight weeks by adults with a deposit of fifty euros.',
  ],
  [
    'cafe',
    'Eating and drinking',
    'Covered drinks are allowed everywhere, food in the café only. Guide dogs are welcome, other animals stay outside.',
  ],
  [
    'suggest',
    'Suggesting a purchase',
    'Name a title that we should buy with form SUG-1. We answer within three weeks and reserve it for you if we buy it.',
  ],
];

export const questions: readonly (readonly [question: string, id: string, kind: 'term' | 'paraphrase'])[] = [
  ['Error 214', 'err-214', 'term'],
  ['machine shows 309', 'err-309', 'term'],
  ['where do I find form ILL-7', 'interlibrary', 'term'],
  ['SUG-1', 'suggest', 'term'],
  ['LIB-PUBLIC does not connect', 'wifi', 'term'],
  ['PRN-2 queue', 'print', 'term'],
  ['route M4', 'mobile', 'term'],
  ['ukuleles', 'music', 'term'],
  ['encyclopedias', 'donate', 'term'],
  ['wheelchair', 'access', 'term'],
  ['My dog ate the pages of a novel, what now?', 'damage', 'paraphrase'],
  ['I brought my novel back a week after it was due. Must I pay a fine?', 'late', 'paraphrase'],
  ['I have relocated to a different street', 'move', 'paraphrase'],
  ['Can I keep this one for some more weeks?', 'renew', 'paraphrase'],
  ['I no longer want to be a member', 'cancel', 'paraphrase'],
  ['Someone took my wallet with the membership card inside', 'card-lost', 'paraphrase'],
  ['I am too sick to come to you, can someone bring me something to read?', 'home', 'paraphrase'],
  ['Are you open on the weekend?', 'hours', 'paraphrase'],
  ['Which personal information do you have on me?', 'privacy', 'paraphrase'],
  ['My daughter needs somebody to explain fractions to her', 'homework', 'paraphrase'],
];
