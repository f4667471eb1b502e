/** Hosts do not keep the agent's process alive, but somebody who waits for an answer does. */
export async function stayingAlive<result>(work: Promise<result>): Promise<result> {
  const hold = setInterval(() => undefined, 2 ** 30)
  try {
    return await work
  } finally {
    clearInterval(hold)
  }
}
