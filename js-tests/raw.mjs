// Clients of which no library knows: slow ones, and ones that hang up.
import net from 'node:net'

/** Sends bytes as they are; resolves with all that came back before the connection ended. */
export function raw(url, pieces, { pause = 0, hangUp = false } = {}) {
  return new Promise((resolve, reject) => {
    const { port } = new URL(url)
    const socket = net.connect(port, '127.0.0.1')
    let answer = ''
    socket.on('data', data => (answer += data))
    socket.on('error', error => (hangUp || error.code === 'ECONNRESET' || error.code === 'EPIPE' ? resolve(answer) : reject(error)))
    socket.on('close', () => resolve(answer))
    socket.on('connect', async () => {
      for (const piece of pieces) {
        if (socket.destroyed) return
        socket.write(piece)
        if (pause > 0) await new Promise(done => setTimeout(done, pause))
      }
      if (hangUp) socket.destroy()
    })
  })
}
