import { createInterface } from 'node:readline/promises'
import { approvalCard, type ApprovalBatch } from 'codecell'

/** Shows the calls that wait, with their program, and returns the decision of the user. Without a terminal it approves them. */
export async function askUser(batches: readonly ApprovalBatch[]): Promise<boolean> {
  for (const batch of batches) console.log(`\n${approvalCard(batch)}`)
  if (!process.stdin.isTTY) {
    console.log('\napproved, because standard input is not a terminal')
    return true
  }
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  const reply = await terminal.question('\nApprove? [y/N] ')
  terminal.close()
  return reply.trim().toLowerCase() === 'y'
}
