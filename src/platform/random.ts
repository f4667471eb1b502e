import { randomInt, randomUUID } from 'node:crypto'

export { randomUUID }

/** Returns a random integer from 0 to 4,294,967,295. */
export function randomWord(): number {
  return randomInt(2 ** 32)
}
