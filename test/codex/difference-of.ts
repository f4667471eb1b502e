/** Allowed delays of a machine, in milliseconds: one that exceeds the first gets the second. */
const slacks = [200, 3000]

/** Plays a conversation. Returns the first difference from the recording, or null. */
export async function differenceOf(play: (slackMs: number) => Promise<unknown>): Promise<unknown> {
  let difference: unknown = null
  for (const slackMs of slacks) {
    difference = await play(slackMs)
    if (difference === null) break
  }
  return difference
}
