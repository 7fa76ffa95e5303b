import { connect } from 'node:net'

const FIRST = 20_000
/** Files that run side by side choose from ports of their own: what one gives up and comes back to, no other takes. */
const OF_A_WORKER = 1_000
const WORKERS = 10

/**
 * A port of this machine on which nobody listens, and none on the next. It can be given up and taken again: it is below
 * those that the operating system hands out, which any client could be given meanwhile.
 */
export async function freePort(): Promise<number> {
  const first = FIRST + OF_A_WORKER * (Number(process.env.VITEST_POOL_ID ?? 0) % WORKERS)
  for (;;) {
    const port = first + 2 * Math.floor((Math.random() * OF_A_WORKER) / 2)
    if (!(await isTaken(port)) && !(await isTaken(port + 1))) return port
  }
}

function isTaken(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
