// What customers ask about orders and returns: for each sentence of an article of the help centre, ways to ask for it. A brace
// holds alternatives, one of which is drawn. All text here was written for this project.

/** Article id -> for each of its sentences, the templates. */
export type Questions = Readonly<Record<string, readonly (readonly string[])[]>>;

export const orderQuestions: Questions = {
  'delivery-time': [
    [
      'How {long|many days} does {delivery|shipping|the delivery|standard delivery} take?',
      'When {will|does} my {parcel|package|lamp|order} {arrive|come|get here} if I {order|buy} {today|now|this week}?',
      '{Delivery|Shipping} time?',
      'How {fast|quickly|soon} do you {deliver|ship|send} {lamps|things|it|a lamp}?',
      'How {long|many days} {do I have to|must I|will I} wait for {my order|a lamp|my lamp|the parcel}?',
      'What is the {normal|usual|standard} {delivery|shipping} time?',
      '{By when|When} can I {expect|count on} {my lamp|a normal delivery|the parcel}?',
    ],
    [
      '{How fast|When} is {express|express delivery|express shipping}?',
      'I need {it|the lamp|my order} {tomorrow|by tomorrow|urgently|the next day}, {is that possible|can you do that|what can I do}?',
      'When {will|does} an express {order|parcel} {arrive|come}?',
      'Until {when|what time} must I order for {express|next day delivery|delivery tomorrow}?',
      'Do you {have|offer} {next day|overnight|same day|fast} {delivery|shipping}?',
      'By {what hour|what time} do I have to {order|buy} to get it {tomorrow|the next day}?',
    ],
  ],
  'delivery-cost': [
    [
      'How much {is|does} {delivery|shipping|postage|the delivery} {cost|}?',
      'What {does|do} {standard delivery|shipping|postage|you charge for delivery} {cost|}?',
      '{Shipping|Delivery} {costs|fee|fees|charges|price}?',
      'Is {delivery|shipping|postage} free?',
      'From {what|which} {amount|sum|order value} is {delivery|shipping} free?',
      'How much do I {have to|need to|must} {spend|order} {for|to get} free {delivery|shipping}?',
      'Do I {pay|have to pay} for {delivery|shipping|postage}?',
    ],
    [
      'How much {is|does} express {delivery|shipping|} {cost|}?',
      'What do you {charge|want|take} for express {delivery|shipping|}?',
      'Price of express {delivery|shipping}?',
      'How {expensive|much} is {next day|fast|overnight} {delivery|shipping}?',
    ],
  ],
  countries: [
    [
      '{Which|What} countries do you {deliver|ship|send} to?',
      'Do you {deliver|ship|send} to {Norway|Switzerland|France|Spain|Italy|Poland|Austria|Sweden}?',
      'Can you {send|ship|deliver} {a lamp|it|my order} to {Norway|Switzerland|Italy|Denmark|Greece|Ireland}?',
      'I live in {Switzerland|Norway|Portugal|Finland|Belgium}, {do you deliver|can I order|can I buy} {here|there|}?',
      'Where {do|can} you {deliver|ship} {to|}?',
      'Do you {deliver|ship} {abroad|in Europe|within Europe|to other countries|internationally}?',
    ],
    [
      'Do you {ship|deliver|send} to {the United States|the USA|America|the US|New York|Texas}?',
      'I live in {the United States|the USA|America|California|Chicago}, can {I order|you deliver|you ship a lamp}?',
      '{Shipping|Delivery} to {America|the US|the USA|the United States}?',
    ],
  ],
  tracking: [
    [
      'How {can|do} I {track|follow|trace} {my parcel|my order|a parcel|the package}?',
      '{Where|How} do I {find|get} {the|my|a} tracking {link|number|code}?',
      'When {do|will} I {get|receive} {the|a} tracking {link|number|code}?',
      'I {have no|did not get a|miss the} tracking {link|number}, where is it?',
      'Can I {see|follow} where {the parcel|a parcel|my package} is {online|right now|on the way}?',
      'Do you send a {link|number|code} to {track|follow} the {parcel|delivery|package}?',
    ],
  ],
  'cancel-order': [
    [
      'How {can|do} I cancel {an order|my order|a purchase}?',
      'Until when can {I cancel an order|an order be cancelled|I cancel|I still cancel}?',
      'How long can I {still cancel|cancel|call off} {my order|an order|}?',
      'Does it cost {anything|money|something} to cancel {an order|my order|}?',
      'Is there a {fee|charge} for {cancelling|a cancellation}?',
      'I {changed my mind|ordered by mistake|bought the wrong lamp}, can I {still|} {cancel|stop the order}?',
      'What {happens|does it cost} if I cancel {before it ships|right away}?',
    ],
  ],
  'change-address': [
    [
      'How {can|do} I change {the|my} {delivery|shipping} address?',
      'I {gave|entered|typed} the wrong {address|street|house number}, {what now|can I change it|how do I correct it}?',
      'I {moved|am moving|have moved}, {can you send|how do I get} the {parcel|order} to my new {address|home|flat}?',
      '{Where|Until when} can I {change|correct|edit} the {delivery|shipping} address {of my order|}?',
      'Can {my order|the parcel} {go|be sent} to {another|a different} address?',
    ],
  ],
  'missed-parcel': [
    [
      'What {happens|do you do} if {I am not|nobody is|no one is} {at home|home|there} {when the parcel comes|}?',
      'I {was not at home|was out|missed the carrier|missed the delivery}, where is my {parcel|package}?',
      'How long {does|will} the {pick-up shop|carrier|parcel shop} {keep|hold|store} my {parcel|package}?',
      'I {missed|was away for} {the parcel|the delivery|my delivery}, {what now|what do I do|where can I get it}?',
      'I will be {away|at work|on holiday} when {the parcel comes|you deliver}, what happens {to it|then}?',
    ],
  ],
  'lost-parcel': [
    [
      'My parcel {has not moved|does not move|is stuck|has been stuck} for {days|a week|ten days|two weeks}, {what now|is it lost|what can I do}?',
      'My {parcel|package|order} {never arrived|never came|did not come|is lost|got lost|disappeared}, {what now|what can I do|what happens}?',
      'When {does|is} a parcel {count as|considered} lost?',
      'The tracking {has not changed|shows nothing new|says the same} for {a week|many days|days}.',
      'What {happens|do you do} if {a|my} parcel {gets|is} lost {on the way|}?',
    ],
  ],
  'pick-up': [
    [
      'Can I {pick up|collect|fetch} {my order|a lamp|it} {in your shop|at your store|myself|in person}?',
      'Where is your {shop|store|showroom}?',
      'What is the address of {your|the} {shop|store|showroom}?',
      'Do you have a {shop|store|showroom} {in Bremen|where I can see the lamps|}?',
      'Does {collecting|picking up|pick-up} {cost|} {anything|something|extra}?',
    ],
    [
      'When is {your|the} {shop|store|showroom} open?',
      'What are {your|the} {opening hours|opening times|hours} {of the shop|}?',
      'Is {your|the} {shop|store} open on {Monday|Sunday|Saturday|Tuesday|weekends}?',
      'Until {when|what time} is the {shop|store} open {today|on Saturday|}?',
      'When do you {open|close}?',
    ],
  ],
  'order-limit': [
    [
      'How many {lamps|items|pieces|things} can I {order|buy} {at once|in one order|at most|}?',
      'I {need|want|would like} {40|100|60|thirty|fifty|a hundred} lamps for {our office|a hotel|my restaurant|a school}.',
      'Is there a {limit|maximum} for {an order|one order|orders|the number of items}?',
      'We {furnish|equip} a hotel and want to {order|buy} {many|a lot of|lots of} lamps.',
      'Do you {take|do} {bulk|large|big} orders?',
    ],
  ],
  'gift-wrap': [
    [
      'Can you {wrap|gift wrap} {it|the lamp|my order} {as a gift|as a present|}?',
      'Do you {offer|have|do} gift wrapping?',
      'How much {is|does} {gift wrapping|wrapping|a gift box} {cost|}?',
      'It is a {present|gift} for {my mother|a friend|my sister}, can you {wrap it|pack it nicely|add a card}?',
      'Can I add a {card|note|message|greeting} to {a gift|my order|the parcel}?',
    ],
  ],
  preorder: [
    [
      'When will {a sold out lamp|the lamp|it} be {back|available again|in stock again}?',
      'The lamp I {want|like|need} is {sold out|out of stock|not available}, {what now|when does it come back}?',
      'How long {until|before} a {sold out|missing} lamp {is back|comes back}?',
      'Can you {tell|notify|message} me when {a lamp|it} is {back|available|in stock} again?',
      'What does the bell {icon|sign|symbol} do?',
      'Can I {pre-order|reserve} a {sold out|} lamp?',
    ],
  ],
};

export const returnQuestions: Questions = {
  'return-window': [
    [
      'How {long|many days} do I have to {return|send back} {a lamp|an item|something|it|my order}?',
      'Until when can I {return|send back|bring back} {a lamp|it|things|my order}?',
      'What is the {return period|return window|deadline for returns|time limit for returns}?',
      'I do not like {the lamp|it|my lamp}, can I {return it|send it back|give it back}?',
      'Can I {still|} {return|send back} a lamp after {two|three|four|six} weeks?',
      'What is your return policy?',
    ],
    [
      '{Must|Does} the {lamp|item} {have to be|be} {unused|in its original box|new} {for a return|}?',
      'Can I {return|send back} a {used lamp|lamp I have used|lamp without the box|lamp without its box}?',
      'I {threw away|no longer have|lost} the {box|packaging|carton}, can I still {return|send back} {it|the lamp}?',
      'In what {state|condition} must {a return|the lamp} be {to be returned|when I return it|}?',
    ],
  ],
  'return-label': [
    [
      'How {can|do} I {return|send back} {a lamp|an item|something|it|my order}?',
      '{Where|How} do I {get|find|print} {a|the} return label?',
      'Where {do|must|should} I {bring|drop|take|hand in} {the|my} {return|return parcel|parcel I send back}?',
      'What {do I have to|must I} do to {return|send back} {something|a lamp}?',
      'Can I {hand in|drop} a return at {the post office|any post office}?',
    ],
    [
      'How much {is|does} a return {cost|}?',
      '{Are|Is} {returns|a return|sending it back} free {of charge|}?',
      'Who pays for {the return|return shipping|sending it back}?',
      'What does {a return|sending it back} from {Norway|Switzerland|France|Austria} cost?',
      'Do I {pay|have to pay} {postage|} when I {return something|send a lamp back}?',
    ],
  ],
  'refund-time': [
    [
      'When {do|will} I get my {money|refund} {back|}?',
      'How long {does|will} {a|the|my} refund take?',
      'I {sent|returned} {the lamp|it} back {a week ago|last week|}, when {is my money|is the refund|will I be} {paid|back|refunded}?',
      'How {many days|quickly|fast} {is|are} {the money|refunds|a refund} {paid|paid back}?',
      'How long do I wait for the {refund|money}?',
    ],
    [
      '{How|Where} {is|will} the {money|refund} {paid back|be paid|go}?',
      'Do I get the {refund|money} {on my card|by bank transfer|in cash|on PayPal}?',
      'To which account {does the refund|does the money} go?',
      'Can the refund go to {another|a different} {card|account}?',
    ],
  ],
  exchange: [
    [
      'Can I {exchange|swap|change} {a lamp|it|my lamp} for {another|a different} {colour|color|one|model}?',
      'How {do|can} I {exchange|swap} {an item|a lamp|it}?',
      'I {ordered|got|bought} the wrong {colour|color}, can I {swap|exchange} it?',
      'I would like {the black one|another colour|it in green} instead {of the white one|}, how {does|do I do} {an exchange|that}?',
    ],
  ],
  'return-bulbs': [
    [
      'Can I {return|send back} {a bulb|bulbs|light bulbs|an opened bulb}?',
      'I {bought|ordered} the wrong {bulb|bulbs|light bulb}, can I {return|send back} {it|them}?',
      'Do you take {bulbs|opened bulbs|light bulbs} back?',
      'Is it possible to {return|give back} {bulbs|a bulb} {with a broken seal|I opened|}?',
    ],
  ],
  'custom-made': [
    [
      'Can I {return|send back} a {custom|custom-made|made to measure|made-to-measure} lamp?',
      'Do you take back {lamps made to measure|custom lamps|custom-made lamps|special sizes}?',
      'I had a lamp made {to measure|in a special size|for me}, can I {return it|send it back}?',
    ],
  ],
  'gift-return': [
    [
      'Can I return a {gift|present} {without an invoice|without a receipt|}?',
      'I {got|received|was given} a lamp {as a gift|as a present|for my birthday} and {do not like it|want to return it|want to give it back}.',
      'How {do|can} I return a {gift|present}?',
      'Do I need {the invoice|a receipt} to {return|give back} a {gift|present}?',
    ],
  ],
};
