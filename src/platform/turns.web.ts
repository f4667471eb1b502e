/** A function that a platform can lack. */
function functionOf(owner: object, name: string): ((...values: unknown[]) => unknown) | null {
  const found: unknown = Reflect.get(owner, name)
  return typeof found === 'function' ? (...values) => Reflect.apply(found, owner, values) : null
}

const nativeImmediate = functionOf(globalThis, 'setImmediate')
const waiting: (() => void)[] = []
let channel: InstanceType<typeof MessageChannel> | null = null

/** Browsers delay nested timers by 4 ms, but not messages. Some edge platforms have no message channels. */
export function inNextTurn(callback: () => void): void {
  if (nativeImmediate !== null) nativeImmediate(callback)
  else if (typeof MessageChannel !== 'function') setTimeout(callback, 0)
  else {
    waiting.push(callback)
    channel ??= openChannel()
    channel.port2.postMessage(null)
  }
}

function openChannel(): InstanceType<typeof MessageChannel> {
  const opened = new MessageChannel()
  opened.port1.addEventListener('message', () => waiting.shift()?.())
  opened.port1.start()
  return opened
}

/** Timers are numbers in browsers, and keep nothing alive there. */
export function unref(timer: unknown): void {
  if (typeof timer === 'object' && timer !== null) functionOf(timer, 'unref')?.()
}

export async function unrefDelay(ms: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  unref(setTimeout(resolve, ms))
  await promise
}
