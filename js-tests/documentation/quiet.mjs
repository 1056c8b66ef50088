// Loaded before a code block: a name outside this machine resolves to nothing, and the port that
// the block names becomes the one that is free.
import dns from 'node:dns'
import net from 'node:net'

const { lookup } = dns
dns.lookup = (name, ...rest) => {
  if (name === 'localhost' || net.isIP(name)) return lookup(name, ...rest)
  const error = Object.assign(new Error(`${name}: documentation stays on this machine`), { code: 'ENOTFOUND' })
  rest.at(-1)(error)
}

const { listen } = net.Server.prototype
net.Server.prototype.listen = function (port, ...rest) {
  const named = typeof port === 'object' && port !== null ? port.port : port
  if (typeof named !== 'number' || named === 0) return listen.call(this, port, ...rest)
  this.once('listening', () => process.send?.({ listening: named }))
  const free = Number(process.env.TEST_PORT)
  if (named !== port) return listen.call(this, { ...port, port: free }, ...rest)
  return listen.call(this, free, '127.0.0.1', ...rest.filter(last => typeof last === 'function'))
}
