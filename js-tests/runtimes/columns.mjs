// The columns of the table: the doors that the checks of each one take.
export const COLUMNS = {
  core: ['core'],
  doctor: ['doctor'],
  notify: ['notify', 'store'],
  worker: ['worker', 'notify', 'store'],
  client: ['client'],
  bill: ['bill'],
  cloud: ['cloud', 'notify', 'store'],
  adapters: ['node', 'koa', 'express', 'fastify', 'hapi', 'tenpay', 'notify', 'store', 'http'],
  network: ['testing', 'client', 'node', 'notify', 'store', 'http'],
}
