// Every run, with its numbers in full and in short.
import { longBill } from './bill.mjs'
import { manyCopies } from './copies.mjs'
import { cutCommits } from './cuts.mjs'
import { strangers } from './hostile.mjs'
import { killsAtPoints, killsUnderLoad } from './kills.mjs'
import { OUTAGES, outage } from './outage.mjs'
import { load } from './load.mjs'
import { noNotifications } from './silence.mjs'
import { syncBeforeReply } from './sync.mjs'

const BOTH = ['SQLite', 'MariaDB']

/**
 * - `title`: what happens, `on`: the databases
 * - `full` and `short`: the numbers, of `cargo xtask soak` and of the tests
 * - `run(kind, numbers)`: `{ figures, checks, limits }`; checks hold on any machine, limits on an idle one
 */
export const SCENARIOS = [
  { name: 'kills', title: '`kill -9` at named points', on: BOTH, run: killsAtPoints, full: { each: 25 }, short: { each: 1 } },
  { name: 'load-kills', title: '`kill -9` at any moment, under load', on: BOTH, run: killsUnderLoad, full: { kills: 100, stream: 200 }, short: { kills: 2, stream: 40 } },
  {
    name: 'copies', title: 'one notification many times at once, to two processes', on: BOTH, run: manyCopies,
    full: { rounds: 50, copies: 1000, sockets: 64 }, short: { rounds: 2, copies: 40, sockets: 8 },
  },
  {
    name: 'sync', title: 'SUCCESS after the sync that covers it', on: BOTH, run: syncBeforeReply,
    full: { notifications: 500, at: 16 }, short: { notifications: 16, at: 4 },
  },
  ...Object.entries(OUTAGES).map(([how, { kind }]) => ({
    name: 'outage', title: `the store is away: ${how}`, on: [kind], run: outage,
    full: { how, seconds: 20, perSecond: 200 }, short: { how, seconds: 1, perSecond: 20 },
  })),
  { name: 'cuts', title: 'the connection breaks at COMMIT', on: ['MariaDB'], run: cutCommits, full: { count: 200 }, short: { count: 5 } },
  { name: 'silence', title: 'no notification arrives', on: BOTH, run: noNotifications, full: { orders: 500 }, short: { orders: 30 } },
  {
    name: 'load', title: 'genuine, distinct notifications', on: BOTH, run: load,
    full: { seconds: 60, most: 10 }, short: { seconds: 2, most: 1, rate: 50, sockets: 8 },
  },
  {
    name: 'hostile', title: 'a body without end, slow connections, a flood of bad signatures', on: BOTH, run: strangers,
    full: { seconds: 60, rate: 100, slow: 1000, huge: 2 ** 30, flood: 1000 }, short: { seconds: 2, rate: 20, slow: 20, huge: 2 ** 24, flood: 4 },
  },
  // In short it is a test of bills.
  { name: 'bill', title: 'a bill of a gigabyte', on: ['no database'], run: longBill, full: { megabytes: 1024 }, short: { megabytes: 16 } },
]
