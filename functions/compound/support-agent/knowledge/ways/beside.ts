// What customers say that no article of the help centre answers: orders of theirs, wishes for a person, small talk; as templates (wording.ts).
// `#` stands for an order number, `@` for the name of a lamp. All text here was written for this project.

/** Names of lamps that the shop sells, next to made-up ones. */
export const lamps =
  'Luna Orbit Nova Vega Comet Firefly Harbour Pebble Willow Birch Moss Amber Stella Dune Fjord Halo Iris Juno'.split(
    ' ',
  );

export const statusQuestions = [
  '{Where is|What about|What happened to|What is up with} {my|} {order|parcel|package|delivery} #?',
  '{Has|Did} {my|} {order|parcel|package} # {shipped|been shipped|been sent|arrived|left} {yet|already|}?',
  'When {will|does} {my|} {order|parcel|package} # {arrive|come|get here|ship}?',
  '{Can|Could} you {check|look up|track|look at} {my|} {order|parcel|} # {for me|please|}?',
  '{Order|Parcel|Status of|Tracking for|Track} #',
  'What is the status of {my|} {order|} #?',
  'I am {still|} waiting for {my|} {order|parcel|} #.',
  'My order number is #, where is {it|my lamp|the parcel}?',
  'I ordered {last week|on Monday|ten days ago}, order {number|no.|} #, {and nothing came|where is it|is it on its way}?',
  '# {has not arrived|did not come|is late|is not here yet}.',
  'Is # on its way?',
  'Did you {get|receive} my order #?',
] as const;

export const statusWithoutOrder = [
  'Where is my {order|parcel|package|lamp|delivery}?',
  'When will my {parcel|package|order} {arrive|come|be here}?',
  'Has my {order|parcel|package} {shipped|been sent|left} {yet|already|}?',
  'What is the status of my {order|delivery|parcel}?',
  'I am still waiting for my {order|parcel|package|lamp}.',
  'My {order|parcel|package|lamp} has not {arrived|come} yet.',
  'Can you {check|look up|track} my {order|parcel|package}?',
  'Did you {get|receive} my order?',
  'My {delivery|parcel|package|order} is late.',
] as const;

export const cancelOrders = [
  '{Please|} cancel {my|} {order|} # {please|}.',
  'I want to {cancel|stop|call off} {my|} order #.',
  'I do not {want|need} order # {any more|anymore}, {cancel it|please cancel|stop it}.',
  'Can you {cancel|stop} {my|} {order|} # {for me|please|}?',
  'Stop {my|} order #{, please|}.',
  'Order # was a mistake, {please cancel it|cancel it|take it back}.',
  'I ordered {the wrong lamp|twice|too much}, {cancel|please cancel} #.',
  '{Cancel|Cancellation of} #',
] as const;

export const cancelWithoutOrder = [
  '{Please|} cancel my {order|last order|purchase} {please|}.',
  'I want to {cancel|stop|call off} my {order|last order}.',
  'Can you {cancel|stop} my order {for me|please|}?',
  'I do not {want|need} {my order|the lamp I ordered} any more, {cancel it|please cancel it}.',
  'Stop my order{, please|}.',
] as const;

export const refundQuestions = [
  'Where is {my|the} {refund|money} for {order|} #?',
  'Has {the|my} {refund|money} {for|of} {order|} # been {paid|sent}?',
  'When {do|will} I get {my|the} {money|refund} {back|} for {order|} #?',
  'I {returned|sent back} {order|} # and {have no money yet|got no refund|wait for my money}.',
  '{Refund|Refund status|Refund for|My refund} #',
  'Did you {pay|send} {back|} the {money|refund} for #?',
  'What about the refund of {order|} #?',
  'Can you {check|look up} {my|the} refund for {order|} #?',
  'Order # {went back|was returned|was cancelled} {last week|}, where is my money?',
] as const;

export const refundWithoutOrder = [
  'Where is my {refund|money}?',
  'Has my refund been {paid|sent} {yet|already|}?',
  'I still have no refund.',
  'Can you {check|look up} my refund?',
  'I {returned|sent back} my {lamp|order} and {got no money|have no money yet|still wait for my refund}.',
  'What is the status of my refund?',
] as const;

export const stockQuestions = [
  'Is the @ {in stock|available|sold out} {right now|today|now|}?',
  'Do you have the @ {in stock|right now|at the moment|}?',
  'How many @ {lamps|} {do you have|are left|are there}?',
  'Can I {buy|get|order} the @ {right now|today|now|at the moment}?',
  'Is there a @ left?',
  '{Stock|Availability} of {the|} @?',
  'I would like {the|a} @, {do you have it|is it in stock|is it available}?',
  'When is the @ {back|back in stock|available again}?',
  'Are there {any|still} @ {lamps|} {left|in stock}?',
  'Do you still {have|sell} the @ {lamp|}?',
] as const;

export const stockWithoutName = [
  'Is {it|this lamp|the lamp|that one} {in stock|available} {right now|}?',
  'Do you have {it|this lamp|that lamp|this one} in stock?',
  'How many of {them|these lamps} are left?',
] as const;

export const humanWishes = [
  'I want to {talk|speak} to {a human|a person|someone|somebody|an agent|a real person|your manager}.',
  'Can I {talk|speak|chat} {to|with} {a human|a person|someone|an employee|a colleague|a real person|somebody from support}?',
  '{Please|} {connect|put|transfer} me {to|through to|with} {a human|an agent|a person|someone|support staff|your team}.',
  'I {need|would like|want} {a human|a real person|an agent|somebody who understands me|human help}.',
  '{Human|Agent|Operator|A person|Real person} please.',
  'Is there {a human|someone|anybody|a real person} {I can talk to|there|I can call}?',
  'Can {someone|somebody|a person} {call|phone|ring} me {back|}?',
  'What is your {phone number|telephone number|hotline}?',
  'I do not want to {talk|chat|speak} {to|with} a {bot|machine|robot|computer}.',
  'This {bot|chat} {does not help|is useless}, {give me|I want|get me} a {human|person|real person}.',
  'I want to {complain|make a complaint} {to someone|to a manager|about your service|}.',
  'Let me {talk|speak} to {a supervisor|the manager|customer service|staff|someone in charge}.',
  'Are you a {human|bot|real person}? I {want|need} a {human|person}.',
  'Can {a colleague|an employee|your staff} help me {personally|in person|instead}?',
] as const;

export const otherMessages = [
  '{Hello|Hi|Hey|Good morning|Good evening|Hi there|Hello there|Good day}{!|.|}',
  '{Thanks|Thank you|Thank you very much|Many thanks|Great, thanks|Thanks a lot|Perfect, thank you}{!|.|}',
  '{Bye|Goodbye|See you|Have a nice day|Good night}{!|.|}',
  'How are you {today|}?',
  '{Who|What} are you?',
  'What {is|about} the weather {like|} {today|tomorrow|in Paris|}?',
  'Tell me a {joke|story|secret|poem}.',
  'Who won the {game|match|election|race|cup} {yesterday|last night|}?',
  'What is {the capital of France|the meaning of life|two plus two|love|the time|a black hole}?',
  'Can you {write|sing|make} {a poem|a song|me an essay|some code|my homework} {for me|}?',
  '{Recommend|Suggest} {a film|a book|a restaurant|some music} {to me|}.',
  'How do I {bake|cook} {bread|a cake|rice|pasta|an egg}?',
  '{Translate|Say} {good morning|hello|thank you} {in|into} {French|Spanish|Italian}.',
  'What {is|was} {your favourite colour|your name|the news today|the score}?',
  'Do you {like|know} {music|football|dogs|pizza|cats}?',
  '{Ok|Okay|Nice|Great|Cool|Good|I see|Understood|Wonderful}{.|!|}',
  'Book {me|} a {flight|hotel|table|taxi} {to Rome|for tonight|}.',
  'Who is {the president|the king of Spain|the richest man}?',
  'How {old|tall|far} is {the moon|the Eiffel tower|the sun|the earth}?',
  'What should I {eat|wear|cook|do} {today|tonight|tomorrow}?',
  'You are {funny|nice|great|clever}.',
  'My {dog|cat|neighbour|car} is {sick|hungry|loud|lost}.',
  'Solve {x plus 3 is 7|this equation|my homework}.',
  'Which {team|country|film|song} is the best?',
] as const;

/** Questions on how something is done, near to a tool but none. */
export const ruleQuestions = [
  'How {do|can} I cancel an order?',
  'Until when can {I cancel|an order be cancelled}?',
  'What does it cost to cancel {an order|}?',
  'How long {do|does} {refunds|a refund} take?',
  'When are refunds paid {in general|usually|}?',
  'How do I track {a parcel|parcels}?',
  'Where do I find {the|a} tracking link?',
  'How {do|can} I know when a lamp is back in stock?',
  'What happens when nobody is at home?',
  'How long {does|do} {standard|express|} {delivery|deliveries} take?',
] as const;
