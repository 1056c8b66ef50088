import { readFileSync } from 'node:fs'
import { WxPayError } from '../errors.js'
import { createGateway, type FaultRule, type Gateway, type GatewayOptions } from '../testing/index.js'
import { UsageError, type Call, type Command } from './command.js'

const KEY_VARIABLE = 'WXPAY_KEY'

const usage = `usage: wxpay-wasm gateway [OPTION…]

Plays WeChat Pay API v2 on this machine until it is told to stop (Ctrl-C, SIGTERM).
Its dashboard is at /_gateway/: orders, messages with the string that was signed,
notifications, faults, the clock.

--port N               0, the default, takes a free one
--host HOST            127.0.0.1, unless --allow-remote is given too
--allow-remote         listen beyond this machine: who reaches the port can pay and refund
--hosts NAME,…         other names by which it may be called, of a container or a proxy
--appid ID --mchid ID  the merchant; that of the official documents unless given
--key KEY --test-key   his key, and your word that it is used in tests alone; it may come
                       from ${KEY_VARIABLE} instead. Without one: that of the documents
--app-secret SECRET    for jscode2session
--time-scale N         divides every pause: 3600 makes an hour a second
--settle-after S       seconds until a refund has come through (10)
--close-after S        seconds until an order can be closed (300)
--funds FEN            what the merchant begins with (10000000000)
--max-ratio N          the largest part that can be shared, of 10000 (3000)
--max-orders N         unpaid orders that are kept (100000)
--memory N             messages and attempts to notify that are kept (1000)
--allow-remote-notify  let orders name a notify_url on another machine
--state-file FILE      remember everything there, and go on from it
--seed N               the same calls about an order get the same numbers, nonces and faults
--variety              empty elements and unknown fields now and then, as in production
--faults JSON          what is to go wrong: a list, or @FILE with one;
                       [{"on":"notification","fault":"twice","times":3}]
--tls-cert FILE        speak HTTPS with this certificate, and
--tls-key FILE         this key, and demand the merchant's certificate where WeChat does;
--tls-ca FILE          by whom that one must be signed
--json                 one line of JSON when it is ready, and nothing else

From any language it is a process with a URL. Start it with --json and --port 0, read one
line, use its url for https://api.mch.weixin.qq.com, end it with SIGTERM:

pytest   @pytest.fixture(scope="session")
         def gateway():
             process = subprocess.Popen(["npx", "wxpay-wasm", "gateway", "--json"],
                                        stdout=subprocess.PIPE, text=True)
             yield json.loads(process.stdout.readline())
             process.terminate(); process.wait()

JUnit    @BeforeAll static void start() throws IOException {
             process = new ProcessBuilder("npx", "wxpay-wasm", "gateway", "--json")
                 .redirectError(ProcessBuilder.Redirect.INHERIT).start();
             gateway = new ObjectMapper().readTree(process.inputReader().readLine());
         }
         @AfterAll static void stop() { process.destroy(); }

Go       command := exec.Command("npx", "wxpay-wasm", "gateway", "--json")
         out, _ := command.StdoutPipe()
         command.Start()
         t.Cleanup(func() { command.Process.Signal(syscall.SIGTERM); command.Wait() })
         json.NewDecoder(out).Decode(&gateway)

The payer is a POST: <url>/_gateway/pay?out_trade_no=A1001. So are decline, refund, clock
(?seconds=7200), faults (JSON in the body) and reset; orders, refunds, ledger, messages and
notifications are a GET.`

const text = { type: 'string' } as const
const flag = { type: 'boolean' } as const

/** The options that are numbers, and their names for `createGateway`. */
const NUMBERS = {
  port: 'port',
  'time-scale': 'timeScale',
  'settle-after': 'settleAfter',
  'close-after': 'closeAfter',
  funds: 'funds',
  'max-ratio': 'maxRatio',
  'max-orders': 'maxOrders',
  memory: 'memory',
  seed: 'seed',
} as const

const TEXTS = {
  host: 'host',
  appid: 'appid',
  mchid: 'mchid',
  'app-secret': 'appSecret',
  'state-file': 'stateFile',
} as const

const FLAGS = {
  'allow-remote': 'allowRemote',
  'allow-remote-notify': 'allowRemoteNotify',
  variety: 'variety',
} as const

const typed = <Type>(names: object, type: Type): Record<string, Type> =>
  Object.fromEntries(Object.keys(names).map(name => [name, type]))

export const command: Command = {
  usage,
  options: {
    ...typed(NUMBERS, text),
    ...typed(TEXTS, text),
    ...typed(FLAGS, flag),
    hosts: text,
    key: text,
    'test-key': flag,
    faults: text,
    'tls-cert': text,
    'tls-key': text,
    'tls-ca': text,
  },
  async run(call) {
    if (call.positionals.length > 0) throw new UsageError(`gateway takes options alone\n${usage}`)
    const asked = options(call)
    const gateway = await createGateway(asked).catch(asUsage)
    // Before anybody can know that it is ready: who reads the line may end it at once.
    const end = stopped()
    call.io.print(ready(gateway, asked.key === undefined, call.json))
    await end
    await gateway.close()
    return 0
  },
}

/** A value that `createGateway` refuses for its shape is a wrong command line. */
function asUsage(error: unknown): never {
  if (error instanceof TypeError || error instanceof RangeError) throw new UsageError(error.message)
  throw error
}

function options({ values, io }: Call): GatewayOptions {
  const given = (name: string): string | undefined =>
    typeof values[name] === 'string' ? values[name] : undefined
  const made: Record<string, unknown> = {}
  for (const [name, option] of Object.entries(NUMBERS)) {
    const value = given(name)
    if (value === undefined) continue
    if (!/^\d{1,15}(\.\d{1,6})?$/.test(value)) throw new UsageError(`--${name} takes a number`)
    made[option] = Number(value)
  }
  if (Number(made['port'] ?? 0) > 65_535) throw new UsageError('--port takes a number up to 65535')
  for (const [name, option] of Object.entries(TEXTS)) made[option] = given(name)
  for (const [name, option] of Object.entries(FLAGS)) made[option] = values[name] === true
  const key = given('key') ?? (io.env[KEY_VARIABLE] || undefined)
  if (key !== undefined && values['test-key'] !== true)
    throw new WxPayError(
      'GATEWAY_REFUSED',
      `${given('key') === undefined ? KEY_VARIABLE : '--key'} may be a real key: add --test-key if it is used in tests alone, or leave it out`,
      { field: 'key' },
    )
  return {
    ...made,
    hosts: given('hosts')?.split(',') ?? [],
    key,
    testKey: key !== undefined,
    faults: faults(given('faults')),
    tls: tls(given('tls-cert'), given('tls-key'), given('tls-ca')),
  }
}

function tls(cert: string | undefined, key: string | undefined, ca: string | undefined): GatewayOptions['tls'] {
  if (cert === undefined && key === undefined && ca === undefined) return undefined
  if (cert === undefined || key === undefined)
    throw new UsageError('--tls-cert and --tls-key belong together')
  return {
    cert: read('tls-cert', cert),
    key: read('tls-key', key),
    ...(ca === undefined ? {} : { ca: read('tls-ca', ca) }),
  }
}

function faults(value: string | undefined): FaultRule[] {
  if (value === undefined) return []
  const json = value.startsWith('@') ? read('faults', value.slice(1)).toString('utf8') : value
  try {
    return JSON.parse(json) as FaultRule[]
  } catch {
    throw new UsageError('--faults takes a list in JSON, or @FILE with one')
  }
}

function read(option: string, file: string): Buffer {
  try {
    return readFileSync(file)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new UsageError(`--${option}: ${file} cannot be read: ${code}`)
  }
}

/** Resolves when the process is asked to end. */
const stopped = (): Promise<void> =>
  new Promise(resolve => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
  })

/** The key is shown only where it is that of the official documents, which everybody has. */
function ready({ url, appid, mchid, key }: Gateway, documents: boolean, json: boolean): string {
  const dashboard = `${url}/_gateway/`
  if (json) return JSON.stringify({ url, dashboard, appid, mchid, key: documents ? key : null })
  const rows = {
    gateway: url,
    dashboard,
    appid,
    mch_id: mchid,
    key: documents ? `${key} (that of the official documents)` : 'yours (a test key)',
  }
  const lines = Object.entries(rows).map(([name, value]) => `${name.padEnd(9)}  ${value}`)
  return `${lines.join('\n')}\n\nNo money moves. Ctrl-C ends it.`
}
