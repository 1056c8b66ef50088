// Where a server that takes payments can die, in the order in which it comes by, and whether the payment
// that brought it there stands afterwards. It may be an older payment that a handler starts with.
export const POINTS = {
  'body read': { stands: false },
  verified: { stands: false },
  begin: { stands: false, before: 'begin' },
  'after UPDATE': { stands: false, after: 'update wxpay_orders' },
  'after the event': { stands: false, after: 'insert into wxpay_events' },
  'after the audit': { stands: false, after: 'insert into wxpay_notifications' },
  'before COMMIT': { stands: false, before: 'commit' },
  'after COMMIT': { stands: true, after: 'commit' },
  'before the reply': { stands: true },
  'in the reply': { stands: true },
  'after the reply': { stands: true },
  'handler start': { handlers: true },
  'handler end': { handlers: true },
  checkpoint: { stands: true },
}

/** The point that this statement is, or undefined. */
export const pointOf = (when, sql) => {
  const plain = sql.replace(/["`]/g, '')
  return Object.keys(POINTS).find(name => POINTS[name][when] !== undefined && plain.includes(POINTS[name][when]))
}
