import type { Kysely } from 'kysely'
import { WxPayError } from '../errors.js'
import { isLost, MYSQL_WRAPPED } from './mysql.js'
import { raw, value, type OpenOptions, type SqlDialect, type Tables } from './schema.js'

// Bytes, not text: every collation both MySQL and MariaDB know, utf8mb4_bin too, takes `A1` and `A1 ` for one.
const NUMBER = 'varbinary(128)'
const CODE = 'varbinary(32)'
const PROSE = 'character set utf8mb4 collate utf8mb4_bin'
const TABLE = 'engine = InnoDB default character set utf8mb4 collate utf8mb4_bin'

/**
 * Step n brings the tables from version n to n + 1. A server commits each DDL
 * statement by itself, so every one must bear to be repeated after a step that
 * was interrupted. Steps that were released are never edited.
 */
const STEPS: readonly (readonly string[])[] = [
  [
    `create table if not exists wxpay_orders (
      out_trade_no ${NUMBER} not null primary key,
      appid ${NUMBER} not null,
      mch_id ${NUMBER} not null,
      trade_type ${CODE} not null,
      body text ${PROSE} not null,
      total_fee bigint not null,
      fee_type ${CODE} not null,
      openid ${NUMBER},
      attach text ${PROSE},
      product_id ${NUMBER},
      prepay_id ${NUMBER},
      code_url varbinary(1024),
      state ${CODE} not null,
      transaction_id ${NUMBER} unique,
      cash_fee bigint,
      payer_openid ${NUMBER},
      bank_type ${CODE},
      time_end ${CODE},
      created_at bigint not null,
      paid_at bigint,
      claimed_until bigint not null default 0,
      key wxpay_orders_pending (state, claimed_until, created_at),
      constraint wxpay_orders_numbers check (out_trade_no <> '' and transaction_id <> ''),
      constraint wxpay_orders_fees check (total_fee > 0 and cash_fee >= 0),
      constraint wxpay_orders_state check (state in ('NOTPAY', 'SUCCESS', 'REFUND', 'CLOSED', 'REVOKED', 'USERPAYING', 'PAYERROR')),
      constraint wxpay_orders_paid check ((transaction_id is null) = (paid_at is null)),
      constraint wxpay_orders_transaction check (transaction_id is not null or state not in ('SUCCESS', 'REFUND'))
    ) ${TABLE}`,
    `create table if not exists wxpay_refunds (
      out_refund_no ${NUMBER} not null primary key,
      out_trade_no ${NUMBER} not null,
      transaction_id ${NUMBER} not null,
      total_fee bigint not null,
      refund_fee bigint not null,
      refund_desc text ${PROSE},
      state ${CODE} not null,
      refund_id ${NUMBER} unique,
      settlement_refund_fee bigint,
      refund_recv_accout text ${PROSE},
      refund_request_source ${CODE},
      success_time ${CODE},
      created_at bigint not null,
      changed_at bigint not null,
      claimed_until bigint not null default 0,
      key wxpay_refunds_pending (state, claimed_until, created_at),
      constraint wxpay_refunds_order foreign key (out_trade_no) references wxpay_orders (out_trade_no),
      constraint wxpay_refunds_numbers check (out_refund_no <> '' and refund_id <> ''),
      constraint wxpay_refunds_fees check (refund_fee > 0 and refund_fee <= total_fee and settlement_refund_fee >= 0),
      constraint wxpay_refunds_state check (state in ('PROCESSING', 'CHANGE', 'REFUNDCLOSE', 'SUCCESS')),
      constraint wxpay_refunds_known check (refund_id is not null or state in ('PROCESSING', 'REFUNDCLOSE'))
    ) ${TABLE}`,
    `create table if not exists wxpay_events (
      id bigint not null primary key auto_increment,
      out_trade_no ${NUMBER} not null,
      kind ${CODE} not null,
      subject ${NUMBER} not null,
      transaction_id ${NUMBER},
      total_fee bigint not null,
      out_refund_no ${NUMBER},
      refund_fee bigint,
      created_at bigint not null,
      attempts bigint not null default 0,
      due_at bigint,
      leased_by text ${PROSE},
      last_error mediumtext ${PROSE},
      finished_at bigint,
      unique wxpay_events_once (out_trade_no, kind, subject),
      key wxpay_events_due (due_at),
      constraint wxpay_events_order foreign key (out_trade_no) references wxpay_orders (out_trade_no),
      constraint wxpay_events_kind check (kind in ('paid', 'paid_late', 'closed', 'revoked', 'refunded', 'refund_changed', 'refund_closed')),
      constraint wxpay_events_finished check ((due_at is null) = (finished_at is not null))
    ) ${TABLE}`,
    `create table if not exists wxpay_notifications (
      id bigint not null primary key auto_increment,
      kind ${NUMBER} not null,
      hash ${NUMBER},
      received_at bigint not null,
      out_trade_no ${NUMBER},
      outcome ${NUMBER} not null,
      reason mediumtext ${PROSE},
      facts mediumtext ${PROSE},
      body mediumtext ${PROSE},
      key wxpay_notifications_order (out_trade_no),
      key wxpay_notifications_outcome (outcome)
    ) ${TABLE}`,
  ],
]

const VERSION_TABLE = `create table if not exists wxpay_schema (
  id int not null primary key,
  version int not null,
  probed bigint not null default 0
) ${TABLE}`

/** Names of columns that must be bytes: what they hold is compared. */
const COMPARED = ['out_trade_no', 'transaction_id', 'out_refund_no', 'refund_id', 'fee_type', 'state', 'subject', 'kind', 'time_end']

/** A text with characters of two, three and four bytes, and its bytes. */
const SAMPLE = ['\u00e9\u8d21\u{1f9cb}', 'C3A9E8B4A1F09FA78B'] as const

function refuse(message: string): never {
  throw new WxPayError('STORE_CONFIG', message)
}

async function migrate(db: Kysely<Tables>): Promise<void> {
  // Of several processes that start together one migrates, the others find it done.
  const lock = "concat('wxpay ', left(database(), 50))"
  let waits = 0
  while (Number(await value(db, `select get_lock(${lock}, 1)`)) !== 1) {
    if (++waits > 30) refuse('another process has been changing the tables of the order store for 30 seconds')
  }
  try {
    await raw(db, VERSION_TABLE)
    await raw(db, 'insert into wxpay_schema (id, version) select 1, 0 where not exists (select 1 from wxpay_schema)')
    for (;;) {
      const version = Number(await value(db, 'select version from wxpay_schema where id = 1'))
      if (version > STEPS.length) {
        refuse(`the order store's tables have schema version ${version}, this release knows versions up to ${STEPS.length}: update wxpay-wasm`)
      }
      const step = STEPS[version]
      if (step === undefined) return
      for (const sql of step) await raw(db, sql)
      await raw(db, `update wxpay_schema set version = ${version + 1} where id = 1`)
    }
  } finally {
    await raw(db, `do release_lock(${lock})`).catch(() => undefined)
  }
}

/** What is at the other end: not what was ordered, what is there. */
async function inspect(db: Kysely<Tables>, { strict, warn }: OpenOptions): Promise<void> {
  const [server] = await raw(
    db,
    'select version() as version, @@global.read_only as read_only, @@global.innodb_flush_log_at_trx_commit as flush_log, ' +
      '@@global.sync_binlog as sync_binlog, @@global.log_bin as log_bin, database() as name',
  )
  const version = String(server?.version)
  const [major = 0, minor = 0] = version.split('.').map(Number.parseFloat)
  const least = /mariadb/i.test(version) ? 10.3 : 8
  if (major < Math.floor(least) || (major === 10 && least === 10.3 && minor < 3)) {
    refuse(`the server is ${version}; expected MySQL 8.0 or MariaDB 10.3 at least`)
  }
  if (server?.name === null) refuse('no database is selected: name one in the connection URL')
  // MariaDB 12 has words here.
  if (!['0', 'OFF'].includes(String(server?.read_only))) refuse('the server is read-only: connect to the primary, not to a replica')
  const weak: string[] = []
  if (Number(server?.flush_log) !== 1) weak.push(`innodb_flush_log_at_trx_commit = ${server?.flush_log}`)
  if (Number(server?.log_bin) !== 0 && Number(server?.sync_binlog) !== 1) weak.push(`sync_binlog = ${server?.sync_binlog}`)
  if (weak.length > 0) {
    const message = `the server has ${weak.join(' and ')}, expected 1: a payment it acknowledges can be lost in a power failure`
    if (strict) refuse(message)
    warn({ code: 'DURABILITY', message })
  }
}

/** The client must send what the server was told it sends. */
async function assertEncoding(db: Kysely<Tables>): Promise<void> {
  const { rows } = await db.executeQuery<Record<string, unknown>>({
    sql: 'select hex(?) as bytes',
    parameters: [SAMPLE[0]],
    query: { kind: 'RawNode', sqlFragments: ['select hex(', ') as bytes'], parameters: [] },
    queryId: { queryId: 'wxpay-encoding' },
  })
  if (String(rows[0]?.bytes) !== SAMPLE[1]) refuse('text reaches the server changed: leave `charset` of the pool at utf8mb4')
}

async function assertTables(db: Kysely<Tables>): Promise<void> {
  const names = COMPARED.map((name) => `'${name}'`).join(', ')
  const [wrong] = await raw(
    db,
    `select concat(table_name, '.', column_name, ' is ', data_type) as found from information_schema.columns
      where table_schema = database() and table_name like 'wxpay\\\\_%' and column_name in (${names}) and data_type <> 'varbinary'`,
  )
  if (wrong) refuse(`${String(wrong.found)}, expected varbinary: numbers that differ would be taken for one`)
  const [engine] = await raw(
    db,
    `select concat(table_name, ' is ', engine) as found from information_schema.tables
      where table_schema = database() and table_name like 'wxpay\\\\_%' and engine <> 'InnoDB'`,
  )
  if (engine) refuse(`${String(engine.found)}, expected InnoDB: nothing else has transactions`)
}

/** ER_LOCK_WAIT_TIMEOUT, ER_LOCK_DEADLOCK, ER_CHECKREAD. */
const LOCKS: readonly unknown[] = [1205, 1213, 1020]
/** ER_DUP_ENTRY. */
const DUPLICATE = 1062

const errno = (error: unknown) => (error as { errno?: unknown } | null)?.errno

/** MySQL and MariaDB, through `mysql2`: one server, many processes and machines. */
export const mysql: SqlDialect = {
  grouped: false,
  lockRetries: 3,

  open(db, options) {
    return db.connection().execute(async (connection) => {
      const wrapped = await raw(connection, MYSQL_WRAPPED)
      if (wrapped[0]?.wrapped !== 1) {
        refuse('wrap the pool: new MysqlDialect({ pool: mysqlPool(createPool(...)) }), with mysqlPool from wxpay-wasm/store/sql')
      }
      await inspect(connection, options)
      await assertEncoding(connection)
      await migrate(connection)
      await assertTables(connection)
      return {
        schema: STEPS.length,
        // The session is made by mysqlPool, and what makes a commit durable is the server's.
        assertDurable: async () => undefined,
        probe: (trx) => raw(trx, 'update wxpay_schema set probed = probed + 1 where id = 1'),
      }
    })
  },

  failure(error) {
    if (LOCKS.includes(errno(error))) return 'lock'
    return isLost(error) ? 'lost' : null
  },

  isDuplicate: (error) => errno(error) === DUPLICATE,

  lock: (select) => select.forUpdate(),
}
